package builtin

import (
	"fmt"
	"slices"
	"strings"

	"github.com/osft-project/osft/data/template/value"
)

// sortKey is what an item is ordered by: texts without regard to case unless the template says otherwise.
func sortKey(v any, exact bool) any {
	if s, ok := v.(string); ok && !exact {
		return value.Lower(s)
	}
	return v
}

// byKeys sorts items stably by their keys.
func byKeys(items, keys []any, reversed bool) ([]any, error) {
	places := make([]int, len(items))
	for i := range places {
		places[i] = i
	}
	var failed error
	slices.SortStableFunc(places, func(i, j int) int {
		c, err := value.Order(keys[i], keys[j])
		if err != nil {
			failed = err
		}
		if reversed {
			c = -c
		}
		return c
	})
	out := make([]any, len(items))
	for i, p := range places {
		out[i] = items[p]
	}
	return out, failed
}

// keysOf are the sort keys of items by attributes, of which several stand in a text with commas.
func keysOf(list []any, by any, exact bool) ([]any, error) {
	paths := []any{by}
	if s, ok := by.(string); ok && strings.Contains(s, ",") {
		paths = paths[:0]
		for part := range strings.SplitSeq(s, ",") {
			paths = append(paths, part)
		}
	}
	keys := make([]any, len(list))
	for i, item := range list {
		key := make([]any, len(paths))
		for k, path := range paths {
			v, err := pick(item, path)
			if err != nil {
				return nil, err
			}
			key[k] = sortKey(v, exact)
		}
		keys[i] = key[0]
		if len(key) > 1 {
			keys[i] = value.NewList(key...)
		}
	}
	return keys, nil
}

func sorted(x any, a Args) (any, error) {
	p, err := a.bind(0, "reverse", "case_sensitive", "attribute")
	if err != nil {
		return nil, err
	}
	list, err := value.Iterate(x)
	if err != nil {
		return nil, err
	}
	keys, err := keysOf(list, given(p[2], nil), truth(p[1]))
	if err != nil {
		return nil, err
	}
	list, err = byKeys(list, keys, truth(p[0]))
	return value.NewList(list...), err
}

func dictSort(x any, a Args) (any, error) {
	p, err := a.bind(0, "case_sensitive", "by", "reverse")
	if err != nil {
		return nil, err
	}
	d, ok := x.(*value.Dict)
	if !ok {
		return nil, fmt.Errorf("'%s' object has no attribute 'items'", value.TypeName(x))
	}
	by, err := text(p[1], "key")
	if err != nil {
		return nil, err
	}
	place := map[string]int64{"key": 0, "value": 1}
	if _, ok := place[by]; !ok {
		return nil, fmt.Errorf(`you can only sort by either "key" or "value"`)
	}
	list := d.View(value.Items).Items
	keys, err := keysOf(list, place[by], truth(p[0]))
	if err != nil {
		return nil, err
	}
	list, err = byKeys(list, keys, truth(p[2]))
	return value.NewList(list...), err
}

// extreme is max (1) or min (-1).
func extreme(sign int) Filter {
	return func(x any, a Args) (any, error) {
		p, err := a.bind(0, "case_sensitive", "attribute")
		if err != nil {
			return nil, err
		}
		list, err := value.Iterate(x)
		if err != nil {
			return nil, err
		}
		if len(list) == 0 {
			return value.Undefined{Reason: "No aggregated item, sequence was empty."}, nil
		}
		keys, err := keysOf(list, given(p[1], nil), truth(p[0]))
		if err != nil {
			return nil, err
		}
		best := 0
		for i := range list {
			c, err := value.Order(keys[i], keys[best])
			if err != nil {
				return nil, err
			}
			if c == sign {
				best = i
			}
		}
		return list[best], nil
	}
}

func unique(x any, a Args) (any, error) {
	p, err := a.bind(0, "case_sensitive", "attribute")
	if err != nil {
		return nil, err
	}
	list, err := value.Iterate(x)
	if err != nil {
		return nil, err
	}
	keys, err := keysOf(list, given(p[1], nil), truth(p[0]))
	if err != nil {
		return nil, err
	}
	var seen value.Dict
	var out []any
	for i, item := range list {
		if _, found := seen.Get(keys[i]); !found {
			out = append(out, item)
		}
		if err := seen.Set(keys[i], nil); err != nil {
			return nil, err
		}
	}
	return value.NewGenerator(out), nil
}

// groupBy gives pairs (grouper, list) in the order of the groupers.
func groupBy(x any, a Args) (any, error) {
	p, err := a.bind(1, "attribute", "default", "case_sensitive")
	if err != nil {
		return nil, err
	}
	list, err := value.Iterate(x)
	if err != nil {
		return nil, err
	}
	plain := make([]any, len(list))
	for i, item := range list {
		if plain[i], err = pick(item, p[0]); err != nil {
			return nil, err
		}
		if undefined(plain[i]) {
			plain[i] = given(p[1], plain[i])
		}
	}
	places := make([]any, len(list))
	keys := make([]any, len(list))
	for i := range list {
		places[i], keys[i] = int64(i), sortKey(plain[i], truth(p[2]))
	}
	if places, err = byKeys(places, keys, false); err != nil {
		return nil, err
	}
	var groups []any
	var lists [][]any
	previous := -1
	for _, place := range places {
		i := int(place.(int64))
		if previous < 0 || !value.Equal(keys[i], keys[previous]) {
			groups, lists = append(groups, plain[i]), append(lists, nil)
		}
		lists[len(lists)-1] = append(lists[len(lists)-1], list[i])
		previous = i
	}
	for i, g := range groups {
		groups[i] = &value.Sequence{Kind: value.Tuple, Items: []any{g, value.NewList(lists[i]...)}, Names: []string{"grouper", "list"}}
	}
	return value.NewList(groups...), nil
}
