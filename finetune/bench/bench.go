// Package bench measures the speed of training on a checkpoint, with the loop that trains.
//
// It does the work of the peer's measurement (PyTorch's: random ids over the whole vocabulary, every position but the last
// counted, AdamW with rate 1e-5 and decay 0.01 on everything, gradients clipped to norm 1, float32, the same micro-batch in
// every step), so that the two can be compared; and it measures the machine's ceiling, so that a result can be judged without
// a peer. It learns nothing and writes nothing.
package bench

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/osft-project/osft/finetune"
	"github.com/osft-project/osft/finetune/optimizer"
	"github.com/osft-project/osft/model"
	"github.com/osft-project/osft/model/kernel/machine"
	"github.com/osft-project/osft/model/kernel/matmul"
	"github.com/osft-project/osft/model/random"
)

// Options says what to measure.
type Options struct {
	Mode  string // full, or topK for the last K layers
	Batch int    // rows
	Seq   int    // tokens of each
	Steps int    // the first one warms up and does not count
	Now   func() time.Time
}

// Result is a measurement. Names and units of the first part are those of the peer's program.
type Result struct {
	Mode       string  `json:"mode"`
	DType      string  `json:"dtype"`
	Batch      int     `json:"batch"`
	Seq        int     `json:"seq"`
	Threads    int     `json:"threads"`
	Best       float64 `json:"best_s"` // seconds of the fastest step
	Median     float64 `json:"median_s"`
	TokensPerS float64 `json:"tokens_per_s"` // at the best
	PeakRSS    int64   `json:"peak_rss_mib,omitzero"`

	ISA     string  `json:"isa"`
	Loss    float64 `json:"loss"`           // of the first step
	Work    float64 `json:"gflop_a_step"`   // multiplications and additions
	Speed   float64 `json:"gflops"`         // Work at the best
	Ceiling float64 `json:"ceiling_gflops"` // of fused multiply-adds on as many cores
	Share   float64 `json:"share_of_ceiling"`
}

// Check says what is wrong with the options, all at once.
func (o Options) Check() error {
	var problems []error
	if _, err := o.layers(); err != nil {
		problems = append(problems, err)
	}
	for _, n := range []struct {
		name         string
		value, least int
	}{{"batch", o.Batch, 1}, {"seq", o.Seq, 2}, {"steps", o.Steps, 2}} {
		if n.value < n.least {
			problems = append(problems, fmt.Errorf("bench: --%s: %d, must be at least %d", n.name, n.value, n.least))
		}
	}
	return errors.Join(problems...)
}

// layers is K of topK, 0 for full.
func (o Options) layers() (int, error) {
	if o.Mode == "full" {
		return 0, nil
	}
	if number, ok := strings.CutPrefix(o.Mode, "top"); ok {
		if k, err := strconv.Atoi(number); err == nil && k > 0 {
			return k, nil
		}
	}
	return 0, fmt.Errorf("bench: --mode: %q is not known (use full, or top2 for the last two layers)", o.Mode)
}

// Run measures the checkpoint in a folder. Report is called with the seconds of every step.
func Run(ctx context.Context, folder fs.FS, o Options, report func(step int, seconds float64)) (Result, error) {
	if err := o.Check(); err != nil {
		return Result{}, err
	}
	ceiling := matmul.Ceiling() * float64(runtime.GOMAXPROCS(0))
	m, err := model.Load(ctx, folder)
	if err != nil {
		return Result{}, err
	}
	r, err := measure(ctx, m, o, report)
	r.Ceiling = ceiling
	if ceiling > 0 {
		r.Share = r.Speed / ceiling
	}
	return r, errors.Join(err, m.Close())
}

func measure(ctx context.Context, m *model.Model, o Options, report func(int, float64)) (Result, error) {
	trained, err := o.trained(m)
	if err != nil {
		return Result{}, err
	}
	all := func(string, []int) bool { return true }
	plan, err := finetune.PlanOf(m.Params(), trained, all)
	if err != nil {
		return Result{}, err
	}
	session, err := m.Session(trained)
	if err != nil {
		return Result{}, err
	}
	cost, err := session.Cost(slices.Repeat([]int{o.Seq}, o.Batch))
	if err != nil {
		return Result{}, err
	}
	settings := optimizer.Settings{Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8, WeightDecay: 0.01}
	training := &finetune.Training{
		Steps: o.Steps, Model: session, Feed: noise(m.Config().VocabSize, o), Optimizer: plan.Optimizer(m, settings),
		Rate: func(int) float64 { return 1e-5 }, Clip: 1,
	}
	r := Result{
		Mode: o.Mode, DType: "fp32", Batch: o.Batch, Seq: o.Seq, Threads: runtime.GOMAXPROCS(0), ISA: machine.Active().String(),
		Work: float64(cost.Work) / 1e9,
	}
	err = r.time(ctx, training, o, report)
	return r, err
}

// time trains and takes the times.
func (r *Result) time(ctx context.Context, t *finetune.Training, o Options, report func(int, float64)) error {
	var seconds []float64
	last := o.Now()
	err := finetune.Run(ctx, t, func(s finetune.Step) error {
		now := o.Now()
		seconds = append(seconds, now.Sub(last).Seconds())
		last = now
		if s.Number == 1 {
			r.Loss = s.Loss
		}
		report(s.Number, seconds[len(seconds)-1])
		return nil
	})
	if err != nil {
		return err
	}
	counted := slices.Sorted(slices.Values(seconds[1:]))
	r.Best, r.Median = counted[0], counted[len(counted)/2]
	r.TokensPerS = float64(o.Batch*o.Seq) / r.Best
	r.Speed = r.Work / r.Best
	r.PeakRSS = peakResident()
	return nil
}

// trained names what the mode trains.
func (o Options) trained(m *model.Model) ([]string, error) {
	k, err := o.layers()
	if err != nil {
		return nil, err
	}
	count := 0
	for _, p := range m.Params() {
		count = max(count, layerOf(p.Name)+1)
	}
	if k > count {
		return nil, fmt.Errorf("bench: --mode: %s, the model has %d layers", o.Mode, count)
	}
	var names []string
	for _, p := range m.Params() {
		if k == 0 || layerOf(p.Name) >= count-k {
			names = append(names, p.Name)
		}
	}
	return names, nil
}

// layerOf is the layer of a parameter by its name, -1 where it belongs to none.
func layerOf(name string) int {
	_, rest, ok := strings.Cut(name, ".layers.")
	number, _, _ := strings.Cut(rest, ".")
	if n, err := strconv.Atoi(number); ok && err == nil {
		return n
	}
	return -1
}

// always is a feed that has the same micro-batch for every step.
type always finetune.MicroBatch

func (a always) Step(context.Context, int) ([]finetune.MicroBatch, error) {
	return []finetune.MicroBatch{finetune.MicroBatch(a)}, nil
}

// noise is a micro-batch of random tokens.
func noise(vocabulary int, o Options) always {
	stream := random.New("bench", 0)
	var b finetune.MicroBatch
	for range o.Batch {
		tokens := make([]int32, o.Seq)
		for i := range tokens {
			tokens[i] = int32(stream.Bits() % uint64(vocabulary))
		}
		b.Append(tokens, append(slices.Clone(tokens[1:]), -1))
	}
	return always(b)
}
