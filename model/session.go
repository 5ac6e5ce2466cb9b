package model

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"slices"

	"github.com/osft-project/osft/model/graph"
	"github.com/osft-project/osft/model/kernel"
	"github.com/osft-project/osft/model/program"
	"github.com/osft-project/osft/model/weights"
)

// Session runs a model. Its graph is built and differentiated once, for one set of trained parameters; the programs for
// different numbers of tokens share one arena. One goroutine at a time may use it.
type Session struct {
	m         *Model
	graph     *graph.Graph
	trained   []string
	recompute program.Recompute
	programs  []*cached
	frame     program.Frame
	head      kernel.HeadSpace
	step      accumulation
}

// goal says what a program computes.
type goal uint8

const (
	gradients goal = iota
	loss
	logits
	lastLogits
)

// cached is a program that was used lately.
type cached struct {
	*program.Program
	goal goal
}

// programsKept bounds how many programs a session remembers.
const programsKept = 8

// standIn is the number of tokens with which graphs are written down.
const standIn = 3

// Session prepares the training of the named parameters, or with none of them evaluation only. Errors: a name that is not a
// parameter.
func (m *Model) Session(trained []string) (*Session, error) {
	names, err := m.ordered(trained)
	if err != nil {
		return nil, err
	}
	declared := make([]graph.Declared, len(m.params))
	for i, p := range m.params {
		declared[i] = graph.Declared{Name: p.Name, Shape: p.Shape}
	}
	g, err := graph.Build(declared, names, standIn, func(b *graph.Builder) (*graph.Node, string) {
		h := m.arch.Forward(b)
		return h.Hidden, h.Weight
	})
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		m.trained[name] = true
	}
	return &Session{m: m, graph: g, trained: names}, nil
}

// ordered brings names into the order of the checkpoint.
func (m *Model) ordered(names []string) ([]string, error) {
	var problems []error
	for _, name := range names {
		switch _, ok := m.byName[name]; {
		case !ok && name == head && m.config.Tied:
			problems = append(problems, fmt.Errorf("%s: is tied to %s (train that one)", name, m.tied()))
		case !ok:
			problems = append(problems, fmt.Errorf("%s: is not a parameter of this model", name))
		}
	}
	var sorted []string
	for _, p := range m.params {
		if slices.Contains(names, p.Name) {
			sorted = append(sorted, p.Name)
		}
	}
	return sorted, errors.Join(problems...)
}

// Trained lists the trained parameters in the order of the checkpoint.
func (s *Session) Trained() []string { return slices.Clone(s.trained) }

// Recompute chooses how much of the forward pass is computed again in the backward pass instead of being kept. It changes
// memory and time, never a bit of a result.
func (s *Session) Recompute(r program.Recompute) {
	s.recompute = r
	s.programs = nil
}

// Watch has a function called after every operation, with the operation's label and its first output; nil ends that. An error
// ends the run. It is for measuring and for looking, and must not change the output.
func (s *Session) Watch(after func(label string, out []float32) error) { s.frame.Watch = after }

// Evaluate computes the loss of a micro-batch. It ends the step: gradients of earlier calls are gone.
func (s *Session) Evaluate(ctx context.Context, b Batch) (Loss, error) {
	if _, err := s.run(ctx, b, loss, 0); err != nil {
		return Loss{}, err
	}
	return s.loss(ctx, b)
}

// TokenLosses computes the loss of every position of a micro-batch, 0 where the target does not count. It ends the step.
func (s *Session) TokenLosses(ctx context.Context, b Batch) ([]float64, error) {
	s.frame.Losses = make([]float64, len(b.Tokens))
	defer func() { s.frame.Losses = nil }()
	if _, err := s.Evaluate(ctx, b); err != nil {
		return nil, err
	}
	return s.frame.Losses, nil
}

// DocumentLosses computes the loss of every document of a micro-batch, in their order. It ends the step.
func (s *Session) DocumentLosses(ctx context.Context, b Batch) ([]Loss, error) {
	tokens, err := s.TokenLosses(ctx, b)
	if err != nil {
		return nil, err
	}
	var list []Loss
	for i, l := range tokens {
		if int(b.Documents[i]) == i {
			list = append(list, Loss{})
		}
		if b.Targets[i] >= 0 {
			last := &list[len(list)-1]
			*last = last.Add(Loss{Sum: l, Tokens: 1})
		}
	}
	return list, nil
}

