package template

import (
	"errors"
	"fmt"
	"strings"

	"github.com/osft-project/osft/data/template/builtin"
	"github.com/osft-project/osft/data/template/syntax"
	"github.com/osft-project/osft/data/template/value"
)

// eval is the value of an expression.
func (r *run) eval(x syntax.Expr, s *scope) (any, error) {
	err := r.enter()
	var v any
	if err == nil {
		v, err = r.value(x, s)
	}
	r.leave()
	if err == nil {
		err = r.charge(v)
	}
	return v, at(x.At(), err)
}

func (r *run) value(x syntax.Expr, s *scope) (any, error) {
	switch n := x.(type) {
	case *syntax.Const:
		return n.Value, nil
	case *syntax.Name:
		if v, ok := s.get(n.Name); ok {
			return v, nil
		}
		return value.Undefined{Reason: fmt.Sprintf("'%s' is undefined", n.Name)}, nil
	case *syntax.List:
		items, err := r.all(n.Items, s)
		if n.Tuple {
			return value.NewTuple(items...), err
		}
		return value.NewList(items...), err
	case *syntax.Dict:
		return r.dict(n, s)
	case *syntax.If:
		return r.conditional(n, s)
	case *syntax.Attribute:
		v, err := r.eval(n.X, s)
		if err != nil {
			return nil, err
		}
		return builtin.Attribute(v, n.Name)
	case *syntax.Index:
		return r.index(n, s)
	case *syntax.Call:
		return r.call(n, s)
	case *syntax.Filter:
		return r.filters(n, nil, s)
	case *syntax.Test:
		return r.test(n, s)
	}
	return r.operation(x, s)
}

func (r *run) all(list []syntax.Expr, s *scope) ([]any, error) {
	values := make([]any, len(list))
	for i, x := range list {
		var err error
		if values[i], err = r.eval(x, s); err != nil {
			return nil, err
		}
	}
	return values, nil
}

func (r *run) dict(n *syntax.Dict, s *scope) (any, error) {
	keys, err := r.all(n.Keys, s)
	if err != nil {
		return nil, err
	}
	values, err := r.all(n.Values, s)
	if err != nil {
		return nil, err
	}
	d := &value.Dict{}
	for i := range keys {
		if err := d.Set(keys[i], values[i]); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func (r *run) conditional(n *syntax.If, s *scope) (any, error) {
	test, err := r.eval(n.Test, s)
	switch {
	case err != nil:
		return nil, err
	case value.True(test):
		return r.eval(n.Then, s)
	case n.Else != nil:
		return r.eval(n.Else, s)
	}
	return value.Undefined{Reason: "the inline if-expression evaluated to false and no else section was defined"}, nil
}

func (r *run) index(n *syntax.Index, s *scope) (any, error) {
	x, err := r.eval(n.X, s)
	if err != nil {
		return nil, err
	}
	cut, ok := n.Key.(*syntax.Slice)
	if !ok {
		key, err := r.eval(n.Key, s)
		if err != nil {
			return nil, err
		}
		return builtin.Item(x, key)
	}
	var bounds [3]any
	for i, b := range []syntax.Expr{cut.From, cut.To, cut.Step} {
		if b == nil {
			continue
		}
		if bounds[i], err = r.eval(b, s); err != nil {
			return nil, err
		}
	}
	return value.Slice(x, bounds[0], bounds[1], bounds[2])
}

// operation is the value of operators.
func (r *run) operation(x syntax.Expr, s *scope) (any, error) {
	switch n := x.(type) {
	case *syntax.Unary:
		v, err := r.eval(n.X, s)
		if err != nil {
			return nil, err
		}
		if n.Op == "not" {
			return !value.True(v), nil
		}
		return value.Sign(n.Op, v)
	case *syntax.Binary:
		v, err := r.eval(n.X, s)
		if err != nil {
			return nil, err
		}
		if n.Op == "and" && !value.True(v) || n.Op == "or" && value.True(v) {
			return v, nil
		}
		w, err := r.eval(n.Y, s)
		if err != nil || n.Op == "and" || n.Op == "or" {
			return w, err
		}
		return value.Operate(n.Op, v, w)
	case *syntax.Concat:
		return r.concat(n, s)
	case *syntax.Compare:
		return r.compare(n, s)
	}
	return nil, errors.New("the expression has no value")
}

func (r *run) concat(n *syntax.Concat, s *scope) (any, error) {
	var b strings.Builder
	for _, x := range n.Items {
		v, err := r.eval(x, s)
		if err != nil {
			return nil, err
		}
		text, err := value.Text(v)
		if err != nil {
			return nil, err
		}
		if b.WriteString(text); b.Len() > value.MaxText {
			return nil, errLarge
		}
	}
	return b.String(), nil
}

func (r *run) compare(n *syntax.Compare, s *scope) (any, error) {
	x, err := r.eval(n.X, s)
	if err != nil {
		return nil, err
	}
	for i, op := range n.Ops {
		y, err := r.eval(n.Y[i], s)
		if err != nil {
			return nil, err
		}
		ok, err := value.Compare(op, x, y)
		if err != nil || !ok {
			return false, err
		}
		x = y
	}
	return true, nil
}

// filters applies a filter, and those before it, to its operand or, in a block, to text.
func (r *run) filters(n *syntax.Filter, text any, s *scope) (any, error) {
	x := text
	var err error
	if inner, ok := n.X.(*syntax.Filter); ok && text != nil {
		x, err = r.filters(inner, text, s)
	} else if n.X != nil {
		x, err = r.eval(n.X, s)
	}
	if err != nil {
		return nil, err
	}
	a, err := r.args(n.Args, s)
	if err != nil {
		return nil, err
	}
	f, err := builtin.FilterOf(n.Name)
	if err != nil {
		return nil, err
	}
	v, err := f(x, a)
	if err == nil {
		err = r.charge(v)
	}
	if err != nil {
		return nil, at(n.At(), fmt.Errorf("%s: %w", n.Name, err))
	}
	return v, nil
}

func (r *run) test(n *syntax.Test, s *scope) (any, error) {
	x, err := r.eval(n.X, s)
	if err != nil {
		return nil, err
	}
	a, err := r.args(n.Args, s)
	if err != nil {
		return nil, err
	}
	check, err := builtin.Test(n.Name)
	if err != nil {
		return nil, err
	}
	ok, err := check(x, a)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", n.Name, err)
	}
	return ok != n.Not, nil
}
