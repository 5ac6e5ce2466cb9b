package value

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strings"
)

// MaxText is the largest text or list that an operation makes, in bytes or items.
const MaxText = 1 << 24

var errLarge = errors.New("the value is larger than a template may make")

// Operate is the value of "x op y" for + - * / // % **.
func Operate(op string, x, y any) (any, error) {
	if a, b, ok := integers(x, y); ok {
		return whole(op, a, b)
	}
	if a, b, ok := numbers(x, y); ok {
		return real(op, a, b)
	}
	if u, ok := undefined(x); ok {
		return nil, u
	}
	switch x.(type) {
	case Safe:
		return nil, errSafe
	case string:
		if op == "%" {
			return Percent(x.(string), y)
		}
	}
	if u, ok := undefined(y); ok {
		return nil, u
	}
	if _, safe := y.(Safe); safe {
		return nil, errSafe
	}
	switch op {
	case "+":
		return join(x, y)
	case "*":
		if n, ok := integer(y); ok {
			return times(x, n)
		}
		if n, ok := integer(x); ok {
			return times(y, n)
		}
	}
	return nil, unsupported(op, x, y)
}

func unsupported(op string, x, y any) error {
	if op == "+" {
		if s, ok := x.(string); ok {
			return fmt.Errorf(`can only concatenate str (not "%s") to str%s`, TypeName(y), shown(s))
		}
		if s, ok := x.(*Sequence); ok && s.Kind <= Tuple {
			return fmt.Errorf(`can only concatenate %s (not "%s") to %[1]s`, TypeName(x), TypeName(y))
		}
	}
	if op == "**" {
		op = "** or pow()"
	}
	return fmt.Errorf("unsupported operand type(s) for %s: '%s' and '%s'", op, TypeName(x), TypeName(y))
}

// shown is the begin of a text, to find it by.
func shown(s string) string {
	if s == "" || len(s) > 40 {
		return ""
	}
	return ": " + Repr(s)
}

func join(x, y any) (any, error) {
	switch a := x.(type) {
	case string:
		if b, ok := y.(string); ok {
			if len(a)+len(b) > MaxText {
				return nil, errLarge
			}
			return a + b, nil
		}
	case *Sequence:
		if b, ok := y.(*Sequence); ok && a.Kind == b.Kind && a.Kind <= Tuple {
			if len(a.Items)+len(b.Items) > MaxText {
				return nil, errLarge
			}
			return &Sequence{Kind: a.Kind, Items: append(append([]any{}, a.Items...), b.Items...)}, nil
		}
	}
	return nil, unsupported("+", x, y)
}

func times(x any, n int64) (any, error) {
	n = max(n, 0)
	switch x := x.(type) {
	case string:
		if len(x) > 0 && n > int64(MaxText/len(x)) {
			return nil, errLarge
		}
		if x == "" {
			n = 0
		}
		return strings.Repeat(x, int(n)), nil
	case *Sequence:
		if x.Kind > Tuple {
			break
		}
		if len(x.Items) == 0 {
			n = 0
		} else if n > int64(MaxText/64/len(x.Items)) {
			return nil, errLarge
		}
		s := &Sequence{Kind: x.Kind}
		for range n {
			s.Items = append(s.Items, x.Items...)
		}
		return s, nil
	}
	return nil, unsupported("*", x, n)
}

// whole is arithmetic of integers: // and % round towards minus infinity, / gives a float.
func whole(op string, a, b int64) (any, error) {
	if b == 0 && (op == "/" || op == "//" || op == "%") {
		return nil, errors.New("division by zero")
	}
	x, y, z := big.NewInt(a), big.NewInt(b), new(big.Int)
	switch op {
	case "+":
		z.Add(x, y)
	case "-":
		z.Sub(x, y)
	case "*":
		z.Mul(x, y)
	case "/":
		return float64(a) / float64(b), nil
	case "//", "%":
		m := new(big.Int)
		z.DivMod(x, y, m)
		if b < 0 && m.Sign() != 0 { // Go's remainder is never negative, Python's has the divisor's sign
			z.Sub(z, big.NewInt(1))
			m.Add(m, y)
		}
		if op == "%" {
			z = m
		}
	case "**":
		if b < 0 {
			if a == 0 {
				return nil, errors.New("zero to a negative power")
			}
			return real(op, float64(a), float64(b))
		}
		if b > 64 && (a > 1 || a < -1) {
			return nil, errLarge
		}
		if b > 64 {
			y.SetInt64(2 - b%2)
		}
		z.Exp(x, y, nil)
	}
	if !z.IsInt64() {
		return nil, errors.New("the integer does not fit 64 bits")
	}
	return z.Int64(), nil
}

func real(op string, a, b float64) (any, error) {
	if b == 0 && (op == "/" || op == "//" || op == "%") {
		return nil, errors.New("float division by zero")
	}
	switch op {
	case "+":
		return a + b, nil
	case "-":
		return a - b, nil
	case "*":
		return a * b, nil
	case "/":
		return a / b, nil
	case "**":
		return power(a, b)
	}
	m := math.Mod(a, b)
	div := (a - m) / b
	if m != 0 && (m < 0) != (b < 0) {
		m += b
		div--
	}
	if op == "%" {
		if m == 0 {
			m = math.Copysign(0, b)
		}
		return m, nil
	}
	if div == 0 {
		return math.Copysign(0, a/b), nil
	}
	floor := math.Floor(div)
	if div-floor > 0.5 {
		floor++
	}
	return floor, nil
}

// power is a**b where its digits are certain on every machine.
func power(a, b float64) (any, error) {
	switch b {
	case 0:
		return 1.0, nil
	case 1:
		return a, nil
	case 2:
		if square := a * a; !math.IsInf(square, 0) || math.IsInf(a, 0) {
			return square, nil
		}
	case 0.5:
		if a >= 0 {
			return math.Sqrt(a), nil
		}
	}
	whole := 1.0
	for n := -b; n >= 1 && a == math.Trunc(a) && math.Abs(whole) < 1<<53; n-- {
		if whole *= a; n == 1 && math.Abs(whole) <= 1<<53 {
			return 1 / whole, nil
		}
		if a == 1 {
			return 1.0, nil
		}
	}
	return nil, errors.New("such a power of a float is not supported")
}

// Sign is +x or -x.
func Sign(op string, x any) (any, error) {
	if u, ok := x.(Undefined); ok {
		return nil, u
	}
	if n, ok := integer(x); ok {
		if op == "+" {
			return n, nil
		}
		return whole("-", 0, n)
	}
	f, ok := x.(float64)
	if !ok {
		return nil, fmt.Errorf("bad operand type for unary %s: '%s'", op, TypeName(x))
	}
	if op == "-" {
		f = -f
	}
	return f, nil
}
