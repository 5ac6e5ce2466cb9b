package template

import (
	"errors"
	"fmt"

	"github.com/osft-project/osft/data/template/builtin"
	"github.com/osft-project/osft/data/template/syntax"
	"github.com/osft-project/osft/data/template/value"
)

// loop is the variable of that name within a loop's body.
type loop struct {
	items   []any
	index   int // from 0
	depth   int
	changed []any
	again   func(over any) (string, error) // nil where the loop is not recursive
}

// Text is how the variable prints.
func (l *loop) Text() string { return fmt.Sprintf("<LoopContext %d/%d>", l.index+1, len(l.items)) }

// Unwritten marks that it prints as an address.
func (l *loop) Unwritten() {}

// TypeName is Jinja's name of it.
func (l *loop) TypeName() string { return "LoopContext" }

// Attribute is what a body asks about its loop.
func (l *loop) Attribute(name string) (any, bool) {
	n := len(l.items)
	switch name {
	case "index":
		return int64(l.index + 1), true
	case "index0":
		return int64(l.index), true
	case "first":
		return l.index == 0, true
	case "last":
		return l.index == n-1, true
	case "length":
		return int64(n), true
	case "revindex":
		return int64(n - l.index), true
	case "revindex0":
		return int64(n - l.index - 1), true
	case "depth":
		return int64(l.depth + 1), true
	case "depth0":
		return int64(l.depth), true
	case "previtem":
		return l.neighbour(l.index-1, "there is no previous item"), true
	case "nextitem":
		return l.neighbour(l.index+1, "there is no next item"), true
	case "cycle":
		return &builtin.Function{Name: name, Call: l.cycle}, true
	case "changed":
		return &builtin.Function{Name: name, Call: l.differs}, true
	case "__call__":
		return true, l.again != nil
	}
	return nil, false
}

func (l *loop) neighbour(i int, reason string) any {
	if i < 0 || i >= len(l.items) {
		return value.Undefined{Reason: reason}
	}
	return l.items[i]
}

func (l *loop) cycle(a builtin.Args) (any, error) {
	if len(a.Place) == 0 {
		return nil, errors.New("cycle: no items for cycling given")
	}
	return a.Place[l.index%len(a.Place)], nil
}

// differs reports whether its arguments are others than at its last call.
func (l *loop) differs(a builtin.Args) (any, error) {
	same := l.changed != nil && value.Equal(value.NewTuple(l.changed...), value.NewTuple(a.Place...))
	l.changed = append([]any{}, a.Place...)
	return !same, nil
}

func (r *run) loop(n *syntax.For, s *scope) error {
	over, err := r.eval(n.Over, s)
	if err != nil {
		return err
	}
	return r.iterate(n, s, over, 0)
}

// iterate carries out a loop over a value.
func (r *run) iterate(n *syntax.For, s *scope, over any, depth int) error {
	items, err := value.Iterate(over)
	if err != nil {
		return err
	}
	if n.Filter != nil {
		if items, err = r.kept(n, s, items); err != nil {
			return err
		}
	}
	if len(items) == 0 {
		return r.plain(n.Else, s.inner())
	}
	l := &loop{items: items, depth: depth}
	if n.Recursive {
		l.again = func(over any) (string, error) {
			return r.nested(func() error { return r.iterate(n, s, over, depth+1) })
		}
	}
	for i, item := range items {
		l.index = i
		inner := s.inner()
		inner.set("loop", l)
		if err := r.charge(nil); err != nil {
			return err
		}
		if err := r.assign(n.Target, item, inner); err != nil {
			return err
		}
		j, err := r.body(n.Body, inner)
		if err != nil {
			return err
		}
		if j == broken {
			break
		}
	}
	return nil
}

// nested captures what a call writes, within the limit of calls.
func (r *run) nested(f func() error) (string, error) {
	if r.calls >= MaxCalls {
		return "", errCalls
	}
	r.calls++
	defer func() { r.calls-- }()
	return r.capture(f)
}

// kept are the items for which the loop's condition holds.
func (r *run) kept(n *syntax.For, s *scope, items []any) ([]any, error) {
	var out []any
	for _, item := range items {
		inner := s.inner()
		inner.set("loop", value.Undefined{Reason: "the condition of a loop knows no loop"})
		if err := r.assign(n.Target, item, inner); err != nil {
			return nil, err
		}
		v, err := r.eval(n.Filter, inner)
		if err != nil {
			return nil, err
		}
		if value.True(v) {
			out = append(out, item)
		}
	}
	return out, nil
}

// assign gives a value to a name, to several, or to a namespace's attribute.
func (r *run) assign(target syntax.Expr, v any, s *scope) error {
	switch t := target.(type) {
	case *syntax.Name:
		s.set(t.Name, v)
		return nil
	case *syntax.Attribute:
		space, _ := s.get(t.X.(*syntax.Name).Name)
		ns, ok := space.(*namespace)
		if !ok {
			return errors.New("cannot assign attribute on non-namespace object")
		}
		return ns.values.Set(t.Name, v)
	case *syntax.List:
		items, err := value.Iterate(v)
		if err != nil {
			return fmt.Errorf("cannot unpack non-iterable %s object", value.TypeName(v))
		}
		if len(items) != len(t.Items) {
			return fmt.Errorf("%d values to unpack, not %d", len(t.Items), len(items))
		}
		for i, target := range t.Items {
			if err := r.assign(target, items[i], s); err != nil {
				return err
			}
		}
		return nil
	}
	return errors.New("the target can be given no value")
}
