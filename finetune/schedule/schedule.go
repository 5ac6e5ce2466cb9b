// Package schedule says which share of the learning rate each step of a run uses.
//
// The formulas are those of Transformers 5 (optimization.py), in float64 and in the same order of operations, so that a recipe
// taken from there trains with the same rates: step s, counted from 0, uses factor f(s), and with warm-up the first step has
// rate 0. It holds no state: a resumed run asks for the factor of its step.
package schedule

import (
	"errors"
	"fmt"
	"math"

	"github.com/osft-project/osft/model/kernel/elementary"
)

// The kinds of schedules.
const (
	Constant = "constant" // 1 after warm-up
	Linear   = "linear"   // down to 0 at the end
	Cosine   = "cosine"   // half a cosine down to the floor at the end
	WSD      = "wsd"      // warm-up, stable, decay: 1 until Decay steps before the end, then down to the floor
)

// The shapes of the decay of WSD, as Transformers names them.
const (
	ShapeLinear  = "linear" // 1 - x, x being the share of the decay that is over
	ShapeCosine  = "cosine" // half a cosine
	ShapeOneRoot = "1-sqrt" // 1 - √x
)

// Schedule is one schedule over a run. Steps are those of the optimizer.
type Schedule struct {
	Kind   string
	Total  int     // steps of the whole run
	Warmup int     // steps in which the rate rises, from 0 or, with WSD, from the floor
	Decay  int     // WSD: steps in which the rate falls, the last of the run
	Shape  string  // WSD: how it falls
	Floor  float64 // Cosine and WSD: the factor at the end, as a share of the rate
}

// Kinds lists the kinds of schedules.
func Kinds() []string { return []string{Constant, Linear, Cosine, WSD} }

// Shapes lists the shapes of the decay of WSD.
func Shapes() []string { return []string{ShapeLinear, ShapeCosine, ShapeOneRoot} }

// Check says what is wrong with the schedule, all at once; keys are named as a recipe has them.
func (s Schedule) Check() error {
	var problems []error
	add := func(bad bool, format string, args ...any) {
		if bad {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	add(s.Kind != Constant && s.Kind != Linear && s.Kind != Cosine && s.Kind != WSD,
		"train.schedule: unknown %q (use one of %v)", s.Kind, Kinds())
	add(s.Total < 1, "train.steps: %d, must be at least 1", s.Total)
	add(s.Warmup < 0, "train.warmup_steps: %d steps, must not be negative", s.Warmup)
	add(!(s.Floor >= 0 && s.Floor <= 1), "train.min_lr_ratio: %v, must be a share of the rate between 0 and 1", s.Floor)
	add(s.Floor != 0 && (s.Kind == Constant || s.Kind == Linear), "train.min_lr_ratio: %s has none (use cosine or wsd)", s.Kind)
	if s.Kind == WSD {
		add(s.Shape != ShapeLinear && s.Shape != ShapeCosine && s.Shape != ShapeOneRoot,
			"decay: unknown shape %q (use one of %v)", s.Shape, Shapes())
		add(s.Decay < 0, "train.decay_steps: %d steps, must not be negative", s.Decay)
		add(s.Warmup+s.Decay > s.Total,
			"train.decay_steps: %d steps of warm-up and %d of decay are more than the %d of the run", s.Warmup, s.Decay, s.Total)
	} else {
		add(s.Decay != 0 || s.Shape != "", "train.decay_steps: only wsd has one, not %s", s.Kind)
	}
	return errors.Join(problems...)
}

// Factor is f(s), the factor of the learning rate of step s, counted from 0.
func (s Schedule) Factor(step int) float64 {
	if s.Kind == WSD {
		return s.stable(step)
	}
	if step < s.Warmup {
		return s.rise(step)
	}
	switch s.Kind {
	case Linear:
		return max(0, float64(s.Total-step)/float64(max(1, s.Total-s.Warmup)))
	case Cosine:
		progress := float64(step-s.Warmup) / float64(max(1, s.Total-s.Warmup))
		return max(0, s.lifted(halfCosine(progress)))
	}
	return 1
}

// stable is f(s) of WSD.
func (s Schedule) stable(step int) float64 {
	if step < s.Warmup {
		return max(0, s.lifted(s.rise(step)))
	}
	start := s.Total - s.Decay
	switch {
	case step < start:
		return 1
	case step >= s.Total:
		return s.Floor
	}
	progress := float64(step-start) / float64(max(1, s.Decay))
	switch s.Shape {
	case ShapeCosine:
		return max(0, s.lifted(halfCosine(progress)))
	case ShapeOneRoot:
		return max(0, s.lifted(1-math.Sqrt(progress)))
	}
	return max(0, s.lifted(1-progress))
}

func (s Schedule) rise(step int) float64 { return float64(step) / float64(max(1, s.Warmup)) }

// lifted squeezes a factor between the floor and 1.
func (s Schedule) lifted(factor float64) float64 { return float64(factor*(1-s.Floor)) + s.Floor }

// halfCosine falls from 1 to 0 as x goes from 0 to 1.
func halfCosine(x float64) float64 { return 0.5 * (1 + elementary.Cos64(float64(math.Pi*x))) }
