package vector

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/osft-project/osft/model/kernel/machine"
)

// values returns n numbers: most of ordinary size, some zeros of both signs, denormal, huge or tiny.
func values(seed uint64, n int) []float32 {
	r := rand.New(rand.NewPCG(seed, 2))
	special := []float32{0, float32(math.Copysign(0, -1)), 1e-40, -3e-42, 1e-30, -1e-30, 1e18, -1e18, 88.7, -87.4, -103.9, -1e5, 1}
	x := make([]float32, n)
	for i := range x {
		if r.IntN(8) == 0 {
			x[i] = special[r.IntN(len(special))]
		} else {
			x[i] = float32(r.NormFloat64() * 4)
		}
	}
	return x
}

// operations run every operation of the package on fresh data of length n and return all that it wrote.
var operations = map[string]func(n int) []float32{
	"Dot":         func(n int) []float32 { return split(Dot(values(1, n), values(2, n))) },
	"Squares":     func(n int) []float32 { return split(Squares(values(1, n)), Dot(values(1, n), values(1, n))) },
	"WeightedDot": func(n int) []float32 { return split(WeightedDot(values(1, n), values(2, n), values(3, n))) },
	"Max":         func(n int) []float32 { return []float32{Max(values(1, n)), Max(values(4, n))} },
	"AddRows64": func(n int) []float32 {
		acc := make([]float64, n)
		AddRows64(acc, values(1, n), values(2, n), 0.3)
		AddRows64(acc, values(3, n), values(4, n), 0.7)
		return split(acc...)
	},
	"AddRow64": func(n int) []float32 {
		acc := make([]float64, n)
		AddRow64(acc, values(1, n))
		AddRow64(acc, values(2, n))
		return split(acc...)
	},
	"Add":   func(n int) []float32 { return into(n, func(d []float32) { Add(d, values(1, n), values(2, n)) }) },
	"Scale": func(n int) []float32 { x := values(1, n); Scale(x, 1.7); return x },
	"Normalize": func(n int) []float32 {
		return into(n, func(d []float32) { Normalize(d, values(1, n), values(2, n), 0.3) })
	},
	"NormalizeGrad": func(n int) []float32 {
		return into(n, func(d []float32) { NormalizeGrad(d, values(1, n), values(2, n), values(3, n), 0.3, 0.01) })
	},
	"Rotate": func(n int) []float32 {
		a, b := values(1, n), values(2, n)
		Rotate(a, b, values(3, n), values(4, n))
		return append(a, b...)
	},
	"RotateBack": func(n int) []float32 {
		a, b := values(1, n), values(2, n)
		RotateBack(a, b, values(3, n), values(4, n))
		return append(a, b...)
	},
	"SwiGLU": func(n int) []float32 { return into(n, func(d []float32) { SwiGLU(d, values(1, n), values(2, n)) }) },
	"SwiGLUGrad": func(n int) []float32 {
		g, u := values(1, n), values(2, n)
		SwiGLUGrad(g, u, values(3, n), g, u)
		return append(g, u...)
	},
	"ExpSum": func(n int) []float32 {
		x := values(1, n)
		return append(split(ExpSum(x, 3.5)), x...)
	},
	"Divide": func(n int) []float32 { return into(n, func(d []float32) { Divide(d, values(1, n), 3.3) }) },
	"Rescale": func(n int) []float32 {
		x := values(1, 2*n)
		Rescale(x, values(2, 2*n), []float32{0.5, 0.3}, n)
		return x
	},
	"Online":     online,
	"OnlineGrad": onlineGrad,
	"AdamW":      adamw,
}

func split(values ...float64) (out []float32) {
	for _, v := range values {
		bits := math.Float64bits(v)
		out = append(out, math.Float32frombits(uint32(bits)), math.Float32frombits(uint32(bits>>32)))
	}
	return out
}

func into(n int, f func(dst []float32)) []float32 {
	dst := make([]float32, n)
	f(dst)
	return dst
}

// online makes two steps over n rows in which every third score is masked and one row wholly.
func online(n int) []float32 {
	n = n%Block + 1
	peak, sum, rescale := make([]float32, n), make([]float32, n), make([]float32, n)
	for i := range peak {
		peak[i] = Lowest
	}
	var all []float32
	for step := range uint64(2) {
		score := values(5+step, n*Block)
		for i := range score {
			if i%3 == 0 || i/Block == 2 {
				score[i] = float32(math.Inf(-1))
			}
		}
		Online(score, peak, sum, rescale, 0.4)
		all = append(append(append(append(all, score...), peak...), sum...), rescale...)
	}
	return all
}

func onlineGrad(n int) []float32 {
	n = n%Block + 1
	score, dp := values(1, n*Block), values(2, n*Block)
	OnlineGrad(score, dp, values(3, n), values(4, n), 0.4)
	return append(score, dp...)
}

func adamw(n int) []float32 {
	p, g, m, v := values(1, n), values(2, n), values(3, n), values(4, n)
	for i, x := range v {
		v[i] = float32(x * x)
	}
	f := AdamW{Clip: 0.7, Decay: 0.999, Beta1: 0.1, Beta2: 0.95, Square: 0.05, Root: 0.3, Epsilon: 1e-8, Step: 0.01}
	f.Update(p, g, m, v)
	return append(append(p, m...), v...)
}

// TestTwins compares every instruction set of this machine with the definitions, bit by bit.
func TestTwins(t *testing.T) {
	for name, run := range operations {
		t.Run(name, func(t *testing.T) {
			for _, n := range []int{0, 1, 15, 16, 17, 32, 47, 64, 576, 1001} {
				want := under(t, machine.Generic, run, n)
				for _, isa := range machine.Supported() {
					compare(t, fmt.Sprintf("%v, %d elements", isa, n), under(t, isa, run, n), want)
				}
			}
		})
	}
}

func under(t *testing.T, isa machine.ISA, run func(int) []float32, n int) []float32 {
	t.Helper()
	restore, err := machine.Force(isa)
	if err != nil {
		t.Fatal(err)
	}
	defer restore()
	return run(n)
}

// compare demands the same bits; any NaN equals any other.
func compare(t *testing.T, what string, got, want []float32) {
	t.Helper()
	for i, w := range want {
		g := got[i]
		if math.Float32bits(g) != math.Float32bits(w) && (g == g || w == w) {
			t.Fatalf("%s: value %d is %v (%08x), want %v (%08x)", what, i, g, math.Float32bits(g), w, math.Float32bits(w))
		}
	}
}

// TestFold fixes the tree of the lanes: 1e8 meets its negative before anything else only there.
func TestFold(t *testing.T) {
	lane := [Lanes]float32{0: 1e8, 8: -1e8, 4: 1, 12: 2, 1: 3, 15: 4}
	if got := fold(&lane); got != 10 {
		t.Errorf("fold = %v, want 10", got)
	}
}

// TestDivideSign wants no negative zero.
func TestDivideSign(t *testing.T) {
	for _, isa := range machine.Supported() {
		out := under(t, isa, func(n int) []float32 {
			x := make([]float32, n)
			for i := range x {
				x[i] = float32(math.Copysign(0, -1))
			}
			Divide(x, x, 2)
			return x
		}, 17)
		compare(t, isa.String(), out, make([]float32, 17))
	}
}
