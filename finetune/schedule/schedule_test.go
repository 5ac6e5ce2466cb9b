package schedule

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"
)

// TestLikeTransformers compares every factor with those that testdata/make.py got from Transformers.
func TestLikeTransformers(t *testing.T) {
	data, err := os.ReadFile("testdata/transformers.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []struct {
			Kind                 string
			Total, Warmup, Decay int
			Floor                float64
			Shape                string
			Factors              []float64
		}
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, c := range file.Cases {
		s := Schedule{Kind: c.Kind, Total: c.Total, Warmup: c.Warmup, Decay: c.Decay, Shape: c.Shape, Floor: c.Floor}
		if err := s.Check(); err != nil {
			t.Errorf("%+v: %v", s, err)
		}
		for step, want := range c.Factors {
			if got := s.Factor(step); math.Abs(got-want) > 4e-16 {
				t.Errorf("%+v: step %d: %v, want %v", s, step, got, want)
			}
			compared++
		}
	}
	if compared < 1000 {
		t.Errorf("only %d factors compared", compared)
	}
	t.Logf("%d factors of %d schedules compared", compared, len(file.Cases))
}

func TestFirstStepOfWarmupIsZero(t *testing.T) {
	for _, kind := range []string{Constant, Linear, Cosine} {
		if got := (Schedule{Kind: kind, Total: 10, Warmup: 3}).Factor(0); got != 0 {
			t.Errorf("%s: %v", kind, got)
		}
	}
}

func TestCheck(t *testing.T) {
	tests := []struct {
		name string
		s    Schedule
		want string
	}{
		{"kind", Schedule{Kind: "cosin", Total: 1}, `train.schedule: unknown "cosin" (use one of [constant linear cosine wsd])`},
		{"total", Schedule{Kind: Linear}, "train.steps: 0, must be at least 1"},
		{"warmup", Schedule{Kind: Linear, Total: 1, Warmup: -1}, "train.warmup_steps: -1 steps, must not be negative"},
		{"floor", Schedule{Kind: Cosine, Total: 1, Floor: 1.5}, "train.min_lr_ratio: 1.5, must be a share"},
		{"floor that is no number", Schedule{Kind: Cosine, Total: 1, Floor: math.NaN()}, "train.min_lr_ratio: NaN, must be a share"},
		{"no floor", Schedule{Kind: Linear, Total: 1, Floor: .5}, "train.min_lr_ratio: linear has none (use cosine or wsd)"},
		{"shape", Schedule{Kind: WSD, Total: 1}, `decay: unknown shape "" (use one of [linear cosine 1-sqrt])`},
		{"decay", Schedule{Kind: WSD, Total: 1, Shape: ShapeLinear, Decay: -1}, "train.decay_steps: -1 steps, must not be negative"},
		{"too long", Schedule{Kind: WSD, Total: 9, Warmup: 5, Decay: 5, Shape: ShapeLinear},
			"5 steps of warm-up and 5 of decay are more than the 9 of the run"},
		{"no decay", Schedule{Kind: Cosine, Total: 9, Decay: 5}, "train.decay_steps: only wsd has one, not cosine"},
		{"all at once", Schedule{Kind: Linear, Warmup: -1}, "at least 1\ntrain.warmup_steps"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.s.Check(); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v\nwant %s", err, tt.want)
			}
		})
	}
}
