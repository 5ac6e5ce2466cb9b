package template

import (
	"fmt"
	"strings"

	"github.com/osft-project/osft/data/template/value"
	"github.com/osft-project/osft/provenance/strict"
)

// Pair is an item of an Object.
type Pair struct {
	Name  string
	Value any
}

// Object is a mapping from Go, in order.
type Object []Pair

// From makes a template's value of nil, a bool, int, int64, float64 or string, of []any and Object with such values, or of a
// strict.Value, whose numbers are integers where they are written as such. A Go map has no order and is refused.
func From(v any) (any, error) {
	switch v := v.(type) {
	case nil, bool, int64, float64, string:
		return v, nil
	case int:
		return int64(v), nil
	case []any:
		return listOf(v)
	case Object:
		d := &value.Dict{}
		for _, p := range v {
			item, err := From(p.Value)
			if err != nil {
				return nil, err
			}
			if err := d.Set(p.Name, item); err != nil {
				return nil, err
			}
		}
		return d, nil
	case strict.Value:
		return fromJSON(v)
	}
	return nil, fmt.Errorf("a template takes no value of Go's type %T", v)
}

func listOf(items []any) (any, error) {
	list := make([]any, len(items))
	for i, item := range items {
		var err error
		if list[i], err = From(item); err != nil {
			return nil, err
		}
	}
	return value.NewList(list...), nil
}

func fromJSON(v strict.Value) (any, error) {
	switch v.Kind() {
	case strict.Null:
		return nil, nil
	case strict.Bool:
		return v.Bool()
	case strict.String:
		return v.String()
	case strict.Number: // Python reads a number with a fraction or an exponent as a float
		if !strings.ContainsAny(v.Raw(), ".eE") {
			return v.Int64()
		}
		return v.Float64()
	case strict.Array:
		elements, err := v.Array()
		if err != nil {
			return nil, err
		}
		items := make([]any, len(elements))
		for i, e := range elements {
			items[i] = e
		}
		return listOf(items)
	}
	members, err := v.Object()
	if err != nil {
		return nil, err
	}
	o := make(Object, len(members))
	for i, m := range members {
		o[i] = Pair{m.Name, m.Value}
	}
	return From(o)
}
