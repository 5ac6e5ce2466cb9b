package builtin

import (
	"errors"

	"github.com/osft-project/osft/data/template/value"
)

// mapped is the filter map: an attribute of every item, or every item through a filter.
func mapped(x any, a Args) (any, error) {
	list, err := iterated(x)
	if err != nil {
		return nil, err
	}
	apply, err := mapping(a)
	if err != nil {
		return nil, err
	}
	out := make([]any, len(list))
	for i, item := range list {
		if out[i], err = apply(item); err != nil {
			return nil, err
		}
	}
	return value.NewGenerator(out), nil
}

// iterated gives the items of a value; what is false has none.
func iterated(x any) ([]any, error) {
	if !value.True(x) {
		return nil, nil
	}
	return value.Iterate(x)
}

// mapping is what map does to an item.
func mapping(a Args) (func(any) (any, error), error) {
	if path, ok, rest := a.take("attribute"); ok && len(a.Place) == 0 {
		fallback, stated, rest := rest.take("default")
		if names := rest.keys(); len(names) > 0 {
			return nil, errors.New("has no argument named " + names[0])
		}
		return func(item any) (any, error) {
			v, err := pick(item, path)
			if err == nil && stated && undefined(v) {
				v = fallback
			}
			return v, err
		}, nil
	}
	if len(a.Place) == 0 {
		return nil, errors.New("requires a filter argument")
	}
	name, err := text(a.Place[0], "")
	if err != nil {
		return nil, err
	}
	f, err := FilterOf(name)
	if err != nil {
		return nil, err
	}
	rest := Args{Place: a.Place[1:], Named: a.Named}
	return func(item any) (any, error) { return f(item, rest) }, nil
}

// selected keeps the items (or those whose attribute) a test holds for, or does not; without a test the true ones.
func selected(byAttribute, keep bool) Filter {
	return func(x any, a Args) (any, error) {
		list, err := iterated(x)
		if err != nil {
			return nil, err
		}
		var path any
		if byAttribute {
			if len(a.Place) == 0 {
				return nil, errors.New("missing parameter for attribute name")
			}
			path, a.Place = a.Place[0], a.Place[1:]
		}
		check := Check(func(v any, _ Args) (bool, error) { return value.True(v), nil })
		if len(a.Place) > 0 {
			name, err := text(a.Place[0], "")
			if err != nil {
				return nil, err
			}
			if check, err = Test(name); err != nil {
				return nil, err
			}
			a.Place = a.Place[1:]
		}
		var out []any
		for _, item := range list {
			v, err := pick(item, path)
			if err != nil {
				return nil, err
			}
			ok, err := check(v, a)
			if err != nil {
				return nil, err
			}
			if ok == keep {
				out = append(out, item)
			}
		}
		return value.NewGenerator(out), nil
	}
}
