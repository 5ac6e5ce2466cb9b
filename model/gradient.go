package model

import (
	"context"
	"errors"
	"fmt"

	"github.com/osft-project/osft/model/graph"
	"github.com/osft-project/osft/model/kernel"
	"github.com/osft-project/osft/model/program"
	"github.com/osft-project/osft/model/weights"
)

// accumulation is where the gradients of a step are: those of a single micro-batch stay in the arena in which they were
// computed; with a second one they move to sums of their own.
type accumulation struct {
	arena *program.Program // whose outputs in the arena are the step's gradients
	sums  map[string][]float32
	inUse bool // the step's gradients are the sums
}

// Gradient computes the loss of a micro-batch and the gradients of scale times its sum. With first they are a new step's;
// otherwise each tensor's gradient is finished from zero and then added to the step's. The loss is not scaled. A loss that is
// not finite is an error that names where it comes from; gradients are looked at by NonFinite.
func (s *Session) Gradient(ctx context.Context, b Batch, scale float32, first bool) (Loss, error) {
	if !first {
		if err := s.collect(); err != nil {
			return Loss{}, err
		}
	}
	p, err := s.run(ctx, b, gradients, scale)
	if err != nil {
		return Loss{}, err
	}
	l, err := s.loss(ctx, b)
	if err != nil {
		return Loss{}, err
	}
	if first {
		s.step.arena, s.step.inUse = p, false
		return l, nil
	}
	for _, g := range s.graph.Gradients {
		sum := s.step.sums[g.Name]
		kernel.Add(sum, sum, p.Output(&s.frame, g.Ref))
	}
	return l, nil
}

// collect moves the gradients of the step's first micro-batch out of the arena, which the next one needs.
func (s *Session) collect() error {
	if s.step.inUse {
		return nil
	}
	if s.step.arena == nil {
		return errors.New("gradient: nothing to add to (the first micro-batch of a step starts it)")
	}
	if s.step.sums == nil {
		s.step.sums = map[string][]float32{}
		for _, g := range s.graph.Gradients {
			s.step.sums[g.Name] = make([]float32, s.m.byName[g.Name].Elements())
		}
	}
	for _, g := range s.graph.Gradients {
		copy(s.step.sums[g.Name], s.step.arena.Output(&s.frame, g.Ref))
	}
	s.step.inUse = true
	return nil
}

// Grad is the step's gradient of a trained parameter; nil for other names and where there is no step. It is valid until the
// session is used again.
func (s *Session) Grad(name string) []float32 {
	for _, g := range s.graph.Gradients {
		switch {
		case g.Name != name:
		case s.step.inUse:
			return s.step.sums[name]
		case s.step.arena != nil:
			return s.step.arena.Output(&s.frame, g.Ref)
		}
	}
	return nil
}

// NonFinite names the first trained parameter, in the order of the checkpoint, whose gradient holds an infinity or a NaN, and
// the element; nil where all are finite. A sum of squares in float64 is finite exactly when this is nil.
func (s *Session) NonFinite() error {
	for _, name := range s.trained {
		grad := s.Grad(name)
		if i := nonFinite(grad); i >= 0 {
			return fmt.Errorf("%s: gradient of element %v is %v", name, index(i, s.m.byName[name].Shape), grad[i])
		}
	}
	return nil
}

// diagnose says where a loss that is not finite comes from: from a parameter, or else from the first step of the forward pass
// whose output is not finite.
func (s *Session) diagnose(ctx context.Context, b Batch) error {
	for _, p := range s.m.params {
		values := make([]float32, p.Elements())
		if err := s.m.Read(p, values); err != nil {
			return err
		}
		if i := nonFinite(values); i >= 0 {
			return fmt.Errorf("%s: element %v is %v", p.Name, index(i, p.Shape), values[i])
		}
	}
	before := s.frame.Watch
	s.frame.Watch = func(label string, out []float32) error {
		if i := nonFinite(out); i >= 0 {
			return fmt.Errorf("%s: the result is %v at element %d, and all parameters are finite (try a lower rate)", label, out[i], i)
		}
		return nil
	}
	defer s.Watch(before)
	p, err := s.program(len(b.Tokens), loss)
	if err != nil {
		return err
	}
	return weights.Guard(func() error { return p.Run(ctx, &s.frame) })
}

// index is the multi-dimensional index of an element.
func index(i int, shape graph.Shape) []int {
	at := make([]int, len(shape))
	for d := len(shape) - 1; d >= 0; d-- {
		at[d], i = i%shape[d], i/shape[d]
	}
	return at
}
