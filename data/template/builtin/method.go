package builtin

import (
	"fmt"
	"strings"

	"github.com/osft-project/osft/data/template/value"
)

// changing are the methods that change a list or a mapping, which a template may not.
var changing = map[string]bool{
	"append": true, "clear": true, "extend": true, "insert": true, "pop": true, "popitem": true, "remove": true, "reverse": true,
	"setdefault": true, "sort": true, "update": true,
}

// Attribute is x.name: a method, then an item. What is missing is Undefined.
func Attribute(x any, name string) (any, error) {
	if m := method(x, name); m != nil {
		return m, nil
	}
	if o, ok := x.(value.Object); ok {
		if v, ok := o.Attribute(name); ok {
			return v, nil
		}
	}
	return value.Item(x, name)
}

// Item is x[key]: an item, then a method.
func Item(x, key any) (any, error) {
	v, err := value.Item(x, key)
	if err != nil {
		return nil, err
	}
	if name, ok := key.(string); ok {
		if _, missing := v.(value.Undefined); missing {
			return attributeOr(x, name, v), nil
		}
	}
	return v, nil
}

func attributeOr(x any, name string, otherwise any) any {
	if m := method(x, name); m != nil {
		return m
	}
	if o, ok := x.(value.Object); ok {
		if v, ok := o.Attribute(name); ok {
			return v
		}
	}
	return otherwise
}

// method is the method of x with that name, or nil.
func method(x any, name string) any {
	call := func(f func(Args) (any, error)) any {
		return &Function{Name: name, Call: func(a Args) (any, error) {
			v, err := f(a)
			if err != nil {
				err = fmt.Errorf("%s: %w", name, err)
			}
			return v, err
		}}
	}
	switch x := x.(type) {
	case string:
		if m, ok := textMethods[name]; ok {
			return call(func(a Args) (any, error) { return m(x, a) })
		}
	case *value.Dict:
		if m, ok := dictMethods[name]; ok {
			return call(func(a Args) (any, error) { return m(x, a) })
		}
		if changing[name] && name != "append" && name != "sort" && name != "remove" && name != "insert" && name != "extend" && name != "reverse" {
			return refused(name)
		}
	case *value.Sequence:
		if m, ok := listMethods[name]; ok && (x.Kind == value.List || x.Kind == value.Tuple && name != "copy") {
			return call(func(a Args) (any, error) { return m(x, a) })
		}
		if changing[name] && x.Kind == value.List {
			return refused(name)
		}
	}
	return nil
}

// refused is a method that a template may not call.
func refused(name string) value.Undefined {
	return value.Undefined{Reason: fmt.Sprintf("%s changes its object, which a template may not (make a new one)", name)}
}

var dictMethods = map[string]func(*value.Dict, Args) (any, error){
	"get": func(d *value.Dict, a Args) (any, error) {
		p, err := a.bind(1, "key", "default")
		if err != nil {
			return nil, err
		}
		if v, ok := d.Get(p[0]); ok {
			return v, nil
		}
		return given(p[1], nil), nil
	},
	"keys":   view(value.Keys),
	"values": view(value.Entries),
	"items":  view(value.Items),
	"copy": func(d *value.Dict, a Args) (any, error) {
		_, err := a.bind(0)
		return d, err
	},
}

func view(kind value.Kind) func(*value.Dict, Args) (any, error) {
	return func(d *value.Dict, a Args) (any, error) {
		_, err := a.bind(0)
		return d.View(kind), err
	}
}

var listMethods = map[string]func(*value.Sequence, Args) (any, error){
	"count": func(s *value.Sequence, a Args) (any, error) {
		p, err := a.bind(1, "value")
		if err != nil {
			return nil, err
		}
		var n int64
		for _, item := range s.Items {
			if value.Equal(item, p[0]) {
				n++
			}
		}
		return n, nil
	},
	"index": func(s *value.Sequence, a Args) (any, error) {
		p, err := a.bind(1, "value")
		if err != nil {
			return nil, err
		}
		for i, item := range s.Items {
			if value.Equal(item, p[0]) {
				return int64(i), nil
			}
		}
		return nil, fmt.Errorf("%s is not in list", value.Repr(p[0]))
	},
	"copy": func(s *value.Sequence, a Args) (any, error) {
		_, err := a.bind(0)
		return s, err
	},
}

// ends tests how a text begins or ends, with one text or a tuple of them.
func ends(has func(s, part string) bool) func(string, Args) (any, error) {
	return func(s string, a Args) (any, error) {
		p, err := a.bind(1, "prefix", "start", "end")
		if err != nil {
			return nil, err
		}
		cut, err := value.Slice(s, given(p[1], nil), given(p[2], nil), nil)
		if err != nil {
			return nil, err
		}
		parts := []any{p[0]}
		if t, ok := p[0].(*value.Sequence); ok && t.Kind == value.Tuple {
			parts = t.Items
		}
		for _, part := range parts {
			t, err := text(part, "")
			if err != nil {
				return nil, err
			}
			if has(cut.(string), t) {
				return true, nil
			}
		}
		return false, nil
	}
}

// find gives the place of a text in another, in characters, or -1.
func find(index func(s, part string) int, must bool) func(string, Args) (any, error) {
	return func(s string, a Args) (any, error) {
		p, err := a.bind(1, "sub")
		if err != nil {
			return nil, err
		}
		part, err := text(p[0], "")
		if err != nil {
			return nil, err
		}
		i := index(s, part)
		if i < 0 {
			if must {
				return nil, fmt.Errorf("substring not found")
			}
			return int64(-1), nil
		}
		return int64(strings.Count(s[:i], "") - 1), nil
	}
}
