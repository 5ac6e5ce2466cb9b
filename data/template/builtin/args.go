// Package builtin holds what templates call by name: the filters and tests of Jinja that chat templates use, the methods of
// Python's strings, mappings and lists that change nothing, and range. What it does not have is refused, never guessed.
package builtin

import (
	"fmt"
	"slices"

	"github.com/osft-project/osft/data/template/value"
)

// Args are the arguments of a call.
type Args struct {
	Place []any
	Named *value.Dict // by name, in order
}

// absent is the value of an argument that is not given.
type absent struct{}

// bind gives the arguments to named parameters, of which the first need must be there.
func (a Args) bind(need int, names ...string) ([]any, error) {
	if len(a.Place) > len(names) {
		return nil, fmt.Errorf("takes at most %d arguments, not %d", len(names), len(a.Place))
	}
	bound := make([]any, len(names))
	for i := range bound {
		bound[i] = absent{}
	}
	copy(bound, a.Place)
	for _, k := range a.keys() {
		i := slices.Index(names, k)
		if i < 0 {
			return nil, fmt.Errorf("has no argument named %s", k)
		}
		if i < len(a.Place) {
			return nil, fmt.Errorf("has two values for the argument %s", k)
		}
		bound[i], _ = a.Named.Get(k)
	}
	for i := range need {
		if bound[i] == (absent{}) {
			return nil, fmt.Errorf("lacks the argument %s", names[i])
		}
	}
	return bound, nil
}

// keys are the names of the arguments given by name.
func (a Args) keys() (names []string) {
	if a.Named == nil {
		return nil
	}
	for _, k := range a.Named.View(value.Keys).Items {
		names = append(names, value.Str(k))
	}
	return names
}

// take removes an argument given by name.
func (a Args) take(name string) (any, bool, Args) {
	rest := Args{Place: a.Place, Named: &value.Dict{}}
	var found any
	ok := false
	for _, k := range a.keys() {
		v, _ := a.Named.Get(k)
		if k == name {
			found, ok = v, true
		} else {
			_ = rest.Named.Set(k, v)
		}
	}
	return found, ok, rest
}

// text is a string argument, or the default where none is given.
func text(v any, otherwise string) (string, error) {
	switch v := v.(type) {
	case absent:
		return otherwise, nil
	case string:
		return v, nil
	}
	return "", fmt.Errorf("needs a str, not %s", value.TypeName(v))
}

// optional is a string argument that may be None.
func optional(v any) (*string, error) {
	if v == nil || v == (absent{}) {
		return nil, nil
	}
	s, err := text(v, "")
	return &s, err
}

// whole is an integer argument, or the default where none is given.
func whole(v any, otherwise int) (int, error) {
	switch v := v.(type) {
	case absent:
		return otherwise, nil
	case int64:
		return int(max(min(v, 1<<31-1), -1<<31)), nil
	case bool:
		if v {
			return 1, nil
		}
		return 0, nil
	}
	return 0, fmt.Errorf("needs an int, not %s", value.TypeName(v))
}

// truth is the truth of an argument, false where none is given.
func truth(v any) bool { return v != (absent{}) && value.True(v) }

// given is an argument, or the default where none is given.
func given(v, otherwise any) any {
	if v == (absent{}) {
		return otherwise
	}
	return v
}

// Function is a value that can be called.
type Function struct {
	Name string
	Call func(Args) (any, error)
}

// Text is how the function prints.
func (f *Function) Text() string { return "<function " + f.Name + ">" }

// Unwritten marks that it prints as an address.
func (f *Function) Unwritten() {}

// TypeName is "function".
func (f *Function) TypeName() string { return "function" }

// Name adds an argument by name, which must not be there yet.
func (a Args) Name(name string, v any) error {
	if _, there := a.Named.Get(name); there {
		return fmt.Errorf("got two values for the argument %s", name)
	}
	return a.Named.Set(name, v)
}
