package matmul

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// TestReferenceIsTheProfile states the profile once more, independently: blocks
// of 256, a chain from +0 with k ascending and one rounding a step, the first
// block stored and later ones added.
func TestReferenceIsTheProfile(t *testing.T) {
	const m, n, k = 3, 4, 700
	r := rand.New(rand.NewPCG(15, 16))
	a, b, got := filled(r, m*k), filled(r, k*n), make([]float32, m*n)
	Reference(got, n, Dense(a, m, k), Dense(b, k, n))
	for i := range m {
		for j := range n {
			var chains [3]float32
			for x := range k {
				chains[x/256] = exactly(a[i*k+x], b[x*n+j], chains[x/256])
			}
			want := (chains[0] + chains[1]) + chains[2]
			if math.Float32bits(got[i*n+j]) != math.Float32bits(want) {
				t.Errorf("(%d,%d): got %x, want %x", i, j, got[i*n+j], want)
			}
		}
	}
	minus := Dense([]float32{-1}, 1, 1)
	Reference(got, 1, minus, Dense([]float32{0}, 1, 1))
	if math.Signbit(float64(got[0])) {
		t.Error("-1·0 is -0: the chain does not start from +0")
	}
}

// exactly is a*b+c with one rounding, by arbitrary precision.
func exactly(a, b, c float32) float32 {
	x := new(big.Float).SetPrec(600).SetFloat64(float64(a))
	x.Mul(x, new(big.Float).SetFloat64(float64(b)))
	x.Add(x, new(big.Float).SetFloat64(float64(c)))
	if x.Sign() == 0 {
		return float32(float64(a)*float64(b) + float64(c))
	}
	v, _ := x.Float32()
	return v
}
