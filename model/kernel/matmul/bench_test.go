package matmul

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/osft-project/osft/model/kernel/machine"
)

// layouts of training: forward x·Wᵀ, dX = dy·W, dW = dyᵀ·x.
var layouts = map[string]func(r *rand.Rand, m, n, k int) (a, b Matrix){
	"forward": func(r *rand.Rand, m, n, k int) (a, b Matrix) {
		return random(r, m, k), random(r, n, k).T()
	},
	"dx": func(r *rand.Rand, m, n, k int) (a, b Matrix) { return random(r, m, k), random(r, k, n) },
	"dw": func(r *rand.Rand, m, n, k int) (a, b Matrix) { return random(r, k, m).T(), random(r, k, n) },
}

func random(r *rand.Rand, rows, cols int) Matrix {
	data := make([]float32, rows*cols)
	for i := range data {
		data[i] = float32(r.NormFloat64())
	}
	return Dense(data, rows, cols)
}

func BenchmarkMul(b *testing.B) {
	for _, isa := range machine.Supported() {
		restore, err := machine.Force(isa)
		if err != nil {
			b.Fatal(err)
		}
		for _, c := range []struct {
			layout  string
			m, n, k int
		}{
			{"forward", 1024, 576, 576}, {"forward", 1024, 192, 576}, {"forward", 1024, 1536, 576}, {"forward", 1024, 576, 1536},
			{"forward", 576, 1536, 576}, {"forward", 1024, 49152, 576},
			{"dx", 1024, 576, 576}, {"dx", 1024, 576, 1536}, {"dx", 1024, 576, 49152},
			{"dw", 576, 576, 1024}, {"dw", 192, 576, 1024}, {"dw", 1536, 576, 1024}, {"dw", 49152, 576, 1024},
			{"forward", 64, 64, 64}, {"dx", 64, 64, 64}, {"dw", 64, 64, 64}, {"forward", 1, 576, 576}, {"forward", 1, 49152, 576}, {"dx", 1, 576, 576},
		} {
			b.Run(fmt.Sprintf("%s/%s/%dx%dx%d", isa, c.layout, c.m, c.n, c.k), func(b *testing.B) {
				benchProduct(b, c.layout, c.m, c.n, c.k)
			})
		}
		restore()
	}
}

func benchProduct(b *testing.B, layout string, m, n, k int) {
	r := rand.New(rand.NewPCG(1, 1))
	left, right := layouts[layout](r, m, n, k)
	dst := make([]float32, m*n)
	Mul(dst, n, left, right)
	b.ReportAllocs()
	for b.Loop() {
		Mul(dst, n, left, right)
	}
	rate := 2 * float64(m) * float64(n) * float64(k) * float64(b.N) / float64(b.Elapsed().Nanoseconds())
	b.ReportMetric(rate, "GFLOP/s")
	b.ReportMetric(100*rate/Ceiling()/float64(machine.Workers()), "%ceiling")
}
