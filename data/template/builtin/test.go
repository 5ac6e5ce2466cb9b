package builtin

import (
	"fmt"

	"github.com/osft-project/osft/data/template/value"
)

// Check is a test, "x is name(args)".
type Check func(x any, a Args) (bool, error)

// Tests are Jinja's tests by name. "filter" and "test" ask for names, which package template need not know.
var Tests map[string]Check

func init() {
	Tests = map[string]Check{
		"defined":     kind(func(x any) bool { return !undefined(x) }),
		"undefined":   kind(undefined),
		"none":        kind(func(x any) bool { return x == nil }),
		"boolean":     kind(func(x any) bool { _, ok := x.(bool); return ok }),
		"true":        kind(func(x any) bool { return x == true }),
		"false":       kind(func(x any) bool { return x == false }),
		"integer":     kind(func(x any) bool { _, ok := x.(int64); return ok }),
		"float":       kind(func(x any) bool { _, ok := x.(float64); return ok }),
		"number":      kind(func(x any) bool { _, ok := value.Number(x); return ok }),
		"string":      kind(isText),
		"mapping":     kind(func(x any) bool { _, ok := x.(*value.Dict); return ok }),
		"sequence":    kind(isSequence),
		"iterable":    kind(isIterable),
		"callable":    kind(Callable),
		"escaped":     kind(func(x any) bool { _, ok := x.(value.Safe); return ok }),
		"lower":       kind(func(x any) bool { return value.Is(value.Str(x), "lower") }),
		"upper":       kind(func(x any) bool { return value.Is(value.Str(x), "upper") }),
		"odd":         remainder("num", func(n any) bool { return value.Equal(n, int64(1)) }),
		"even":        remainder("num", func(n any) bool { return value.Equal(n, int64(0)) }),
		"divisibleby": divisible,
		"sameas":      same,
		"in":          compared("in"),
		"filter":      named(func(name string) bool { return Filters[name] != nil }),
		"test":        named(func(name string) bool { return Tests[name] != nil }),
	}
	for op, names := range map[string][]string{
		"==": {"eq", "equalto"}, "!=": {"ne"}, ">": {"gt", "greaterthan"}, ">=": {"ge"}, "<": {"lt", "lessthan"}, "<=": {"le"},
	} {
		for _, name := range append(names, op) {
			Tests[name] = compared(op)
		}
	}
}

func kind(is func(any) bool) Check {
	return func(x any, a Args) (bool, error) {
		_, err := a.bind(0)
		return is(x), err
	}
}

func undefined(x any) bool { _, ok := x.(value.Undefined); return ok }

func isText(x any) bool {
	switch x.(type) {
	case string, value.Safe:
		return true
	}
	return false
}

// isSequence is Jinja's test: what has a length and items by key.
func isSequence(x any) bool {
	switch x := x.(type) {
	case string, value.Safe, *value.Dict, value.Undefined:
		return true
	case *value.Sequence:
		return x.Kind <= value.Range
	}
	return false
}

func isIterable(x any) bool {
	switch x.(type) {
	case string, value.Safe, *value.Dict, *value.Sequence, *value.Generator, value.Undefined:
		return true
	}
	return false
}

// Callable reports whether a value can be called; Undefined can, to fail.
func Callable(x any) bool {
	if o, ok := x.(value.Object); ok {
		_, call := o.Attribute("__call__")
		return call
	}
	switch x.(type) {
	case *Function, value.Undefined:
		return true
	}
	return false
}

func remainder(name string, is func(any) bool) Check {
	return func(x any, a Args) (bool, error) {
		if _, err := a.bind(0); err != nil {
			return false, err
		}
		n, err := value.Operate("%", x, int64(2))
		return err == nil && is(n), err
	}
}

func divisible(x any, a Args) (bool, error) {
	p, err := a.bind(1, "num")
	if err != nil {
		return false, err
	}
	n, err := value.Operate("%", x, p[0])
	return err == nil && value.Equal(n, int64(0)), err
}

// same is Python's "is" for what a template can tell apart: constants, and lists and mappings by identity.
func same(x any, a Args) (bool, error) {
	p, err := a.bind(1, "other")
	if err != nil {
		return false, err
	}
	return x == p[0], nil
}

func compared(op string) Check {
	return func(x any, a Args) (bool, error) {
		p, err := a.bind(1, "other")
		if err != nil {
			return false, err
		}
		return value.Compare(op, x, p[0])
	}
}

func named(known func(string) bool) Check {
	return func(x any, a Args) (bool, error) {
		if _, err := a.bind(0); err != nil {
			return false, err
		}
		s, _ := x.(string)
		return known(s), nil
	}
}

// Test finds a test by its name.
func Test(name string) (Check, error) {
	if t := Tests[name]; t != nil {
		return t, nil
	}
	return nil, fmt.Errorf("the test %s is not known", name)
}
