package family

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/osft-project/osft/provenance/strict"
)

// Keys reads an object of config.json key by key and remembers which were asked for and everything that was wrong.
// A key whose value is null counts as absent.
type Keys struct {
	path     string // before the names of a nested object, for messages
	object   strict.Value
	used     map[string]bool
	problems *[]error
}

// largest is the largest count that any dimension may have: beyond every published model, and small enough that a product
// of two fits in an int64 with room.
const largest = 1 << 24

// problem notes that a key holds something wrong; name "" is the object itself.
func (k *Keys) problem(name, format string, args ...any) {
	where := "config.json"
	if v, ok := k.object.Get(name); ok {
		where = fmt.Sprintf("%s:%d", where, v.Line())
	}
	*k.problems = append(*k.problems, fmt.Errorf("%s: %s%s: %s", where, k.path, name, fmt.Sprintf(format, args...)))
}

// wrong notes an error of package strict about a key, without its place, which the message has already.
func (k *Keys) wrong(name string, err error) {
	var detail *strict.Error
	if errors.As(err, &detail) {
		err = detail.Err
	}
	k.problem(name, "%v", err)
}

// get finds a key that is there and not null, and marks it as used.
func (k *Keys) get(name string) (strict.Value, bool) {
	k.used[name] = true
	v, ok := k.object.Get(name)
	return v, ok && !v.IsNull()
}

func (k *Keys) required(name string) (strict.Value, bool) {
	v, ok := k.get(name)
	if !ok {
		k.problem(name, "is missing (the model cannot be built without it)")
	}
	return v, ok
}

func (k *Keys) integer(name string, v strict.Value, low, high int64) int {
	n, err := v.Int64()
	if err != nil {
		k.wrong(name, err)
		return int(low)
	}
	if n < low || n > high {
		k.problem(name, "is %d, must be between %d and %d", n, low, high)
		return int(low)
	}
	return int(n)
}

// Count is a dimension that must be stated: an integer from 1.
func (k *Keys) Count(name string) int {
	if v, ok := k.required(name); ok {
		return k.integer(name, v, 1, largest)
	}
	return 1
}

// CountOr is a dimension with the default that Transformers gives it.
func (k *Keys) CountOr(name string, fallback int) int {
	if v, ok := k.get(name); ok {
		return k.integer(name, v, 1, largest)
	}
	return fallback
}

func (k *Keys) float(name string, v strict.Value) float64 {
	f, err := v.Float64()
	if err != nil {
		k.wrong(name, err)
		return 1
	}
	return f
}

// Positive is a number above zero that must be stated.
func (k *Keys) Positive(name string) float64 {
	v, ok := k.required(name)
	if !ok {
		return 1
	}
	return k.above(name, v)
}

// PositiveOr is a number above zero with the default that Transformers gives it.
func (k *Keys) PositiveOr(name string, fallback float64) float64 {
	if v, ok := k.get(name); ok {
		return k.above(name, v)
	}
	return fallback
}

func (k *Keys) above(name string, v strict.Value) float64 {
	f := k.float(name, v)
	if !(f > 0) || f > math.MaxFloat32 {
		k.problem(name, "is %s, must be above zero", v.Raw())
		return 1
	}
	return f
}

// BoolOr is true or false, with the default that Transformers gives it.
func (k *Keys) BoolOr(name string, fallback bool) bool {
	v, ok := k.get(name)
	if !ok {
		return fallback
	}
	b, err := v.Bool()
	if err != nil {
		k.wrong(name, err)
		return fallback
	}
	return b
}

// ChoiceOr is one of the names that are implemented; any other is an error.
func (k *Keys) ChoiceOr(name, fallback string, implemented ...string) string {
	v, ok := k.get(name)
	if !ok {
		return fallback
	}
	s, err := v.String()
	if err != nil {
		k.wrong(name, err)
		return fallback
	}
	if !slices.Contains(implemented, s) {
		k.problem(name, "%q is not supported (osft has %s)", s, strings.Join(implemented, ", "))
		return fallback
	}
	return s
}

// Tokens is a token id or a list of them, each below the size of the vocabulary or, as some checkpoints have it, -1 for
// none.
func (k *Keys) Tokens(name string, vocabulary int) []int32 {
	v, ok := k.get(name)
	if !ok {
		return nil
	}
	list := []strict.Value{v}
	if elements, err := v.Array(); err == nil {
		list = elements
	}
	var ids []int32
	for _, e := range list {
		if id := k.integer(name, e, -1, int64(vocabulary-1)); id >= 0 {
			ids = append(ids, int32(id))
		}
	}
	return ids
}

// Has reports whether the key is in the file, also where its value is null.
func (k *Keys) Has(name string) bool {
	_, ok := k.object.Get(name)
	return ok
}

// nested gives the keys of a nested object; nil where it is absent.
func (k *Keys) nested(name string) *Keys {
	v, ok := k.get(name)
	if !ok {
		return nil
	}
	if _, err := v.Object(); err != nil {
		k.wrong(name, err)
		return nil
	}
	return &Keys{path: k.path + name + ".", object: v, used: map[string]bool{}, problems: k.problems}
}

// unused lists the keys that nobody asked for, in the order of the file.
func (k *Keys) unused() []string {
	members, _ := k.object.Object()
	var names []string
	for _, m := range members {
		if !k.used[m.Name] {
			names = append(names, m.Name)
		}
	}
	return names
}
