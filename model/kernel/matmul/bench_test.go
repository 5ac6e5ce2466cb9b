package matmul

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/osft-project/osft/model/kernel/machine"
)

// layouts of training: forward x·Wᵀ, dX = dy·W, dW = dyᵀ·x.
var layouts = map[string]func(r *rand.Rand, m, n, k int) (a, b Matrix){
	"forward": func(r *rand.Rand, m, n, k int) (a, b Matrix) { return random(r, m, k), random(r, n, k).T() },
	"dX":      func(r *rand.Rand, m, n, k int) (a, b Matrix) { return random(r, m, k), random(r, k, n) },
	"dW":      func(r *rand.Rand, m, n, k int) (a, b Matrix) { return random(r, k, m).T(), random(r, k, n) },
}

func random(r *rand.Rand, rows, cols int) Matrix {
	data := make([]float32, rows*cols)
	for i := range data {
		data[i] = float32(r.NormFloat64())
	}
	return Dense(data, rows, cols)
}

type shape struct {
	layout  string
	m, n, k int
}

// training is SmolLM2-135M with 1,024 tokens, head included.
var training = []shape{
	{"forward", 1024, 576, 576}, {"forward", 1024, 192, 576}, {"forward", 1024, 1536, 576}, {"forward", 1024, 576, 1536},
	{"dX", 1024, 576, 576}, {"dX", 1024, 576, 192}, {"dX", 1024, 576, 1536}, {"dX", 1024, 1536, 576},
	{"dW", 576, 576, 1024}, {"dW", 192, 576, 1024}, {"dW", 1536, 576, 1024}, {"dW", 576, 1536, 1024},
	{"forward", 576, 576, 1536}, {"forward", 576, 1536, 576},
}

var head = []shape{{"forward", 1024, 49152, 576}, {"dX", 1024, 576, 49152}, {"dW", 49152, 576, 1024}}

var small = []shape{
	{"forward", 64, 64, 64}, {"dX", 64, 64, 64}, {"dW", 64, 64, 64}, {"forward", 12, 32, 256},
	{"forward", 1, 576, 576}, {"forward", 1, 49152, 576}, {"forward", 4, 1536, 576}, {"dX", 1, 576, 576}, {"forward", 16, 576, 576},
}

func BenchmarkTraining(b *testing.B) { benchAll(b, training) }
func BenchmarkHead(b *testing.B)     { benchAll(b, head) }
func BenchmarkSmall(b *testing.B)    { benchAll(b, small) }

// benchAll reports the best run of each shape, on as many workers as -cpu says,
// and its share of as many times the ceiling of one core.
func benchAll(b *testing.B, shapes []shape) {
	for _, isa := range machine.Supported() {
		restore, err := machine.Force(isa)
		if err != nil {
			b.Fatal(err)
		}
		for _, s := range shapes {
			b.Run(fmt.Sprintf("%s/%s/%dx%dx%d", isa, s.layout, s.m, s.n, s.k), func(b *testing.B) { benchProduct(b, s) })
		}
		restore()
	}
}

func benchProduct(b *testing.B, s shape) {
	left, right := layouts[s.layout](rand.New(rand.NewPCG(1, 1)), s.m, s.n, s.k)
	dst := make([]float32, s.m*s.n)
	Mul(dst, s.n, left, right)
	ceiling := Ceiling() * float64(machine.Workers())
	b.ReportAllocs()
	best := time.Hour
	for b.Loop() {
		start := time.Now()
		Mul(dst, s.n, left, right)
		best = min(best, time.Since(start))
	}
	rate := 2 * float64(s.m) * float64(s.n) * float64(s.k) / float64(max(best, 1))
	b.ReportMetric(rate, "GFLOP/s")
	b.ReportMetric(100*rate/ceiling, "%ceiling")
}

// BenchmarkKernel runs microkernels on what lies in the first-level cache.
func BenchmarkKernel(b *testing.B) {
	for _, isa := range machine.Supported() {
		restore, err := machine.Force(isa)
		if err != nil {
			b.Fatal(err)
		}
		e := current()
		for _, k := range []int{64, Block} {
			for _, rows := range []int{e.rows, e.rows / 2, 1} {
				b.Run(fmt.Sprintf("%s/%dx%dx%d", isa, rows, e.cols, k), func(b *testing.B) { benchKernel(b, e, rows, k) })
			}
		}
		restore()
	}
}

func benchKernel(b *testing.B, e *engine, rows, k int) {
	const calls = 64
	r := rand.New(rand.NewPCG(1, 1))
	c := random(r, e.rows, e.cols).F32
	t := &tile{a: random(r, k, e.rows).F32, b: random(r, k, e.cols).F32, c: c, s: c, mode: modeGoOn,
		rs: 1, cs: e.rows, ldb: e.cols, ldc: e.cols, lds: e.cols, k: k, rows: rows, cols: e.cols}
	ceiling, best := Ceiling(), time.Hour
	for b.Loop() {
		start := time.Now()
		for range calls {
			e.kernel(t, e.cols)
		}
		best = min(best, time.Since(start))
	}
	rate := float64(calls*2*rows*e.cols*k) / float64(best)
	b.ReportMetric(rate, "GFLOP/s")
	b.ReportMetric(100*rate/ceiling, "%ceiling")
}
