package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/osft-project/osft/model/kernel/matmul"
)

// random returns n values around zero, the same for the same seed.
func random(seed uint64, n int) []float32 {
	r := rand.New(rand.NewPCG(seed, 1))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.IntN(2001)-1000) / 700
	}
	return x
}

func wide(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

// dot is a loss for a gradient check: the output weighted by the gradient that the backward operation is given.
func dot(a []float64, b []float32) float64 {
	sum := 0.0
	for i, v := range a {
		sum += v * float64(b[i])
	}
	return sum
}

// near compares with a float64 reference: the distance over the reference's length must stay below the limit.
func near(t *testing.T, what string, got []float32, want []float64, limit float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	diff, size := 0.0, 0.0
	for i, w := range want {
		d := float64(got[i]) - w
		diff += d * d
		size += w * w
	}
	if rel := math.Sqrt(diff / size); !(rel <= limit) {
		t.Errorf("%s: relative error %.2g, limit %.2g", what, rel, limit)
	}
}

// gradient is the central difference of a float64 function at every element of x.
func gradient(x []float64, f func() float64) []float64 {
	g := make([]float64, len(x))
	for i, v := range x {
		const h = 1e-5
		x[i] = v + h
		up := f()
		x[i] = v - h
		g[i] = (up - f()) / (2 * h)
		x[i] = v
	}
	return g
}

// equal demands the same bits.
func equal(t *testing.T, what string, got, want []float32) {
	t.Helper()
	for i, w := range want {
		if math.Float32bits(got[i]) != math.Float32bits(w) {
			t.Fatalf("%s: element %d is %v (%08x), want %v (%08x)", what, i, got[i], math.Float32bits(got[i]), w, math.Float32bits(w))
		}
	}
}

func matrix(data []float32, rows, cols int) matmul.Matrix { return matmul.Dense(data, rows, cols) }

// product is x·wᵀ in float64, x [n, in], w [out, in].
func product(x, w []float64, n, in, out int) []float64 {
	y := make([]float64, n*out)
	for i := range n {
		for o := range out {
			for k := range in {
				y[i*out+o] += x[i*in+k] * w[o*in+k]
			}
		}
	}
	return y
}
