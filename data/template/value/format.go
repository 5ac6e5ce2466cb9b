package value

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Percent is Python's "format % values" with the conversions s r d i u f F e E g G x X o c and %.
func Percent(format string, values any) (string, error) {
	args := []any{values}
	if s, ok := values.(*Sequence); ok && s.Kind == Tuple {
		args = s.Items
	}
	var b strings.Builder
	used := 0
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			b.WriteByte(format[i])
			continue
		}
		f, n, name, err := directive(format[i+1:])
		if err != nil {
			return "", err
		}
		i += n
		if f.kind == '%' {
			b.WriteByte('%')
			continue
		}
		var arg any
		if d, ok := values.(*Dict); ok && name != "" {
			if arg, ok = d.Get(name); !ok {
				return "", fmt.Errorf("the format names the key %s, which is missing", Repr(name))
			}
			used = len(args)
		} else if used < len(args) {
			arg = args[used]
			used++
		} else {
			return "", errors.New("not enough arguments for format string")
		}
		text, err := f.write(arg)
		if err != nil {
			return "", err
		}
		if b.WriteString(text); b.Len() > MaxText {
			return "", errLarge
		}
	}
	if used < len(args) && !subscripted(values) {
		return "", errors.New("not all arguments converted during string formatting")
	}
	return b.String(), nil
}

// subscripted tells whether Python takes a value for a mapping, which a format need not use up.
func subscripted(v any) bool {
	switch v := v.(type) {
	case *Dict, Undefined:
		return true
	case *Sequence:
		return v.Kind == List || v.Kind == Range
	}
	return false
}

// field is how a value is written.
type field struct {
	fill             string
	align            byte // < > ^ = or 0
	sign             byte // + or space
	alternate, comma bool
	width, precision int // -1: none
	kind             byte
}

// directive reads what stands behind a % and says how many bytes it takes.
func directive(s string) (f field, n int, name string, err error) {
	f = field{fill: " ", align: '>', precision: -1}
	if strings.HasPrefix(s, "(") {
		end := strings.IndexByte(s, ')')
		if end < 0 {
			return f, 0, "", errors.New("incomplete format key")
		}
		name, n = s[1:end], end+1
	}
flags:
	for ; n < len(s); n++ {
		switch s[n] {
		case '-':
			f.align, f.fill = '<', " "
		case '0':
			if f.align != '<' {
				f.fill, f.align = "0", '='
			}
		case '+', ' ':
			if f.sign != '+' {
				f.sign = s[n]
			}
		case '#':
			f.alternate = true
		default:
			break flags
		}
	}
	if f.width, n, err = digits(s, n); err != nil {
		return f, n, "", err
	}
	if n < len(s) && s[n] == '.' {
		if f.precision, n, err = digits(s, n+1); err != nil {
			return f, n, "", err
		}
	}
	if n == len(s) {
		return f, n, "", errors.New("incomplete format")
	}
	f.kind = s[n]
	if !strings.ContainsRune("srdiufFeEgGxXoc%", rune(f.kind)) {
		return f, n, "", fmt.Errorf("unsupported format character %q", string(f.kind))
	}
	if f.kind == 'i' || f.kind == 'u' {
		f.kind = 'd'
	}
	return f, n + 1, name, nil
}

// maxWidth is the largest width and precision of a format.
const maxWidth = 1000

func digits(s string, at int) (n, end int, err error) {
	for end = at; end < len(s) && s[end] >= '0' && s[end] <= '9'; end++ {
		if n = 10*n + int(s[end]-'0'); n > maxWidth {
			return 0, end, fmt.Errorf("the format's width is more than %d", maxWidth)
		}
	}
	return n, end, nil
}

// write is v in a field; kind 0 is the value's own form.
func (f field) write(v any) (string, error) {
	switch f.kind {
	case 's', 'r', 'c':
		s := Str(v)
		if n, ok := v.(int64); ok && f.kind == 'c' {
			s = string(rune(n))
		}
		if f.kind == 'r' {
			s = Repr(v)
		}
		if letters := []rune(s); f.precision >= 0 && len(letters) > f.precision {
			s = string(letters[:f.precision])
		}
		if f.align == '=' {
			f.align, f.fill = '>', " "
		}
		return f.pad("", s), nil
	}
	if u, ok := v.(Undefined); ok {
		return "", u
	}
	if strings.ContainsRune("dxXob", rune(f.kind)) {
		return f.integer(v)
	}
	x, ok := Number(v)
	if !ok {
		return "", fmt.Errorf("must be real number, not %s", TypeName(v))
	}
	if f.precision < 0 {
		f.precision = 6
	}
	kind, percent := f.kind, ""
	if kind == '%' {
		x, kind, percent = x*100, 'f', "%"
	}
	if kind == 'F' {
		kind = 'f'
	}
	if (kind == 'g' || kind == 'G') && f.precision == 0 {
		f.precision = 1
	}
	s := fmt.Sprintf("%."+strconv.Itoa(f.precision)+string(kind), x)
	return f.signed(s + percent), nil
}

func (f field) integer(v any) (string, error) {
	n, ok := integer(v)
	if x, float := v.(float64); float && f.kind == 'd' {
		n, ok = int64(x), true
	}
	if !ok {
		return "", fmt.Errorf("%%%c format: a real number is required, not %s", f.kind, TypeName(v))
	}
	base := map[byte]int{'d': 10, 'x': 16, 'X': 16, 'o': 8, 'b': 2}[f.kind]
	s := strconv.FormatInt(n, base)
	if f.kind == 'X' {
		s = strings.ToUpper(s)
	}
	if digits := strings.TrimPrefix(s, "-"); len(digits) < f.precision {
		s = s[:len(s)-len(digits)] + strings.Repeat("0", f.precision-len(digits)) + digits
	}
	if f.alternate && base != 10 {
		digits := strings.TrimPrefix(s, "-")
		s = s[:len(s)-len(digits)] + "0" + string(f.kind) + digits
	}
	return f.signed(s), nil
}

// signed pads a number, its sign written as the field wants.
func (f field) signed(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") || strings.HasPrefix(s, "+") {
		sign, s = s[:1], s[1:]
	} else if f.sign != 0 {
		sign = string(f.sign)
	}
	if sign == "+" && f.sign == 0 {
		sign = ""
	}
	if f.comma {
		s = grouped(s)
	}
	return f.pad(sign, s)
}

// grouped puts commas between thousands.
func grouped(s string) string {
	end := strings.IndexAny(s, ".e%")
	if end < 0 {
		end = len(s)
	}
	for i := end - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func (f field) pad(sign, s string) string {
	missing := f.width - runes(sign+s)
	if missing <= 0 {
		return sign + s
	}
	switch f.align {
	case '<':
		return sign + s + strings.Repeat(f.fill, missing)
	case '^':
		return strings.Repeat(f.fill, missing/2) + sign + s + strings.Repeat(f.fill, missing-missing/2)
	case '=':
		return sign + strings.Repeat(f.fill, missing) + s
	}
	return strings.Repeat(f.fill, missing) + sign + s
}
