package finetune

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/osft-project/osft/finetune/optimizer"
	"github.com/osft-project/osft/finetune/schedule"
	"github.com/osft-project/osft/model"
	"github.com/osft-project/osft/model/weights"
)

// peerRun is a run.json of the vectors: what PyTorch was told to do and what it got.
type peerRun struct {
	Trained   []string `json:"trained_params"`
	Frozen    []string `json:"frozen_params"`
	Decays    []string `json:"decay_params"`
	Optimizer struct {
		Beta1, Beta2, Eps, LR float64
		WeightDecay           float64 `json:"weight_decay"`
	}
	Schedule struct {
		Name   string
		Warmup int `json:"warmup_steps"`
		Total  int `json:"total_steps"`
	} `json:"lr_schedule"`
	Clip     float64 `json:"grad_clip_norm"`
	Steps    int
	Expected struct {
		Losses    []float64
		GradNorms []float64 `json:"grad_norms"`
		Rates     []float64 `json:"lrs"`
		Targets   []int     `json:"tokens_per_step"`
		EvalLoss  float64   `json:"eval_loss_after"`
		Zero      []string  `json:"params_whose_gradient_is_zero_in_exact_arithmetic"`
	}
}

// peerFeed reads the micro-batches of a run from its batches.safetensors.
func peerFeed(t *testing.T, dir string) [][]MicroBatch {
	c := openFile(t, dir, "batches.safetensors")
	ids, labels := int64s(t, c, "input_ids"), int64s(t, c, "labels")
	input, _ := c.Tensor("input_ids")
	steps, accumulation, rows, width := input.Shape[0], input.Shape[1], input.Shape[2], input.Shape[3]
	feed := make([][]MicroBatch, steps)
	at := 0
	for step := range feed {
		for range accumulation {
			var b MicroBatch
			for range rows {
				targets := append(slices.Clone(labels[at+1:at+width]), -1)
				for i := range targets {
					targets[i] = max(targets[i], -1)
				}
				b.Append(ids[at:at+width], targets)
				at += width
			}
			feed[step] = append(feed[step], b)
		}
	}
	return feed
}

func openFile(t *testing.T, dir, name string) *weights.Checkpoint {
	t.Helper()
	c, err := weights.OpenFile(os.DirFS(dir), name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func int64s(t *testing.T, c *weights.Checkpoint, name string) []int32 {
	t.Helper()
	tensor, ok := c.Tensor(name)
	if !ok || tensor.DType != weights.I64 {
		t.Fatalf("no ids %s", name)
	}
	values := make([]int32, tensor.Elements())
	for i := range values {
		values[i] = int32(binary.LittleEndian.Uint64(tensor.Data[8*i:]))
	}
	return values
}

func readJSON(t *testing.T, into any, path ...string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(path...))
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		t.Fatalf("%s: %v", filepath.Join(path...), err)
	}
}

// vectorDir is the folder of the model cases.
func vectorDir(t *testing.T) string {
	t.Helper()
	root, named := os.LookupEnv("OSFT_VECTORS")
	if !named {
		root = filepath.Join("..", "testdata", "vectors")
	}
	dir := filepath.Join(root, "models")
	if found, _ := filepath.Glob(filepath.Join(dir, "*", "train", "*", "run.json")); len(found) == 0 {
		if named {
			t.Fatalf("OSFT_VECTORS: %s has no training runs", root)
		}
		t.Skip("skipped: no vectors")
	}
	return dir
}

// conforming says which kinds of runs this version trains.
func conforming(run string) bool {
	for _, kind := range []string{"full", "last_k", "norms_only", "bitfit", "embeddings_frozen", "pattern", "layers_plus_head"} {
		if strings.HasPrefix(run, kind) {
			return true
		}
	}
	return false
}

// TestConformance takes every training run of every registered family and compares losses, norms, rates and the trained
// tensors with PyTorch's, within the limits of the vectors' README.
func TestConformance(t *testing.T) {
	dir := vectorDir(t)
	cases, _ := filepath.Glob(filepath.Join(dir, "*", "train"))
	ran := 0
	for _, c := range cases {
		t.Run(filepath.Base(filepath.Dir(c)), func(t *testing.T) {
			t.Run("train", func(t *testing.T) {
				runs, _ := filepath.Glob(filepath.Join(c, "*", "run.json"))
				for _, r := range runs {
					name := filepath.Base(filepath.Dir(r))
					t.Run(name, func(t *testing.T) {
						if !conforming(name) {
							t.Skipf("skipped: %s is not a kind of run that this version trains", name)
						}
						p := newPeer(t, filepath.Dir(r))
						problems := p.train(t)
						for _, problem := range problems {
							t.Error(problem)
						}
						ran++
					})
				}
			})
		})
	}
	t.Logf("%d training runs compared", ran)
	if ran == 0 {
		t.Error("no training run was compared")
	}
}

