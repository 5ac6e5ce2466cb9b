package value

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Format is Python's str.format. Fields name arguments by place or name; attributes and indexes within a field are refused.
func Format(format string, place []any, named *Dict) (string, error) {
	var b strings.Builder
	next := 0
	for i := 0; i < len(format); i++ {
		c := format[i]
		if c != '{' && c != '}' {
			b.WriteByte(c)
			continue
		}
		if i+1 < len(format) && format[i+1] == c {
			b.WriteByte(c)
			i++
			continue
		}
		end := strings.IndexByte(format[i:], '}')
		if c == '}' || end < 0 {
			return "", fmt.Errorf("single '%c' encountered in format string", c)
		}
		text, err := placed(format[i+1:i+end], place, named, &next)
		if err != nil {
			return "", err
		}
		if b.WriteString(text); b.Len() > MaxText {
			return "", errLarge
		}
		i += end
	}
	return b.String(), nil
}

// placed writes one field, given without its braces.
func placed(text string, place []any, named *Dict, next *int) (string, error) {
	name, spec, _ := strings.Cut(text, ":")
	name, conversion, converted := strings.Cut(name, "!")
	if strings.ContainsAny(name, ".[{") || strings.Contains(spec, "{") {
		return "", fmt.Errorf("the field {%s} is not supported (compute the value outside the text)", text)
	}
	if name == "" {
		name = strconv.Itoa(*next)
		*next++
	}
	var v any
	if n, err := strconv.Atoi(name); err == nil {
		if n < 0 || n >= len(place) {
			return "", fmt.Errorf("replacement index %d out of range for positional args", n)
		}
		v = place[n]
	} else if found, ok := named.Get(name); ok {
		v = found
	} else {
		return "", fmt.Errorf("the format names the argument %s, which is missing", Repr(name))
	}
	if converted {
		switch conversion {
		case "r":
			v = Repr(v)
		case "s":
			v = Str(v)
		default:
			return "", fmt.Errorf("unknown conversion %q", conversion)
		}
	}
	if spec == "" {
		return Str(v), nil
	}
	f, err := specification(spec, v)
	if err != nil {
		return "", err
	}
	return f.write(v)
}

// specification reads Python's format specification for a value.
func specification(s string, v any) (field, error) {
	f := field{fill: " ", precision: -1}
	_, number := Number(v)
	if _, isBool := v.(bool); isBool {
		return f, errors.New("a format for a boolean is not supported")
	}
	f.align = '<'
	if number {
		f.align = '>'
	}
	_, n := utf8.DecodeRuneInString(s)
	if len(s) > n && strings.IndexByte("<>^=", s[n]) >= 0 {
		f.fill, f.align, s = s[:n], s[n], s[n+1:]
	} else if s != "" && strings.IndexByte("<>^=", s[0]) >= 0 {
		f.align, s = s[0], s[1:]
	}
	if s != "" && strings.IndexByte("+- ", s[0]) >= 0 {
		if s[0] != '-' {
			f.sign = s[0]
		}
		s = s[1:]
	}
	if strings.HasPrefix(s, "#") {
		f.alternate, s = true, s[1:]
	}
	if strings.HasPrefix(s, "0") && number {
		f.fill, f.align = "0", '='
	}
	return f.tail(s, v)
}

// tail reads width, comma, precision and kind.
func (f field) tail(s string, v any) (field, error) {
	var n int
	var err error
	if f.width, n, err = digits(s, 0); err != nil {
		return f, err
	}
	if s = s[n:]; strings.HasPrefix(s, ",") {
		f.comma, s = true, s[1:]
	}
	if strings.HasPrefix(s, ".") {
		if f.precision, n, err = digits(s, 1); err != nil {
			return f, err
		}
		s = s[n:]
	}
	if len(s) == 1 {
		f.kind = s[0]
	}
	_, isInt := v.(int64)
	_, isFloat := v.(float64)
	if s == "" {
		f.kind = 's'
		if isInt {
			f.kind = 'd'
		}
	}
	fits := isInt && strings.IndexByte("dxXobfFeEgG%c", f.kind) >= 0 || isFloat && strings.IndexByte("fFeEgG%", f.kind) >= 0 || !isInt && !isFloat && f.kind == 's'
	if isFloat && s == "" && f.precision < 0 && !f.comma { // the float's own form, padded
		fits, f.kind = true, 's'
	}
	if !fits || len(s) > 1 {
		return f, fmt.Errorf("the format %q does not fit '%s'", s, TypeName(v))
	}
	return f, nil
}
