package value

import (
	"math"
	"strconv"
	"strings"
	"unicode"
)

// maxNesting is how deep values print and compare; the value that refers to itself ends there.
const maxNesting = 100

// Str is a value as Jinja writes it into the output: Python's str.
func Str(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case Safe:
		return string(v)
	case Undefined:
		return ""
	}
	return Repr(v)
}

// Repr is a value as it stands in a printed list: Python's repr.
func Repr(v any) string {
	var b strings.Builder
	repr(&b, v, 0)
	return b.String()
}

func repr(b *strings.Builder, v any, depth int) {
	if depth > maxNesting || b.Len() > MaxText {
		b.WriteString("...")
		return
	}
	switch v := v.(type) {
	case nil:
		b.WriteString("None")
	case bool:
		b.WriteString(map[bool]string{true: "True", false: "False"}[v])
	case int64:
		b.WriteString(strconv.FormatInt(v, 10))
	case float64:
		b.WriteString(Float(v))
	case string:
		quote(b, v)
	case Safe:
		b.WriteString("Markup(")
		quote(b, string(v))
		b.WriteByte(')')
	case Undefined:
		b.WriteString("Undefined")
	case *Dict:
		reprDict(b, v, depth)
	case *Sequence:
		reprSequence(b, v, depth)
	case Named:
		b.WriteString(v.Text())
	default:
		b.WriteString("<" + TypeName(v) + " object>")
	}
}

func reprDict(b *strings.Builder, d *Dict, depth int) {
	b.WriteByte('{')
	for i, e := range d.entries {
		if i > 0 {
			b.WriteString(", ")
		}
		repr(b, e.key, depth+1)
		b.WriteString(": ")
		repr(b, e.value, depth+1)
	}
	b.WriteByte('}')
}

func reprSequence(b *strings.Builder, s *Sequence, depth int) {
	open, end := "[", "]"
	switch s.Kind {
	case Range:
		b.WriteString(rangeText(s))
		return
	case Tuple:
		open, end = "(", ")"
		if len(s.Items) == 1 {
			end = ",)"
		}
	case Keys, Items, Entries:
		open, end = TypeName(s)+"([", "])"
	}
	b.WriteString(open)
	for i, item := range s.Items {
		if i > 0 {
			b.WriteString(", ")
		}
		repr(b, item, depth+1)
	}
	b.WriteString(end)
}

func rangeText(s *Sequence) string {
	text := "range(" + strconv.FormatInt(s.start, 10) + ", " + strconv.FormatInt(s.stop, 10)
	if s.step != 1 {
		text += ", " + strconv.FormatInt(s.step, 10)
	}
	return text + ")"
}

// quote writes a string as Python does: in single quotes unless only those occur in it; what does not print as an escape.
func quote(b *strings.Builder, s string) {
	mark := '\''
	if strings.Contains(s, "'") && !strings.Contains(s, "\"") {
		mark = '"'
	}
	b.WriteRune(mark)
	for _, r := range s {
		switch {
		case r == mark || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r < 0x100:
			b.WriteString(`\x` + hex(r, 2))
		case r < 0x10000:
			b.WriteString(`\u` + hex(r, 4))
		default:
			b.WriteString(`\U` + hex(r, 8))
		}
	}
	b.WriteRune(mark)
}

func hex(r rune, digits int) string {
	s := strconv.FormatInt(int64(r), 16)
	return strings.Repeat("0", digits-len(s)) + s
}

// Float is a float as Python prints it: the shortest digits that give it back, with an exponent from 1e16 on and below 1e-4.
func Float(f float64) string {
	switch {
	case math.IsNaN(f):
		return "nan"
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	}
	if a := math.Abs(f); a != 0 && (a < 1e-4 || a >= 1e16) {
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}
