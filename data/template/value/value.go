// Package value holds the values of templates and Python's operations on them: printing, comparing, arithmetic, indexing and
// the methods of strings, as Jinja shows them. A value is nil, bool, int64, float64, string, Safe, Undefined, *Sequence,
// *Generator, *Dict, or what package template adds (macros, namespaces). Integers are 64 bits; a larger one is an error.
package value

import (
	"errors"
	"fmt"
	"strings"
)

// Kind says which of Python's sequences a Sequence is.
type Kind uint8

// The sequences.
const (
	List Kind = iota
	Tuple
	Range
	Keys
	Items
	Entries // a dict's values
)

// Sequence is a list, a tuple or a view of a dict. It never changes.
type Sequence struct {
	Kind  Kind
	Items []any
	// Names are those of a tuple's places, where they have names (groupby).
	Names []string

	start, stop, step int64 // of a range
	weight            int
}

// NewList makes a list.
func NewList(items ...any) *Sequence { return &Sequence{Items: items} }

// NewRange makes the range of items, which begin with start and are step apart; stop is what a range prints.
func NewRange(start, stop, step int64, items []any) *Sequence {
	return &Sequence{Kind: Range, Items: items, start: start, stop: stop, step: step}
}

// NewTuple makes a tuple.
func NewTuple(items ...any) *Sequence { return &Sequence{Kind: Tuple, Items: items} }

// Generator is what filters such as map give: it can be read once.
type Generator struct{ items []any }

// NewGenerator makes a generator of items.
func NewGenerator(items []any) *Generator { return &Generator{items} }

// Take gives the items that are left.
func (g *Generator) Take() []any {
	items := g.items
	g.items = nil
	return items
}

// Safe is text marked as safe. It can be printed and joined to nothing: Jinja would escape what is joined to it.
type Safe string

// Undefined is the value of a name that has none. Reason is the message where it is used.
type Undefined struct{ Reason string }

// Error is the message.
func (u Undefined) Error() string { return u.Reason }

// entry is a pair of a Dict.
type entry struct{ key, value any }

// Dict is a mapping that keeps the order in which keys came.
type Dict struct {
	entries []entry
	index   map[any]int
	weight  int
}

// tupleKey is a tuple as a key: its printed form.
type tupleKey string

// key is what a dict finds a value by: 1, 1.0 and true are one key, as in Python.
func key(v any) (any, error) {
	switch v := v.(type) {
	case nil, string, int64, Undefined:
		return v, nil
	case Safe:
		return string(v), nil
	case bool:
		return number(v), nil
	case float64:
		if n := int64(v); float64(n) == v {
			return n, nil
		}
		return v, nil
	case *Sequence:
		if v.Kind == Tuple {
			return tupleKey(Repr(v)), nil
		}
	}
	return nil, fmt.Errorf("unhashable type: '%s'", TypeName(v))
}

