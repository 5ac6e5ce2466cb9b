package template

import (
	"errors"
	"fmt"

	"github.com/osft-project/osft/data/template/builtin"
	"github.com/osft-project/osft/data/template/value"
)

// globals is the scope a template begins in: Jinja's functions and Transformers', then the variables.
func (r *run) globals(variables map[string]any) (*scope, error) {
	base := &scope{}
	for name, call := range map[string]func(builtin.Args) (any, error){
		"range": builtin.Range, "dict": dict, "namespace": newNamespace, "cycler": newCycler, "joiner": newJoiner,
		"lipsum": lipsum, "raise_exception": raise, "strftime_now": r.strftime,
	} {
		base.set(name, &builtin.Function{Name: name, Call: func(a builtin.Args) (any, error) {
			v, err := call(a)
			var raised *Raised
			if err != nil && !errors.As(err, &raised) {
				err = fmt.Errorf("%s: %w", name, err)
			}
			return v, err
		}})
	}
	top := base.inner()
	for name, v := range variables {
		converted, err := From(v)
		if err == nil && value.Weight(converted) > value.MaxText {
			err = errLarge
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		top.set(name, converted)
	}
	return top.inner(), nil
}

func raise(a builtin.Args) (any, error) {
	v, ok := a.Named.Get("message")
	if len(a.Place) == 1 {
		v, ok = a.Place[0], true
	}
	if !ok || len(a.Place)+a.Named.Len() != 1 {
		return nil, errors.New("takes one message")
	}
	return nil, &Raised{value.Str(v)}
}

func lipsum(builtin.Args) (any, error) {
	return nil, errors.New("is random, so a template may not call it")
}

// dict makes a mapping of another one or of pairs, and of named arguments.
func dict(a builtin.Args) (any, error) { return merged(a) }

func merged(a builtin.Args) (*value.Dict, error) {
	d := &value.Dict{}
	if len(a.Place) > 1 {
		return nil, errors.New("takes at most one argument by place")
	}
	for _, from := range append(append([]any{}, a.Place...), any(a.Named)) {
		if m, ok := from.(*value.Dict); ok {
			from = m.View(value.Items)
		}
		pairs, err := value.Iterate(from)
		if err != nil {
			return nil, err
		}
		for _, p := range pairs {
			kv, err := value.Iterate(p)
			if err != nil {
				return nil, err
			}
			if len(kv) != 2 {
				return nil, errors.New("needs pairs of a key and a value")
			}
			if err := d.Set(kv[0], kv[1]); err != nil {
				return nil, err
			}
		}
	}
	return d, nil
}

// namespace is what loops may assign to.
type namespace struct{ values *value.Dict }

func newNamespace(a builtin.Args) (any, error) {
	d, err := merged(a)
	return &namespace{d}, err
}

// Unwritten marks that it is not printed: a namespace may hold itself.
func (n *namespace) Unwritten() {}

// Text names the type.
func (n *namespace) Text() string { return "<Namespace>" }

// TypeName is Jinja's name of it.
func (n *namespace) TypeName() string { return "Namespace" }

// Attribute is a value of the namespace.
func (n *namespace) Attribute(name string) (any, bool) { return n.values.Get(name) }

// cycler goes round its items, or is a joiner, which gives its text from the second call on.
type cycler struct {
	items  []any
	at     int
	joiner bool
}

func newCycler(a builtin.Args) (any, error) {
	if len(a.Place) == 0 || a.Named.Len() > 0 {
		return nil, errors.New("at least one item has to be provided")
	}
	return &cycler{items: append([]any{}, a.Place...)}, nil
}

func newJoiner(a builtin.Args) (any, error) {
	sep, ok := a.Named.Get("sep")
	if len(a.Place) > 0 {
		sep, ok = a.Place[0], true
	}
	if !ok {
		sep = ", "
	}
	if len(a.Place)+a.Named.Len() > 1 {
		return nil, errors.New("takes one separator")
	}
	return &cycler{items: []any{"", sep}, joiner: true}, nil
}

// next is the current item, and moves to the one behind it.
func (c *cycler) next(builtin.Args) (any, error) {
	item := c.items[c.at]
	if c.joiner {
		c.at = 1
	} else {
		c.at = (c.at + 1) % len(c.items)
	}
	return item, nil
}

// Unwritten marks that it prints as an address.
func (c *cycler) Unwritten() {}

// Text is how it prints.
func (c *cycler) Text() string { return "<" + c.TypeName() + ">" }

// TypeName is Jinja's name of it.
func (c *cycler) TypeName() string {
	if c.joiner {
		return "Joiner"
	}
	return "Cycler"
}

// Attribute is next, reset and current of a cycler; a joiner can be called.
func (c *cycler) Attribute(name string) (any, bool) {
	switch {
	case name == "__call__":
		return true, c.joiner
	case c.joiner:
	case name == "current":
		return c.items[c.at], true
	case name == "next":
		return &builtin.Function{Name: name, Call: c.next}, true
	case name == "reset":
		return &builtin.Function{Name: name, Call: func(builtin.Args) (any, error) { c.at = 0; return nil, nil }}, true
	}
	return nil, false
}
