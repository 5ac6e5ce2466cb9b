package value

import (
	"cmp"
	"fmt"
	"strings"
)

// Equal is Python's ==. Numbers of different types compare by value, dicts without order.
func Equal(x, y any) bool { return equal(x, y, 0) }

func equal(x, y any, depth int) bool {
	if depth > maxNesting {
		return false
	}
	if a, b, ok := numbers(x, y); ok {
		return a == b
	}
	if a, b, ok := integers(x, y); ok {
		return a == b
	}
	if a, ok := text(x); ok {
		b, ok := text(y)
		return ok && a == b
	}
	switch x := x.(type) {
	case nil:
		return y == nil
	case Undefined:
		_, ok := y.(Undefined)
		return ok
	case *Sequence:
		y, ok := y.(*Sequence)
		if !ok || x.Kind != y.Kind || len(x.Items) != len(y.Items) {
			return false
		}
		for i := range x.Items {
			if !equal(x.Items[i], y.Items[i], depth+1) {
				return false
			}
		}
		return true
	case *Dict:
		y, ok := y.(*Dict)
		if !ok || x.Len() != y.Len() {
			return false
		}
		for _, e := range x.entries {
			other, found := y.Get(e.key)
			if !found || !equal(e.value, other, depth+1) {
				return false
			}
		}
		return true
	case *Generator, Named:
		return x == y
	}
	return false
}

// text is a string, marked safe or not.
func text(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case Safe:
		return string(v), true
	}
	return "", false
}

// integer is an int or a bool.
func integer(v any) (int64, bool) {
	switch v := v.(type) {
	case int64:
		return v, true
	case bool:
		return number(v), true
	}
	return 0, false
}

func integers(x, y any) (a, b int64, ok bool) {
	a, xOK := integer(x)
	b, yOK := integer(y)
	return a, b, xOK && yOK
}

// numbers are two numbers of which one at least is a float.
func numbers(x, y any) (a, b float64, ok bool) {
	_, xFloat := x.(float64)
	_, yFloat := y.(float64)
	a, xOK := Number(x)
	b, yOK := Number(y)
	return a, b, xOK && yOK && (xFloat || yFloat)
}

// Number is a number as a float.
func Number(v any) (float64, bool) {
	if f, ok := v.(float64); ok {
		return f, true
	}
	n, ok := integer(v)
	return float64(n), ok
}

// Order compares as Python's < does: -1, 0 or 1, or an error for types that have no order.
func Order(x, y any) (int, error) { return order(x, y, "<", 0) }

func order(x, y any, op string, depth int) (int, error) {
	if a, b, ok := integers(x, y); ok {
		return cmp.Compare(a, b), nil
	}
	if a, b, ok := numbers(x, y); ok {
		return cmp.Compare(a, b), nil
	}
	if a, ok := text(x); ok {
		if b, ok := text(y); ok {
			return strings.Compare(a, b), nil
		}
	}
	if u, ok := undefined(x, y); ok {
		return 0, u
	}
	a, aOK := x.(*Sequence)
	b, bOK := y.(*Sequence)
	if !aOK || !bOK || a.Kind != b.Kind || a.Kind > Tuple || depth > maxNesting {
		return 0, fmt.Errorf("'%s' not supported between instances of '%s' and '%s'", op, TypeName(x), TypeName(y))
	}
	for i := range min(len(a.Items), len(b.Items)) {
		if Equal(a.Items[i], b.Items[i]) {
			continue
		}
		return order(a.Items[i], b.Items[i], op, depth+1)
	}
	return cmp.Compare(len(a.Items), len(b.Items)), nil
}

// undefined finds an undefined operand.
func undefined(values ...any) (Undefined, bool) {
	for _, v := range values {
		if u, ok := v.(Undefined); ok {
			return u, true
		}
	}
	return Undefined{}, false
}

// Compare is the value of "x op y" for a comparing operator or "in".
func Compare(op string, x, y any) (bool, error) {
	switch op {
	case "==":
		return Equal(x, y), nil
	case "!=":
		return !Equal(x, y), nil
	case "in":
		return Contains(y, x)
	case "not in":
		in, err := Contains(y, x)
		return !in, err
	}
	a, b, floats := numbers(x, y)
	if floats && (a != a || b != b) {
		return false, nil
	}
	c, err := order(x, y, op, 0)
	if err != nil {
		return false, err
	}
	switch op {
	case "<":
		return c < 0, nil
	case "<=":
		return c <= 0, nil
	case ">":
		return c > 0, nil
	}
	return c >= 0, nil
}

// Contains is "x in of".
func Contains(of, x any) (bool, error) {
	if whole, ok := text(of); ok {
		part, ok := text(x)
		if !ok {
			return false, fmt.Errorf("'in <string>' requires string as left operand, not %s", TypeName(x))
		}
		return strings.Contains(whole, part), nil
	}
	if d, ok := of.(*Dict); ok {
		if _, err := key(x); err != nil {
			return false, err
		}
		_, found := d.Get(x)
		return found, nil
	}
	items, err := Iterate(of)
	if err != nil {
		return false, fmt.Errorf("argument of type '%s' is not iterable", TypeName(of))
	}
	for _, item := range items {
		if Equal(item, x) {
			return true, nil
		}
	}
	return false, nil
}
