package template

import (
	"fmt"

	"github.com/osft-project/osft/data/template/builtin"
	"github.com/osft-project/osft/data/template/syntax"
	"github.com/osft-project/osft/data/template/value"
)

// macro is a macro with the scope it was made in.
type macro struct {
	node  *syntax.Macro
	scope *scope
	run   *run
}

// Text is how the macro prints.
func (m *macro) Text() string { return "<Macro " + value.Repr(m.node.Name) + ">" }

// TypeName is Jinja's name of it.
func (m *macro) TypeName() string { return "Macro" }

// Attribute is what a template may ask about a macro.
func (m *macro) Attribute(name string) (any, bool) {
	switch name {
	case "name":
		return m.node.Name, true
	case "__call__":
		return true, true
	case "arguments":
		items := make([]any, len(m.node.Params))
		for i, p := range m.node.Params {
			items[i] = p
		}
		return value.NewTuple(items...), true
	}
	return nil, false
}

// call writes the macro's body with its parameters given.
func (m *macro) call(a builtin.Args) (any, error) {
	s := m.scope.inner()
	if err := m.extra(a, s); err != nil {
		return nil, err
	}
	return m.run.nested(func() error {
		for i, name := range m.node.Params {
			v, err := m.argument(a, i, s)
			if err != nil {
				return err
			}
			s.set(name, v)
		}
		return m.run.plain(m.node.Body, s)
	})
}

// argument is the value of a parameter: given, its default, or undefined.
func (m *macro) argument(a builtin.Args, i int, s *scope) (any, error) {
	name := m.node.Params[i]
	first := len(m.node.Params) - len(m.node.Defaults)
	v, named := a.Named.Get(name)
	switch {
	case i < len(a.Place):
		return a.Place[i], nil
	case named:
		return v, nil
	case i >= first:
		return m.run.eval(m.node.Defaults[i-first], s)
	}
	return value.Undefined{Reason: fmt.Sprintf("parameter '%s' was not provided", name)}, nil
}

// extra gives varargs, kwargs and caller what no parameter takes, where the body reads them.
func (m *macro) extra(a builtin.Args, s *scope) error {
	known := map[string]int{}
	for i, p := range m.node.Params {
		known[p] = i
	}
	more := &value.Dict{}
	var caller any = value.Undefined{Reason: "No caller defined"}
	for _, k := range a.Named.View(value.Keys).Items {
		v, _ := a.Named.Get(k)
		name := k.(string)
		i, param := known[name]
		switch {
		case param && i < len(a.Place):
			return fmt.Errorf("macro '%s' got two values for '%s'", m.node.Name, name)
		case param:
		case name == "caller" && m.node.Uses["caller"]:
			caller = v
		case m.node.Uses["kwargs"]:
			if err := more.Set(k, v); err != nil {
				return err
			}
		default:
			return fmt.Errorf("macro '%s' takes no keyword argument '%s'", m.node.Name, name)
		}
	}
	if len(a.Place) > len(known) && !m.node.Uses["varargs"] {
		return fmt.Errorf("macro '%s' takes not more than %d argument(s)", m.node.Name, len(known))
	}
	rest := value.NewTuple(a.Place[min(len(known), len(a.Place)):]...)
	for name, v := range map[string]any{"caller": caller, "kwargs": more, "varargs": rest} {
		if _, param := known[name]; m.node.Uses[name] && !param {
			s.set(name, v)
		}
	}
	return nil
}
