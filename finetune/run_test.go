package finetune

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/osft-project/osft/finetune/optimizer"
	"github.com/osft-project/osft/model"
)

// recorder is a model of one tensor that remembers how it was asked.
type recorder struct {
	calls  []float32 // the scales
	firsts []bool
	grad   []float32
	err    error
}

func (r *recorder) Gradient(_ context.Context, b model.Batch, scale float32, first bool) (model.Loss, error) {
	r.calls, r.firsts = append(r.calls, scale), append(r.firsts, first)
	n := MicroBatch{Batch: b}.Targets()
	return model.Loss{Sum: float64(10 * n), Tokens: n}, r.err
}
func (r *recorder) Grad(string) []float32 { return r.grad }
func (r *recorder) NonFinite() error      { return errors.New("w: gradient of element [0] is NaN") }

func batchOf(row string, targets ...int32) MicroBatch {
	var b MicroBatch
	b.Append(make([]int32, len(targets)), targets)
	b.Rows = []string{row}
	return b
}

func training(m Gradients, feed listed) *Training {
	o := optimizer.New(optimizer.Settings{Beta1: .9, Beta2: .999, Epsilon: 1e-8}, []optimizer.Tensor{{Name: "w", Value: []float32{1}}})
	return &Training{Steps: len(feed), Model: m, Feed: feed, Optimizer: o, Rate: func(step int) float64 { return float64(step) }}
}

func TestRunScalesByTheTargetsOfTheStep(t *testing.T) {
	m := &recorder{grad: []float32{3}}
	tr := training(m, listed{{batchOf("a", 1, 1, -1), batchOf("b", 1, -1, -1)}, {batchOf("c", 1, 1, 1)}})
	var steps []Step
	if err := Run(t.Context(), tr, func(s Step) error { steps = append(steps, s); return nil }); err != nil {
		t.Fatal(err)
	}
	third := float32(1.0 / 3)
	if !slices.Equal(m.calls, []float32{third, third, third}) || !slices.Equal(m.firsts, []bool{true, false, true}) {
		t.Errorf("scales %v, firsts %v", m.calls, m.firsts)
	}
	want := []Step{{1, 10, 3, 6, 3, 0}, {2, 10, 3, 3, 3, 1}}
	if !slices.Equal(steps, want) {
		t.Errorf("got %v, want %v", steps, want)
	}
	if err := Run(t.Context(), tr, nil); err != nil {
		t.Errorf("a run that is over: %v", err)
	}
}

func TestRunStops(t *testing.T) {
	boom := errors.New("boom")
	nan := float32(math.NaN())
	rows := batchOf("a.jsonl:1", 1)
	rows.Rows = strings.Split(strings.Repeat("r,", 9)+"r", ",")
	tests := []struct {
		name   string
		m      *recorder
		feed   listed
		report error
		want   string
	}{
		{"no target", &recorder{grad: []float32{1}}, listed{{batchOf("a.jsonl:1", -1)}}, nil, "step 1: rows a.jsonl:1: not one token is a target"},
		{"loss", &recorder{err: boom}, listed{{batchOf("a.jsonl:1", 1), batchOf("b", 1)}}, nil, "step 1: rows a.jsonl:1: boom"},
		{"gradient", &recorder{grad: []float32{nan}}, listed{{rows}}, nil,
			"step 1: rows r, r, r, r, r, r, r, r and 2 more: w: gradient of element [0] is NaN (try a lower rate, or clipping)"},
		{"report", &recorder{grad: []float32{1}}, listed{{batchOf("a", 1)}}, boom, "boom"},
	}
	for _, tt := range tests {
		err := Run(t.Context(), training(tt.m, tt.feed), func(Step) error { return tt.report })
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
}

// TestRunFinishesTheStep: a cancelled run ends between steps, says why, and goes on when asked again.
func TestRunFinishesTheStep(t *testing.T) {
	tr := training(&recorder{grad: []float32{1}}, listed{{batchOf("a", 1)}, {batchOf("b", 1)}, {batchOf("c", 1)}})
	why := errors.New("the lid was closed")
	ctx, cancel := context.WithCancelCause(t.Context())
	err := Run(ctx, tr, func(s Step) error {
		if s.Number == 2 {
			cancel(why)
		}
		return nil
	})
	if !errors.Is(err, why) || tr.Optimizer.Steps != 2 {
		t.Errorf("%v after %d steps", err, tr.Optimizer.Steps)
	}
	if err := Run(t.Context(), tr, func(Step) error { return nil }); err != nil || tr.Optimizer.Steps != 3 {
		t.Errorf("%v after %d steps", err, tr.Optimizer.Steps)
	}
}
