package value

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// JSON are the options of tojson, as Transformers has them.
type JSON struct {
	ASCII      bool   // characters beyond ASCII as escapes
	Indent     string // of one level; lines only where Lines
	Lines      bool
	Item, Pair string // the separators
	Sorted     bool
}

// Write is a value as JSON, keys in their order: Python's json.dumps.
func (j JSON) Write(v any) (string, error) {
	var b strings.Builder
	err := j.write(&b, v, 0)
	return b.String(), err
}

func (j JSON) write(b *strings.Builder, v any, depth int) error {
	if depth > maxNesting {
		return fmt.Errorf("tojson: the value nests deeper than %d", maxNesting)
	}
	switch v := v.(type) {
	case nil:
		b.WriteString("null")
	case bool:
		b.WriteString(map[bool]string{true: "true", false: "false"}[v])
	case int64:
		b.WriteString(Repr(v))
	case float64:
		b.WriteString(jsonFloat(v))
	case string:
		j.quote(b, v)
	case Safe:
		j.quote(b, string(v))
	case *Sequence:
		if v.Kind > Tuple {
			return fmt.Errorf("Object of type %s is not JSON serializable", TypeName(v))
		}
		return j.list(b, v, depth)
	case *Dict:
		return j.dict(b, v, depth)
	default:
		return fmt.Errorf("Object of type %s is not JSON serializable", TypeName(v))
	}
	return nil
}

func jsonFloat(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	return Float(f)
}

// between writes what stands before item i of a list or dict, and at its end (i < 0).
func (j JSON) between(b *strings.Builder, i, depth int) {
	if i > 0 {
		b.WriteString(j.Item)
	}
	if j.Lines {
		if i >= 0 {
			depth++
		}
		b.WriteByte('\n')
		b.WriteString(strings.Repeat(j.Indent, depth))
	}
}

func (j JSON) list(b *strings.Builder, s *Sequence, depth int) error {
	b.WriteByte('[')
	for i, item := range s.Items {
		j.between(b, i, depth)
		if err := j.write(b, item, depth+1); err != nil {
			return err
		}
	}
	if len(s.Items) > 0 {
		j.between(b, -1, depth)
	}
	b.WriteByte(']')
	return nil
}

func (j JSON) dict(b *strings.Builder, d *Dict, depth int) error {
	entries := d.entries
	if j.Sorted {
		var err error
		entries = slices.Clone(entries)
		slices.SortStableFunc(entries, func(x, y entry) int {
			c, e := Order(x.key, y.key)
			if e != nil {
				err = e
			}
			return c
		})
		if err != nil {
			return err
		}
	}
	b.WriteByte('{')
	for i, e := range entries {
		name, err := jsonKey(e.key)
		if err != nil {
			return err
		}
		j.between(b, i, depth)
		j.quote(b, name)
		b.WriteString(j.Pair)
		if err := j.write(b, e.value, depth+1); err != nil {
			return err
		}
	}
	if len(entries) > 0 {
		j.between(b, -1, depth)
	}
	b.WriteByte('}')
	return nil
}

func jsonKey(k any) (string, error) {
	switch k := k.(type) {
	case string:
		return k, nil
	case nil, bool, int64, float64:
		return JSON{}.Write(k)
	}
	return "", fmt.Errorf("keys must be str, int, float, bool or None, not %s", TypeName(k))
}

// quote writes a JSON string; no character is escaped for HTML.
func (j JSON) quote(b *strings.Builder, s string) {
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\b':
			b.WriteString(`\b`)
		case r == '\f':
			b.WriteString(`\f`)
		case r < 0x20 || j.ASCII && r >= 0x7f && r < 0x10000:
			b.WriteString(`\u` + hex(r, 4))
		case j.ASCII && r >= 0x10000:
			b.WriteString(`\u` + hex(0xd800+(r-0x10000)>>10, 4) + `\u` + hex(0xdc00+(r-0x10000)&0x3ff, 4))
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
}