// Logits computes the logits of every position: tokens × vocabulary. It ends the step.
func (s *Session) Logits(ctx context.Context, b Batch) ([]float32, error) {
	p, err := s.run(ctx, b, logits, 0)
	if err != nil {
		return nil, err
	}
	return slices.Clone(p.Output(&s.frame, s.graph.Logits)), nil
}

// Logits computes the logits of every position with the present values: tokens × vocabulary.
func (m *Model) Logits(ctx context.Context, b Batch) ([]float32, error) {
	s, err := m.inference()
	if err != nil {
		return nil, err
	}
	return s.Logits(ctx, b)
}

// inference is the model's session that trains nothing.
func (m *Model) inference() (*Session, error) {
	if m.plain == nil {
		s, err := m.Session(nil)
		if err != nil {
			return nil, err
		}
		m.plain = s
	}
	return m.plain, nil
}

// loss is the loss of the last run; one that is not finite is an error that says where it comes from.
func (s *Session) loss(ctx context.Context, b Batch) (Loss, error) {
	if math.IsNaN(s.frame.Sum) || math.IsInf(s.frame.Sum, 0) {
		return Loss{}, fmt.Errorf("loss is %v: %w", s.frame.Sum, s.diagnose(ctx, b))
	}
	return Loss{Sum: s.frame.Sum, Tokens: b.counted()}, nil
}

// run executes the program for a goal on a micro-batch.
func (s *Session) run(ctx context.Context, b Batch, g goal, scale float32) (*program.Program, error) {
	if err := b.check(s.m.config.VocabSize); err != nil {
		return nil, err
	}
	p, err := s.program(len(b.Tokens), g)
	if err != nil {
		return nil, err
	}
	s.step.arena = nil
	s.reserve(p.Floats)
	s.frame.Head = &s.head
	return p, weights.Guard(func() error {
		if s.bind(b, scale); s.m.unread != nil {
			return s.m.unread
		}
		return p.Run(ctx, &s.frame)
	})
}

// program is the one for a goal and a number of tokens; the last few are kept.
func (s *Session) program(tokens int, g goal) (*program.Program, error) {
	for i, c := range s.programs {
		if c.Tokens == tokens && c.goal == g {
			s.programs = append(slices.Delete(s.programs, i, i+1), c)
			return c.Program, nil
		}
	}
	p, err := program.Lower(s.graph, s.want(g), tokens, s.recompute)
	if err != nil {
		return nil, err
	}
	if len(s.programs) >= programsKept {
		s.programs = slices.Delete(s.programs, 0, 1)
	}
	s.programs = append(s.programs, &cached{p, g})
	return p, nil
}

func (s *Session) want(g goal) []graph.Ref {
	switch g {
	case logits:
		return []graph.Ref{s.graph.Logits}
	case lastLogits:
		return []graph.Ref{s.graph.Last}
	}
	want := []graph.Ref{s.graph.Loss}
	if g == gradients {
		for _, grad := range s.graph.Gradients {
			want = append(want, grad.Ref)
		}
	}
	return want
}

// Reserve makes the arena large enough for gradients of micro-batches of up to so many tokens, so that it need not grow.
func (s *Session) Reserve(tokens int) error {
	p, err := s.program(tokens, gradients)
	if err != nil {
		return err
	}
	s.reserve(p.Floats)
	return nil
}

// reserve grows the arena. The old one is given back before the new one is taken, since it may be most of the memory.
func (s *Session) reserve(floats int) {
	if len(s.frame.Arena) >= floats {
		return
	}
	if s.frame.Arena != nil {
		s.frame.Arena = nil
		debug.FreeOSMemory()
	}
	s.frame.Arena = make([]float32, floats)
}

// bind points the graph's leaves at the parameters and at the micro-batch.
func (s *Session) bind(b Batch, scale float32) {
	s.frame.Leaves = s.frame.Leaves[:0]
	for _, l := range s.graph.Leaves {
		var v graph.Value
		switch l.Kind {
		case graph.Parameter:
			v = s.m.value(l.Name)
		case graph.Tokens:
			v.I32 = b.Tokens
		case graph.Targets:
			v.I32 = b.Targets
		case graph.Positions:
			v.I32 = b.Positions
		case graph.Documents:
			v.I32 = b.Documents
		case graph.Scale:
			v.F32 = []float32{scale}
		}
		s.frame.Leaves = append(s.frame.Leaves, v)
	}
}
