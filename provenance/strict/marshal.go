package strict

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Marshal writes a value as JSON with an indent of two spaces and a newline at the end. Maps are written in the order of
// their names and structs in the order of their fields, so one value gives one text. NaN, infinities and text that is not
// UTF-8 are errors.
func Marshal(v any) ([]byte, error) {
	data, err := json.Marshal(v, json.Deterministic(true), jsontext.WithIndent("  "))
	if err != nil {
		return nil, err
	}
	return append(data, '\n'), nil
}

// MarshalLine writes a value as JSON on one line, without spaces and without a newline, otherwise like Marshal.
func MarshalLine(v any) ([]byte, error) { return json.Marshal(v, json.Deterministic(true)) }

// Unmarshal reads a document into a Go value under the limits. Names that the Go type does not have are errors; names are
// compared exactly. Errors are of type *Error.
func Unmarshal(data []byte, into any, limits Limits) error {
	if _, err := survey(data, limits.resolved()); err != nil {
		return err
	}
	if err := json.Unmarshal(data, into, json.RejectUnknownMembers(true)); err != nil {
		return semantic(data, err)
	}
	return nil
}

// Ordered is an object to write whose members keep the order given here. A name given twice is an error.
type Ordered []Field

// Field is a name of an Ordered object and whatever Marshal can write.
type Field struct {
	Name  string
	Value any
}

// MarshalJSONTo writes the members in their order; it is called by Marshal.
func (o Ordered) MarshalJSONTo(enc *jsontext.Encoder) error {
	if err := enc.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	for _, f := range o {
		if err := enc.WriteToken(jsontext.String(f.Name)); err != nil {
			return err
		}
		if err := json.MarshalEncode(enc, f.Value); err != nil {
			return err
		}
	}
	return enc.WriteToken(jsontext.EndObject)
}
