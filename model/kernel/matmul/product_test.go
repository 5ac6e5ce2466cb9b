package matmul

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/osft-project/osft/model/kernel/machine"
)

// fill draws numbers of very different sizes with signed zeros and denormals
// among them, so that order, rounding and flushing all show in the bits.
func fill(r *rand.Rand, data []float32) {
	for i := range data {
		switch r.IntN(16) {
		case 0:
			data[i] = float32(math.Copysign(0, float64(r.IntN(2))-0.5))
		case 1: // denormal
			data[i] = math.Float32frombits(r.Uint32() & 0x807fffff)
		case 2:
			data[i] = float32(r.NormFloat64() * 1e-20)
		default:
			data[i] = float32(r.NormFloat64())
		}
	}
}

// difference names the first element whose bits differ.
func difference(got, want []float32) string {
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			return fmt.Sprintf("number %d: got %x (%08x), want %x (%08x)", i,
				got[i], math.Float32bits(got[i]), want[i], math.Float32bits(want[i]))
		}
	}
	return ""
}

// eachISA runs f under every instruction set of this machine.
func eachISA(t *testing.T, f func(t *testing.T)) {
	for _, isa := range machine.Supported() {
		t.Run(isa.String(), func(t *testing.T) {
			restore, err := machine.Force(isa)
			if err != nil {
				t.Fatal(err)
			}
			defer restore()
			f(t)
		})
	}
}

func TestSmallSizes(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(3, 4))
		for _, threads := range []int{1, 3} {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(threads))
			for _, s := range [][3]int{{1, 1, 1}, {5, 7, 3}, {40, 40, 80}, {13, 33, 257}, {70, 70, 600}, {3, 4, 0}} {
				m, n, k := s[0], s[1], s[2]
				a, b := make([]float32, m*k), make([]float32, k*n)
				fill(r, a)
				fill(r, b)
				want, got, sum := make([]float32, m*n), make([]float32, m*n), make([]float32, m*n)
				fill(r, sum)
				A, B := Dense(a, m, k), Dense(b, k, n)
				Reference(want, n, A, B)
				Mul(got, n, A, B)
				if d := difference(got, want); d != "" {
					t.Fatalf("%v: %s", s, d)
				}
				copy(got, sum)
				MulAdd(got, n, A, B)
				for i := range want {
					want[i] += sum[i]
				}
				if d := difference(got, want); d != "" {
					t.Fatalf("add %v: %s", s, d)
				}
			}
		}
	})
}
