package template

import (
	"errors"
	"fmt"

	"github.com/osft-project/osft/data/template/builtin"
	"github.com/osft-project/osft/data/template/syntax"
	"github.com/osft-project/osft/data/template/value"
)

// args are the values of a call's arguments.
func (r *run) args(n syntax.Args, s *scope) (a builtin.Args, err error) {
	a.Named = &value.Dict{}
	if a.Place, err = r.all(n.Place, s); err != nil {
		return a, err
	}
	for i, name := range n.Names {
		v, err := r.eval(n.Named[i], s)
		if err != nil {
			return a, err
		}
		if err := a.Name(name, v); err != nil {
			return a, err
		}
	}
	return a, r.unpacked(n, &a, s)
}

// unpacked adds the arguments of *list and **mapping.
func (r *run) unpacked(n syntax.Args, a *builtin.Args, s *scope) error {
	if n.List != nil {
		v, err := r.eval(n.List, s)
		if err != nil {
			return err
		}
		items, err := value.Iterate(v)
		if err != nil {
			return err
		}
		a.Place = append(a.Place, items...)
	}
	if n.Dict == nil {
		return nil
	}
	v, err := r.eval(n.Dict, s)
	if err != nil {
		return err
	}
	d, ok := v.(*value.Dict)
	if !ok {
		return fmt.Errorf("argument after ** must be a mapping, not %s", value.TypeName(v))
	}
	for _, k := range d.View(value.Keys).Items {
		name, ok := k.(string)
		if !ok {
			return errors.New("keywords must be strings")
		}
		item, _ := d.Get(k)
		if err := a.Name(name, item); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) call(n *syntax.Call, s *scope) (any, error) {
	f, err := r.eval(n.X, s)
	if err != nil {
		return nil, err
	}
	if u, ok := f.(value.Undefined); ok {
		return nil, u
	}
	a, err := r.args(n.Args, s)
	if err != nil {
		return nil, err
	}
	return r.invoke(f, a)
}

// invoke calls a value.
func (r *run) invoke(f any, a builtin.Args) (any, error) {
	switch f := f.(type) {
	case *builtin.Function:
		return f.Call(a)
	case *macro:
		return f.call(a)
	case *cycler:
		if f.joiner {
			return f.next(a)
		}
	case *loop:
		if f.again != nil && len(a.Place) == 1 {
			return f.again(a.Place[0])
		}
		return nil, errors.New("the loop is not recursive, or is not called with one value")
	case value.Undefined:
		return nil, f
	}
	return nil, fmt.Errorf("'%s' object is not callable", value.TypeName(f))
}

// callBlock calls a macro with a block as its caller and writes what it gives.
func (r *run) callBlock(n *syntax.CallBlock, s *scope) error {
	f, err := r.eval(n.Call.X, s)
	if err != nil {
		return err
	}
	a, err := r.args(n.Call.Args, s)
	if err != nil {
		return err
	}
	if err := a.Name("caller", &macro{node: n.Caller, scope: s, run: r}); err != nil {
		return err
	}
	v, err := r.invoke(f, a)
	if err != nil {
		return err
	}
	return r.write(value.Str(v))
}
