package builtin

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/osft-project/osft/data/template/value"
)

func absolute(x any, a Args) (any, error) {
	if _, err := a.bind(0); err != nil {
		return nil, err
	}
	negative, err := value.Compare("<", x, int64(0))
	if err != nil {
		return nil, fmt.Errorf("bad operand type for abs(): '%s'", value.TypeName(x))
	}
	if negative {
		return value.Sign("-", x)
	}
	return value.Sign("+", x)
}

// toInt gives a default, 0 unless stated, for what is no number.
func toInt(x any, a Args) (any, error) {
	p, err := a.bind(0, "default", "base")
	if err != nil {
		return nil, err
	}
	base, err := whole(p[1], 10)
	if err != nil {
		return nil, err
	}
	if u, ok := x.(value.Undefined); ok {
		return nil, u
	}
	switch x := x.(type) {
	case int64:
		return x, nil
	case bool:
		return value.Sign("+", x)
	case string:
		s := strings.ReplaceAll(value.Strip(x, nil, true, true), "_", "")
		if base == 16 || base == 8 || base == 2 {
			s = strings.ToLower(s)
			s = strings.TrimPrefix(s, map[int]string{16: "0x", 8: "0o", 2: "0b"}[base])
		}
		if n, err := strconv.ParseInt(s, base, 64); err == nil {
			return n, nil
		}
		if f, err := strconv.ParseFloat(s, 64); err == nil && base == 10 {
			return truncated(f, given(p[0], int64(0)))
		}
	case float64:
		return truncated(x, given(p[0], int64(0)))
	}
	return given(p[0], int64(0)), nil
}

// truncated is a float as an integer.
func truncated(f float64, otherwise any) (any, error) {
	switch {
	case math.IsNaN(f):
		return otherwise, nil
	case math.IsInf(f, 0):
		return nil, errors.New("cannot convert float infinity to integer")
	case math.Abs(f) >= 1<<62:
		return nil, errors.New("the integer does not fit 64 bits")
	}
	return int64(f), nil
}

func toFloat(x any, a Args) (any, error) {
	p, err := a.bind(0, "default")
	if err != nil {
		return nil, err
	}
	if u, ok := x.(value.Undefined); ok {
		return nil, u
	}
	if f, ok := value.Number(x); ok {
		return f, nil
	}
	if s, ok := x.(string); ok {
		s = strings.ReplaceAll(value.Strip(s, nil, true, true), "_", "")
		if f, err := strconv.ParseFloat(s, 64); err == nil {
			return f, nil
		}
	}
	return given(p[0], 0.0), nil
}

// round rounds half to even as Python does; ceil and floor are the other methods.
func round(x any, a Args) (any, error) {
	p, err := a.bind(0, "precision", "method")
	if err != nil {
		return nil, err
	}
	digits, err := whole(p[0], 0)
	if err != nil {
		return nil, err
	}
	how, err := text(p[1], "common")
	if err != nil {
		return nil, err
	}
	f, ok := value.Number(x)
	if !ok {
		return nil, fmt.Errorf("type %s doesn't define __round__ method", value.TypeName(x))
	}
	if digits < 0 || digits > 300 {
		return nil, errors.New("rounds to between 0 and 300 digits")
	}
	scale := math.Pow10(digits)
	switch how {
	case "ceil":
		return math.Ceil(f*scale)/scale + 0, nil // no -0
	case "floor":
		return math.Floor(f*scale)/scale + 0, nil
	case "common":
		rounded, err := strconv.ParseFloat(strconv.FormatFloat(f, 'f', digits, 64), 64)
		if _, isFloat := x.(float64); !isFloat && err == nil {
			return int64(rounded), nil
		}
		return rounded, err
	}
	return nil, errors.New("method must be common, ceil or floor")
}

func sum(x any, a Args) (any, error) {
	p, err := a.bind(0, "attribute", "start")
	if err != nil {
		return nil, err
	}
	list, err := value.Iterate(x)
	if err != nil {
		return nil, err
	}
	total := given(p[1], int64(0))
	for _, item := range list {
		if item, err = pick(item, given(p[0], nil)); err != nil {
			return nil, err
		}
		if total, err = value.Operate("+", total, item); err != nil {
			return nil, err
		}
	}
	return total, nil
}

// Range is range(stop), range(start, stop) or range(start, stop, step), of at most 100000 numbers as in Jinja's sandbox.
func Range(a Args) (any, error) {
	if len(a.keys()) > 0 || len(a.Place) == 0 || len(a.Place) > 3 {
		return nil, errors.New("takes one to three numbers")
	}
	n := [3]int{0, 0, 1}
	for i, p := range a.Place {
		v, err := whole(p, 0)
		if err != nil {
			return nil, err
		}
		n[i] = v
	}
	if len(a.Place) == 1 {
		n[0], n[1] = 0, n[0]
	}
	from, to, step := n[0], n[1], n[2]
	if step == 0 {
		return nil, errors.New("arg 3 must not be zero")
	}
	var items []any
	for i := from; step > 0 && i < to || step < 0 && i > to; i += step {
		if items = append(items, int64(i)); len(items) > 100000 {
			return nil, errors.New("the range has more than 100000 numbers")
		}
	}
	return value.NewRange(int64(from), int64(to), int64(step), items), nil
}
