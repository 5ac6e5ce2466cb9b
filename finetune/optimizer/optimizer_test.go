package optimizer

import (
	"math"
	"testing"
)

// gradients of the only tensor, step by step, for tests with numbers that can be followed by hand.
func fixed(g ...float32) func(string) []float32 { return func(string) []float32 { return g } }

func TestClipFactor(t *testing.T) {
	tests := []struct {
		norm, limit float64
		want        float32
	}{
		{10, 0, 1}, {0, 1, 1}, {0.5, 1, 1}, {4, 1, float32(1 / 4.000001)}, {1, 1, float32(1 / 1.000001)},
	}
	for _, tt := range tests {
		if got := ClipFactor(tt.norm, tt.limit); got != tt.want {
			t.Errorf("ClipFactor(%v, %v) = %v, want %v", tt.norm, tt.limit, got, tt.want)
		}
	}
}

func TestNorm(t *testing.T) {
	o := New(Settings{}, []Tensor{{Name: "a", Value: make([]float32, 2)}, {Name: "b", Value: make([]float32, 1)}})
	grads := map[string][]float32{"a": {3, 4}, "b": {12}}
	grad := func(name string) []float32 { return grads[name] }
	if got := o.Norm(grad); got != 13 {
		t.Errorf("norm %v, want 13", got)
	}
	grads["b"][0] = float32(math.Inf(1))
	if got := o.Norm(grad); !math.IsInf(got, 1) {
		t.Errorf("norm of an infinity: %v", got)
	}
	grads["b"][0] = math.MaxFloat32
	if got := o.Norm(grad); math.IsInf(got, 0) {
		t.Errorf("norm of the greatest float32: %v", got)
	}
}

// TestUpdate follows AdamW by the formulas of the paper in float64.
func TestUpdate(t *testing.T) {
	settings := Settings{Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8, WeightDecay: 0.1}
	for _, decay := range []bool{true, false} {
		value := []float32{1, -2}
		o := New(settings, []Tensor{{Name: "w", Value: value, Decay: decay}})
		p, m, v := []float64{1, -2}, make([]float64, 2), make([]float64, 2)
		for step := 1; step <= 5; step++ {
			g := []float32{0.5 / float32(step), -3}
			o.Update(0.01, 0.5, fixed(g...))
			for i := range p {
				gi := float64(g[i]) * 0.5
				if decay {
					p[i] *= 1 - 0.01*0.1
				}
				m[i] = 0.9*m[i] + 0.1*gi
				v[i] = 0.999*v[i] + 0.001*gi*gi
				mhat, vhat := m[i]/(1-math.Pow(0.9, float64(step))), v[i]/(1-math.Pow(0.999, float64(step)))
				p[i] -= 0.01 * mhat / (math.Sqrt(vhat) + 1e-8)
				if math.Abs(p[i]-float64(value[i])) > 1e-6 {
					t.Errorf("decay %v, step %d, element %d: %v, want %v", decay, step, i, value[i], p[i])
				}
			}
		}
		if o.Steps != 5 || math.Abs(o.Power1-math.Pow(0.9, 5)) > 1e-15 || math.Abs(o.Power2-math.Pow(0.999, 5)) > 1e-15 {
			t.Errorf("progress %+v", o.Progress)
		}
	}
}

// TestRateZeroMovesNothing: the first step of a warm-up has rate 0; the moments move, the tensor stays as it is to the bit.
func TestRateZeroMovesNothing(t *testing.T) {
	value := []float32{1.2345678, -0.1}
	o := New(Settings{Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8, WeightDecay: 0.1}, []Tensor{{Name: "w", Value: value, Decay: true}})
	o.Update(0, 1, fixed(1, 2))
	if value[0] != 1.2345678 || value[1] != -0.1 || o.Moments()[0].M[1] == 0 {
		t.Errorf("values %v, moments %v", value, o.Moments())
	}
}

// TestContinues: an optimizer that takes over moments and progress does what the first one would have done, bit by bit.
func TestContinues(t *testing.T) {
	settings := Settings{Beta1: 0.9, Beta2: 0.95, Epsilon: 1e-8}
	value := []float32{0.3, 0.7}
	first := New(settings, []Tensor{{Name: "w", Value: value}})
	for range 3 {
		first.Update(0.1, 1, fixed(0.1, -0.2))
	}
	copied := append([]float32(nil), value...)
	second := New(settings, []Tensor{{Name: "w", Value: copied}})
	second.Progress = first.Progress
	copy(second.Moments()[0].M, first.Moments()[0].M)
	copy(second.Moments()[0].V, first.Moments()[0].V)
	first.Update(0.1, 1, fixed(5, 6))
	second.Update(0.1, 1, fixed(5, 6))
	if value[0] != copied[0] || value[1] != copied[1] || first.Progress != second.Progress {
		t.Errorf("%v and %v", value, copied)
	}
}
