package recipe

import (
	"math"
	"strconv"
	"strings"

	"github.com/osft-project/osft/provenance/strict"
)

// Schema is the JSON Schema (draft 2020-12) of a recipe, for editors. It says less than Parse checks: not what goes with what.
func Schema() ([]byte, error) {
	return strict.Marshal(strict.Ordered{
		{Name: "$schema", Value: "https://json-schema.org/draft/2020-12/schema"},
		{Name: "title", Value: "osft recipe"},
		{Name: "type", Value: "object"},
		{Name: "additionalProperties", Value: false},
		{Name: "required", Value: []string{"base", "data", "output"}},
		{Name: "properties", Value: properties("")},
	})
}

// properties are the schemas of the keys directly below prefix.
func properties(prefix string) (list strict.Ordered) {
	done := map[string]bool{}
	for _, f := range fields {
		rest, below := strings.CutPrefix(f.key, prefix)
		if !below {
			continue
		}
		name, deeper, nested := strings.Cut(rest, ".")
		if done[name] {
			continue
		}
		done[name] = true
		if nested && deeper != "" {
			list = append(list, member(name, section(prefix+name)))
			continue
		}
		list = append(list, member(name, f.schema()))
	}
	return list
}

// required are the keys without which a section says nothing; of base.path and base.init it takes one.
var required = map[string][]string{"data": {"train", "format"}, "output": {"dir"}}

// section is the schema of a key that holds keys.
func section(key string) strict.Ordered {
	s := strict.Ordered{member("additionalProperties", false)}
	switch names := required[key]; {
	case key == "base":
		s = append(s, member("type", "object"), member("oneOf", []strict.Ordered{
			{member("required", []string{"path"})},
			{member("required", []string{"init", "tokenizer"})},
		}))
	case names != nil:
		s = append(s, member("type", "object"), member("required", names))
	default: // nothing where all its keys are comments
		s = append(s, member("type", []string{"object", "null"}))
	}
	return append(s, member("properties", properties(key+".")))
}

func member(name string, value any) strict.Field { return strict.Field{Name: name, Value: value} }

// schema is the schema of one key's value.
func (f field) schema() (s strict.Ordered) {
	s = append(s, member("description", f.doc))
	kind := f.kind()
	switch kind {
	case "list":
		text := strict.Ordered{member("type", "string"), member("minLength", 1)}
		list := strict.Ordered{member("type", "array"), member("items", text)}
		s = append(s, member("oneOf", []strict.Ordered{text, list}))
	case "string":
		s = append(s, member("type", kind), member("minLength", 1))
	default:
		s = append(s, member("type", kind))
	}
	if len(f.one) > 0 {
		s = append(s, member("enum", f.one))
	}
	if kind == "integer" || kind == "number" {
		name := "minimum"
		if f.open {
			name = "exclusiveMinimum"
		}
		s = append(s, member(name, f.low))
		if name = "maximum"; f.short {
			name = "exclusiveMaximum"
		}
		if !math.IsInf(f.high, 1) {
			s = append(s, member(name, f.high))
		}
	}
	if value, ok := f.defaultValue(); ok {
		s = append(s, member("default", value))
	}
	return s
}

// defaultValue is the default as a JSON value.
func (f field) defaultValue() (any, bool) {
	if f.def == "" {
		return nil, false
	}
	switch f.kind() {
	case "boolean":
		return f.def == "true", true
	case "integer", "number":
		value, err := strconv.ParseFloat(f.def, 64)
		return value, err == nil
	case "list":
		inner := strings.Trim(f.def, "[]")
		if inner == "" {
			return []string{}, true
		}
		return strings.Split(inner, ", "), true
	}
	return f.def, true
}