// peer is a run set up to be repeated. Tests may change a part of it to see whether the comparison notices.
type peer struct {
	run      peerRun
	dir      string
	model    *model.Model
	session  *model.Session
	plan     Plan
	settings optimizer.Settings
	training *Training
}

func newPeer(t *testing.T, dir string) *peer {
	t.Helper()
	p := &peer{dir: dir}
	readJSON(t, &p.run, dir, "run.json")
	var err error
	p.model, err = model.Load(t.Context(), os.DirFS(filepath.Dir(filepath.Dir(dir))))
	if err != nil && strings.Contains(err.Error(), "is not supported (osft has") {
		t.Skipf("skipped: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.model.Close() })
	if p.plan, err = PlanOf(p.model.Params(), p.run.Trained, Matrices); err != nil {
		t.Fatal(err)
	}
	if p.session, err = p.model.Session(p.plan.Trained()); err != nil {
		t.Fatal(err)
	}
	o := p.run.Optimizer
	p.settings = optimizer.Settings{Beta1: o.Beta1, Beta2: o.Beta2, Epsilon: o.Eps, WeightDecay: o.WeightDecay}
	rates := schedule.Schedule{Kind: p.run.Schedule.Name, Warmup: p.run.Schedule.Warmup, Total: p.run.Schedule.Total}
	p.training = &Training{
		Steps: p.run.Steps, Model: p.session, Feed: listed(peerFeed(t, dir)), Clip: p.run.Clip,
		Rate: func(step int) float64 { return float64(o.LR * rates.Factor(step)) },
	}
	return p
}

// listed is a feed of micro-batches that are all there.
type listed [][]MicroBatch

func (l listed) Step(_ context.Context, step int) ([]MicroBatch, error) { return l[step], nil }

// train runs and lists where the result is not PyTorch's.
func (p *peer) train(t *testing.T) (problems []string) {
	t.Helper()
	p.training.Optimizer = p.plan.Optimizer(p.model, p.settings)
	var steps []Step
	if err := Run(t.Context(), p.training, func(s Step) error { steps = append(steps, s); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(steps) != p.run.Steps {
		t.Fatalf("%d steps, want %d", len(steps), p.run.Steps)
	}
	return slices.Concat(p.compareSteps(t, steps), p.compareTensors(t), p.compareEvaluation(t), p.comparePlan())
}

func (p *peer) compareSteps(t *testing.T, steps []Step) (problems []string) {
	t.Helper()
	want := p.run.Expected
	worstLoss, worstNorm := 0.0, 0.0
	for i, s := range steps {
		loss := math.Abs(s.Loss - want.Losses[i])
		norm := math.Abs(s.GradNorm-want.GradNorms[i]) / want.GradNorms[i]
		worstLoss, worstNorm = max(worstLoss, loss), max(worstNorm, norm)
		if !(loss <= 1e-4) {
			problems = append(problems, fmt.Sprintf("step %d: loss differs by %.3g", s.Number, loss))
		}
		if !(norm <= 1e-4) {
			problems = append(problems, fmt.Sprintf("step %d: gradient norm differs by %.3g of it", s.Number, norm))
		}
		if math.Abs(s.Rate-want.Rates[i]) > 1e-15 {
			problems = append(problems, fmt.Sprintf("step %d: rate %v, want %v", s.Number, s.Rate, want.Rates[i]))
		}
		if s.Targets != want.Targets[i] {
			problems = append(problems, fmt.Sprintf("step %d: %d targets, want %d", s.Number, s.Targets, want.Targets[i]))
		}
	}
	t.Logf("%d steps, worst loss %.2g, worst norm %.2g of it", len(steps), worstLoss, worstNorm)
	return problems
}

// compareTensors has both tests of the README: the largest difference, and the difference as a share of what training changed.
func (p *peer) compareTensors(t *testing.T) (problems []string) {
	t.Helper()
	final := openFile(t, p.dir, "final.safetensors")
	limit := max(1e-3, 20*p.worstDelta(t))
	worstElement, worstShare := 0.0, 0.0
	for _, name := range p.plan.Trained() {
		want, ok := final.Tensor(name)
		if !ok {
			t.Fatalf("%s: not in the expected result", name)
		}
		largest, share := distance(p.model.Value(name), want.Float32s(), p.start(t, name))
		worstElement, worstShare = max(worstElement, largest), max(worstShare, share)
		if !(largest <= 5e-4) {
			problems = append(problems, fmt.Sprintf("%s: an element differs by %.3g", name, largest))
		}
		if !(share <= limit) && !slices.Contains(p.run.Expected.Zero, name) {
			problems = append(problems, fmt.Sprintf("%s: differs by %.3g of the change, limit %.3g", name, share, limit))
		}
	}
	t.Logf("%d tensors, worst element %.2g, worst share %.2g, limit %.2g", len(p.plan.Trained()), worstElement, worstShare, limit)
	if got := len(final.Tensors()); got != len(p.plan.Trained()) {
		problems = append(problems, fmt.Sprintf("%d tensors trained, want %d", len(p.plan.Trained()), got))
	}
	return problems
}

func (p *peer) caseDir() string { return filepath.Dir(filepath.Dir(p.dir)) }

// start is the values of a tensor before training.
func (p *peer) start(t *testing.T, name string) []float32 {
	t.Helper()
	tensor, ok := p.model.Checkpoint().Tensor(name)
	if !ok {
		t.Fatalf("%s: not in the checkpoint", name)
	}
	return tensor.Float32s()
}

// worstDelta is how far float32 and float64 are apart in this run.
func (p *peer) worstDelta(t *testing.T) float64 {
	var tolerance struct {
		Train map[string]struct {
			Worst float64 `json:"delta_worst_rel_l2"`
		}
	}
	readJSON(t, &tolerance, p.caseDir(), "tolerance.json")
	r, ok := tolerance.Train[filepath.Base(p.dir)]
	if !ok {
		t.Fatal("no tolerance for this run")
	}
	return r.Worst
}

// distance is the largest |got-want| and L2(got-want)/L2(want-start).
func distance(got, want, start []float32) (largest, share float64) {
	if len(got) != len(want) || len(got) != len(start) {
		return math.Inf(1), math.Inf(1)
	}
	var off, change float64
	for i := range got {
		d := float64(got[i]) - float64(want[i])
		c := float64(want[i]) - float64(start[i])
		largest = max(largest, math.Abs(d))
		off += d * d
		change += c * c
	}
	if off == 0 {
		return largest, 0
	}
	return largest, math.Sqrt(off / change)
}

func (p *peer) compareEvaluation(t *testing.T) (problems []string) {
	t.Helper()
	f := openFile(t, p.caseDir(), "forward.safetensors")
	ids, labels := int64s(t, f, "input_ids"), int64s(t, f, "labels")
	input, _ := f.Tensor("input_ids")
	var b model.Batch
	for width := input.Shape[1]; len(ids) > 0; ids, labels = ids[width:], labels[width:] {
		targets := append(slices.Clone(labels[1:width]), -1)
		for i := range targets {
			targets[i] = max(targets[i], -1)
		}
		b.Append(ids[:width], targets)
	}
	loss, err := p.session.Evaluate(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	if d := math.Abs(loss.Mean() - p.run.Expected.EvalLoss); !(d <= 1e-4) {
		problems = append(problems, fmt.Sprintf("loss after training differs by %.3g", d))
	}
	return problems
}

// comparePlan checks what the plan says trains and decays.
func (p *peer) comparePlan() (problems []string) {
	var frozen, decays []string
	for _, t := range p.plan {
		if !t.Trains {
			frozen = append(frozen, t.Name)
		}
		if t.Decay {
			decays = append(decays, t.Name)
		}
	}
	for _, c := range []struct {
		what      string
		got, want []string
	}{{"frozen", frozen, p.run.Frozen}, {"decaying", decays, p.run.Decays}} {
		slices.Sort(c.got)
		slices.Sort(c.want)
		if !slices.Equal(c.got, c.want) {
			problems = append(problems, fmt.Sprintf("%s: %v, want %v", c.what, c.got, c.want))
		}
	}
	return problems
}
