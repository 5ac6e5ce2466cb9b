package value

import (
	"errors"
	"fmt"
	"math"
)

// Item is x[k]: a missing item is Undefined, as Jinja has it, and so is an index of the wrong type.
func Item(x, k any) (any, error) {
	switch x := x.(type) {
	case Undefined:
		return nil, x
	case *Dict:
		if _, err := key(k); err != nil {
			return missing(x, k), nil
		}
		if v, ok := x.Get(k); ok {
			return v, nil
		}
	case string:
		if n, ok := integer(k); ok {
			if s, ok := at(x, n); ok {
				return s, nil
			}
		}
	case Safe:
		return nil, errSafe
	case *Sequence:
		if n, ok := integer(k); ok && x.Kind <= Range {
			if n < 0 {
				n += int64(len(x.Items))
			}
			if n >= 0 && n < int64(len(x.Items)) {
				return x.Items[n], nil
			}
		}
		if name, ok := k.(string); ok {
			for i, n := range x.Names {
				if n == name {
					return x.Items[i], nil
				}
			}
		}
	}
	return missing(x, k), nil
}

// at is the character of a text at place n, from its end where n is negative.
func at(s string, n int64) (string, bool) {
	if n < 0 {
		n += int64(runes(s))
	}
	if n < 0 {
		return "", false
	}
	for _, r := range s {
		if n == 0 {
			return string(r), true
		}
		n--
	}
	return "", false
}

// missing is the undefined value of an item that x lacks.
func missing(x, k any) Undefined {
	name := TypeName(x) + " object"
	if x == nil {
		name = "None"
	}
	if s, ok := k.(string); ok {
		name = "'" + name + "'"
		return Undefined{fmt.Sprintf("%s has no attribute %s", name, Repr(s))}
	}
	return Undefined{fmt.Sprintf("%s has no element %s", name, Repr(k))}
}

// Slice is x[from:to:step]; each bound may be nil.
func Slice(x, from, to, step any) (any, error) {
	var n int
	switch x := x.(type) {
	case Undefined:
		return nil, x
	case Safe:
		return nil, errSafe
	case string:
		n = runes(x)
	case *Sequence:
		if x.Kind > Range {
			return missing(x, "slice"), nil
		}
		n = len(x.Items)
	default:
		return Undefined{fmt.Sprintf("%s object has no slices", TypeName(x))}, nil
	}
	c, err := slicing(n, from, to, step)
	if err != nil {
		return nil, err
	}
	places := c.places()
	if s, ok := x.(string); ok {
		letters := []rune(s)
		out := make([]rune, len(places))
		for i, p := range places {
			out[i] = letters[p]
		}
		return string(out), nil
	}
	s := x.(*Sequence)
	out := &Sequence{Kind: s.Kind, Items: make([]any, len(places))}
	if s.Kind == Range {
		out.start, out.stop, out.step = s.start+int64(c.start)*s.step, s.start+int64(c.end)*s.step, s.step*int64(c.by)
	}
	for i, p := range places {
		out.Items[i] = s.Items[p]
	}
	return out, nil
}

// cut is a slice's bounds within a length: start, start+by, … before end.
type cut struct{ start, end, by int }

func (c cut) places() (list []int) {
	for i := c.start; c.by > 0 && i < c.end || c.by < 0 && i > c.end; i += c.by {
		list = append(list, i)
	}
	return list
}

// slicing finds a slice's bounds in n items by Python's rules.
func slicing(n int, from, to, step any) (cut, error) {
	by, err := bound(step, 1)
	if err != nil {
		return cut{}, err
	}
	if by == 0 {
		return cut{}, errors.New("slice step cannot be zero")
	}
	low, high := 0, n
	if by < 0 {
		low, high = -1, n-1
	}
	start, end := low, high
	if by < 0 {
		start, end = high, low
	}
	if start, err = clamped(from, start, n, low, high); err != nil {
		return cut{}, err
	}
	end, err = clamped(to, end, n, low, high)
	return cut{start, end, by}, err
}

// bound is a bound of a slice, kept within what cannot overflow.
func bound(v any, none int) (int, error) {
	if v == nil {
		return none, nil
	}
	n, ok := integer(v)
	if !ok {
		return 0, fmt.Errorf("slice indices must be integers or None, not %s", TypeName(v))
	}
	return int(min(max(n, -math.MaxInt32), math.MaxInt32)), nil
}

func clamped(v any, none, n, low, high int) (int, error) {
	if v == nil {
		return none, nil
	}
	i, err := bound(v, none)
	if err != nil {
		return 0, err
	}
	if i < 0 {
		i += n
	}
	return min(max(i, low), high), nil
}
