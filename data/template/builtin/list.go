package builtin

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/osft-project/osft/data/template/value"
)

// pick is an attribute of an item by its path ("a.b.0") or place; the item itself where path is nil.
func pick(item, path any) (any, error) {
	if path == nil {
		return item, nil
	}
	steps := []any{path}
	if s, ok := path.(string); ok {
		steps = steps[:0]
		for part := range strings.SplitSeq(s, ".") {
			if n, err := strconv.ParseInt(part, 10, 64); err == nil {
				steps = append(steps, n)
			} else {
				steps = append(steps, part)
			}
		}
	}
	var err error
	for _, step := range steps {
		if item, err = Item(item, step); err != nil {
			return nil, err
		}
	}
	return item, nil
}

func attr(x any, a Args) (any, error) {
	p, err := a.bind(1, "name")
	if err != nil {
		return nil, err
	}
	name := value.Str(p[0])
	missing := value.Undefined{Reason: fmt.Sprintf("'%s' object has no attribute %s", value.TypeName(x), value.Repr(name))}
	return attributeOr(x, name, missing), nil
}

func items(x any, a Args) (any, error) {
	if _, err := a.bind(0); err != nil || undefined(x) {
		return value.NewGenerator(nil), err
	}
	d, ok := x.(*value.Dict)
	if !ok {
		return nil, errors.New("can only get item pairs from a mapping")
	}
	return value.NewGenerator(d.View(value.Items).Items), nil
}

func toList(x any, a Args) (any, error) {
	if _, err := a.bind(0); err != nil {
		return nil, err
	}
	list, err := value.Iterate(x)
	return value.NewList(list...), err
}

func first(x any, a Args) (any, error) {
	if _, err := a.bind(0); err != nil {
		return nil, err
	}
	if g, ok := x.(*value.Generator); ok {
		list := g.Take()
		if len(list) > 0 {
			*g = *value.NewGenerator(list[1:])
			return list[0], nil
		}
	}
	list, err := value.Iterate(x)
	if err != nil || len(list) == 0 {
		return value.Undefined{Reason: "No first item, sequence was empty."}, err
	}
	return list[0], nil
}

func last(x any, a Args) (any, error) {
	if _, err := a.bind(0); err != nil {
		return nil, err
	}
	if g, ok := x.(*value.Generator); ok {
		return nil, fmt.Errorf("'%s' object is not reversible", value.TypeName(g))
	}
	list, err := value.Iterate(x)
	if err != nil || len(list) == 0 {
		return value.Undefined{Reason: "No last item, sequence was empty."}, err
	}
	return list[len(list)-1], nil
}

func reverse(x any, a Args) (any, error) {
	if _, err := a.bind(0); err != nil {
		return nil, err
	}
	if s, ok := x.(string); ok {
		return value.Slice(s, nil, nil, int64(-1))
	}
	list, err := value.Iterate(x)
	if err != nil {
		return nil, errors.New("argument must be iterable")
	}
	list = slices.Clone(list)
	slices.Reverse(list)
	return value.NewGenerator(list), nil
}

func joinAll(x any, a Args) (any, error) {
	p, err := a.bind(0, "d", "attribute")
	if err != nil {
		return nil, err
	}
	list, err := value.Iterate(x)
	if err != nil {
		return nil, err
	}
	parts := make([]string, len(list))
	for i, item := range list {
		if item, err = pick(item, given(p[1], nil)); err != nil {
			return nil, err
		}
		if parts[i], err = value.Text(item); err != nil {
			return nil, err
		}
	}
	return joined(parts, value.Str(given(p[0], "")))
}

// portions reads what the filters that cut a list are given: how much, which list, and what fills what is short, nil for
// nothing.
func portions(x any, a Args, name, what string) (n int, list []any, fill any, err error) {
	p, err := a.bind(1, name, "fill_with")
	if err != nil {
		return 0, nil, nil, err
	}
	if n, err = whole(p[0], 0); err != nil {
		return 0, nil, nil, err
	}
	if list, err = value.Iterate(x); err != nil {
		return 0, nil, nil, err
	}
	if n <= 0 || n > value.MaxText/16 {
		return 0, nil, nil, errors.New("needs a positive " + what)
	}
	return n, list, given(p[1], nil), nil
}

// batch cuts a list into lists of a length.
func batch(x any, a Args) (any, error) {
	n, list, fill, err := portions(x, a, "linecount", "length")
	if err != nil {
		return nil, err
	}
	var rows []any
	for row := range slices.Chunk(list, n) {
		row = slices.Clone(row)
		for fill != nil && len(row) < n {
			row = append(row, fill)
		}
		rows = append(rows, value.NewList(row...))
	}
	return value.NewGenerator(rows), nil
}

// columns cuts a list into a number of lists.
func columns(x any, a Args) (any, error) {
	n, list, fill, err := portions(x, a, "slices", "number")
	if err != nil {
		return nil, err
	}
	var rows []any
	for i := range n {
		size := len(list) / n
		more := len(list) % n
		from := i*size + min(i, more)
		row := slices.Clone(list[from : (i+1)*size+min(i+1, more)])
		if fill != nil && i >= more {
			row = append(row, fill)
		}
		rows = append(rows, value.NewList(row...))
	}
	return value.NewGenerator(rows), nil
}
