package template

import (
	"errors"
	"strings"
	"time"

	"github.com/osft-project/osft/data/template/syntax"
	"github.com/osft-project/osft/data/template/value"
)

// run is one rendering.
type run struct {
	out      *strings.Builder
	date     time.Time
	spans    []Span
	steps    int
	calls    int
	depth    int // of expressions and bodies being worked on
	captures int // blocks whose text does not go to the output as it comes
}

// scope holds variables; a block's scope ends in that of what stands around it.
type scope struct {
	outer *scope
	names map[string]any
}

func (s *scope) set(name string, v any) {
	if s.names == nil {
		s.names = map[string]any{}
	}
	s.names[name] = v
}

func (s *scope) get(name string) (any, bool) {
	for ; s != nil; s = s.outer {
		if v, ok := s.names[name]; ok {
			return v, true
		}
	}
	return nil, false
}

func (s *scope) inner() *scope { return &scope{outer: s} }

// jump says how a body ended.
type jump uint8

const (
	onward jump = iota
	broken
	continued
)

// at gives an error the line where it happened, unless it has one.
func at(line int, err error) error {
	var placed *located
	if err == nil || errors.As(err, &placed) {
		return err
	}
	return &located{line, err}
}

// located is an error of a rendering at a line.
type located struct {
	line int
	err  error
}

func (l *located) Error() string { return (&syntax.Error{Line: l.line, Reason: l.err.Error()}).Error() }

func (l *located) Unwrap() error { return l.err }

var (
	errSteps  = errors.New("the template takes more steps than a template may")
	errOutput = errors.New("the text is longer than a template may write")
	errDeep   = errors.New("the template nests deeper than a template may")
	errCalls  = errors.New("macros or loops call themselves deeper than a template may")
	errLarge  = errors.New("the value is larger than a template may make")
	errMarks  = errors.New("generation stands in a block whose text is not written where it stands (a macro, set, call or filter block)")
)

// maxStack is how many expressions and bodies a rendering is within at once.
const maxStack = 10_000

// charge counts the steps a value costs.
func (r *run) charge(v any) error {
	weight := value.Weight(v)
	if weight > value.MaxText {
		return errLarge
	}
	r.steps += 1 + weight/4096
	if r.steps > MaxSteps {
		return errSteps
	}
	return nil
}

// enter counts how deep the rendering is, whose stack is limited.
func (r *run) enter() error {
	if r.depth++; r.depth > maxStack {
		return errDeep
	}
	return nil
}

func (r *run) leave() { r.depth-- }

func (r *run) write(s string) error {
	if r.out.Len()+len(s) > MaxOutput {
		return errOutput
	}
	r.out.WriteString(s)
	return nil
}

// capture gives the text that f writes.
func (r *run) capture(f func() error) (string, error) {
	outer := r.out
	r.out = &strings.Builder{}
	r.captures++
	err := f()
	text := r.out.String()
	r.out = outer
	r.captures--
	return text, err
}

// block is the text of a body in a scope of its own.
func (r *run) block(body []syntax.Stmt, s *scope) (string, error) {
	return r.capture(func() error { return r.plain(body, s.inner()) })
}

func (r *run) body(list []syntax.Stmt, s *scope) (jump, error) {
	defer r.leave()
	if err := r.enter(); err != nil {
		return onward, err
	}
	for _, stmt := range list {
		if err := at(stmt.At(), r.charge(nil)); err != nil {
			return onward, err
		}
		j, err := r.statement(stmt, s)
		if err != nil || j != onward {
			return j, at(stmt.At(), err)
		}
	}
	return onward, nil
}

// plain carries out a body that ends no loop.
func (r *run) plain(body []syntax.Stmt, s *scope) error {
	_, err := r.body(body, s)
	return err
}

// statement carries out one statement.
func (r *run) statement(stmt syntax.Stmt, s *scope) (jump, error) {
	switch n := stmt.(type) {
	case *syntax.Text:
		return onward, r.write(n.Text)
	case *syntax.Output:
		v, err := r.eval(n.X, s)
		if err != nil {
			return onward, err
		}
		text, err := written(v)
		if err != nil {
			return onward, err
		}
		return onward, r.write(text)
	case *syntax.Branch:
		v, err := r.eval(n.Test, s)
		if err != nil {
			return onward, err
		}
		if value.True(v) {
			return r.body(n.Then, s)
		}
		return r.body(n.Else, s)
	case *syntax.With:
		inner := s.inner()
		for i, target := range n.Targets {
			v, err := r.eval(n.Values[i], s)
			if err != nil {
				return onward, err
			}
			if err := r.assign(target, v, inner); err != nil {
				return onward, err
			}
		}
		return r.body(n.Body, inner)
	case *syntax.Jump:
		if n.Break {
			return broken, nil
		}
		return continued, nil
	}
	return onward, r.whole(stmt, s)
}

// whole carries out the statements that no break leaves.
func (r *run) whole(stmt syntax.Stmt, s *scope) error {
	switch n := stmt.(type) {
	case *syntax.For:
		return r.loop(n, s)
	case *syntax.Macro:
		s.set(n.Name, &macro{node: n, scope: s, run: r})
		return nil
	case *syntax.Set:
		v, err := r.eval(n.Value, s)
		if err != nil {
			return err
		}
		return r.assign(n.Target, v, s)
	case *syntax.SetBlock:
		v, err := r.filtered(n.Filter, n.Body, s)
		if err != nil {
			return err
		}
		return r.assign(n.Target, v, s)
	case *syntax.FilterBlock:
		v, err := r.filtered(n.Filter, n.Body, s)
		if err != nil {
			return err
		}
		return r.write(value.Str(v))
	case *syntax.CallBlock:
		return r.callBlock(n, s)
	case *syntax.Generation:
		if r.captures > 0 {
			return errMarks
		}
		start := r.out.Len()
		err := r.plain(n.Body, s.inner())
		r.spans = append(r.spans, Span{start, r.out.Len()})
		return err
	}
	return errors.New("the statement has no meaning")
}

// written is the text of a value as the output has it.
func written(v any) (string, error) {
	if safe, ok := v.(value.Safe); ok {
		return string(safe), nil
	}
	return value.Text(v)
}

// filtered is the text of a block through its filters, if it has any.
func (r *run) filtered(f *syntax.Filter, body []syntax.Stmt, s *scope) (any, error) {
	text, err := r.block(body, s)
	if err != nil || f == nil {
		return text, err
	}
	return r.filters(f, text, s)
}