// number is 1 or 0.
func number(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// Set gives a key a value; a key that is there keeps its place.
func (d *Dict) Set(k, v any) error {
	id, err := key(k)
	if err != nil {
		return err
	}
	if i, ok := d.index[id]; ok {
		d.entries[i].value = v
		d.weight = 0
		return nil
	}
	if d.index == nil {
		d.index = map[any]int{}
	}
	d.index[id] = len(d.entries)
	d.entries = append(d.entries, entry{k, v})
	d.weight = 0
	return nil
}

// Get finds the value of a key.
func (d *Dict) Get(k any) (any, bool) {
	id, err := key(k)
	if err != nil {
		return nil, false
	}
	i, ok := d.index[id]
	if !ok {
		return nil, false
	}
	return d.entries[i].value, true
}

// Len is the number of pairs.
func (d *Dict) Len() int { return len(d.entries) }

// View gives the keys, the values or the pairs (as tuples) in order.
func (d *Dict) View(kind Kind) *Sequence {
	s := &Sequence{Kind: kind, Items: make([]any, len(d.entries))}
	for i, e := range d.entries {
		switch kind {
		case Keys:
			s.Items[i] = e.key
		case Entries:
			s.Items[i] = e.value
		default:
			s.Items[i] = NewTuple(e.key, e.value)
		}
	}
	return s
}

// Weight is about how many bytes a value takes where it is written out, at most above MaxText. A template's values stay below
// MaxText, so that lists of lists of the same list cannot make printing endless.
func Weight(v any) int {
	switch v := v.(type) {
	case string:
		return len(v) + 1
	case Safe:
		return len(v) + 1
	case *Generator:
		return heavy(v.items)
	case *Sequence:
		if v.weight == 0 {
			v.weight = heavy(v.Items)
		}
		return v.weight
	case *Dict:
		if v.weight == 0 {
			v.weight = 1
			for _, e := range v.entries {
				v.weight = min(v.weight+Weight(e.key)+Weight(e.value), 2*MaxText)
			}
		}
		return v.weight
	}
	return 4
}

func heavy(items []any) int {
	sum := 1
	for _, item := range items {
		sum = min(sum+Weight(item), 2*MaxText)
	}
	return sum
}

// Named are values that package template adds: they print as Text and have a type's name.
type Named interface {
	Text() string
	TypeName() string
}

// Unwritten are values that Jinja would write with their address in memory.
type Unwritten interface{ Unwritten() }

// Text is what Str gives, and an error for what has no text that could be made again, and for what is marked safe.
func Text(v any) (string, error) {
	switch v.(type) {
	case Unwritten, *Generator:
		return "", fmt.Errorf("the %s is no text (it prints as an address in memory)", TypeName(v))
	case Safe:
		return "", errSafe
	}
	return Str(v), nil
}

// TypeName is Python's name of a value's type, as its messages use it.
func TypeName(v any) string {
	switch v := v.(type) {
	case nil:
		return "NoneType"
	case bool:
		return "bool"
	case int64:
		return "int"
	case float64:
		return "float"
	case string:
		return "str"
	case Safe:
		return "Markup"
	case Undefined:
		return "Undefined"
	case *Dict:
		return "dict"
	case *Generator:
		return "generator"
	case *Sequence:
		return [...]string{"list", "tuple", "range", "dict_keys", "dict_items", "dict_values"}[v.Kind]
	case Named:
		return v.TypeName()
	}
	return "object"
}

// True is Python's truth of a value.
func True(v any) bool {
	switch v := v.(type) {
	case nil, Undefined:
		return false
	case bool:
		return v
	case int64:
		return v != 0
	case float64:
		return v != 0
	case string:
		return v != ""
	case Safe:
		return v != ""
	case *Sequence:
		return len(v.Items) > 0
	case *Dict:
		return v.Len() > 0
	}
	return true
}

// Iterate gives the items a loop goes over: a string's characters, a dict's keys. It reads a generator up.
func Iterate(v any) ([]any, error) {
	switch v := v.(type) {
	case Undefined:
		return nil, nil
	case string:
		return characters(v), nil
	case *Sequence:
		return v.Items, nil
	case *Generator:
		return v.Take(), nil
	case *Dict:
		return v.View(Keys).Items, nil
	}
	return nil, fmt.Errorf("'%s' object is not iterable", TypeName(v))
}

// characters are the characters of a text.
func characters(s string) []any {
	items := make([]any, 0, len(s))
	for _, r := range s {
		items = append(items, string(r))
	}
	return items
}

// Len is the number of items, for a text of characters.
func Len(v any) (int, error) {
	switch v := v.(type) {
	case Undefined:
		return 0, nil
	case string:
		return runes(v), nil
	case Safe:
		return runes(string(v)), nil
	case *Sequence:
		return len(v.Items), nil
	case *Dict:
		return v.Len(), nil
	}
	return 0, fmt.Errorf("object of type '%s' has no len()", TypeName(v))
}

func runes(s string) int { return strings.Count(s, "") - 1 }

var errSafe = errors.New("text marked safe can only be printed (drop the filter safe: nothing is escaped here)")

// Object is a value with attributes of its own.
type Object interface {
	Named
	Attribute(name string) (any, bool)
}
