// Package format turns a row into text: which fields it is made of, in whose wording, which part of it the model should learn
// to say, and which part somebody else wrote, so that a control token spelled there stays mere text.
//
// A format is a file of this package, registered by its name in recipes. It refuses to guess: a field that is missing, is no
// string or leaves nothing to learn is an error that names the field. Tokens, lengths and order are not its business.
package format

import (
	"fmt"
	"slices"
	"strings"

	"github.com/osft-project/osft/data/source"
	"github.com/osft-project/osft/data/tokenizer"
	"github.com/osft-project/osft/provenance/strict"
)

// Span is a range of bytes of a text, End excluded.
type Span = tokenizer.Span

// Rendered is a row as text.
type Rendered struct {
	Text   string
	Learn  []Span // what the model should say; nil is everything
	Quoted []Span // what comes from the row, ascending and apart
	Closed bool   // the text has its own beginning and end; no tokens are put around it
}

// Options say which fields a row is made of.
type Options struct {
	Field    string // text: the field, "" is "text"
	Template string // text: fields in braces, instead of Field
	Fields   Fields
	AddBOS   bool // a begin-of-sequence token is put before the text, which must not have its own
	AddEOS   bool // an end-of-sequence token is put behind the text, likewise
}

// Fields are the names of fields; "" is the usual name.
type Fields struct {
	Prompt, Completion         string
	Instruction, Input, Output string
	Messages                   string
	User, Assistant, System    string
}

// Format makes text of a row. Errors begin with the field; the caller puts the row before.
type Format func(row source.Row) (Rendered, error)

// formats are the known formats, each in the file of its name.
var formats = map[string]func(Options, Language) (Format, error){}

// New returns a format by its name. Errors begin with the key of the recipe that is to blame.
func New(name string, o Options, l Language) (Format, error) {
	f, ok := formats[name]
	if !ok {
		return nil, fmt.Errorf("data.format: %q is not known (write %s)", name, strings.Join(Names(), ", "))
	}
	return f(o, l)
}

// Names lists the known formats.
func Names() (list []string) {
	for name := range formats {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

// named is a field's name, or its usual one.
func named(name, usual string) string {
	if name == "" {
		return usual
	}
	return name
}

// field returns a field that must be a string.
func field(row source.Row, name string) (string, error) {
	value, ok := row.Object.Get(name)
	if !ok {
		return "", fmt.Errorf("%s: is missing%s", name, Others(row))
	}
	return content(name, value)
}

// content is a value that must be a string.
func content(name string, value strict.Value) (string, error) {
	if value.Kind() != strict.String {
		return "", fmt.Errorf("%s: is %s, not a string (write text in quotes)", name, value.Kind())
	}
	return value.String()
}

// Others says which fields a row has, as the end of a message about one that it lacks.
func Others(row source.Row) string {
	members, _ := row.Object.Object()
	names := make([]string, len(members))
	for i, m := range members {
		names[i] = m.Name
	}
	switch {
	case row.Plain:
		return " (the file is plain text, which data.format: text reads)"
	case len(names) == 0:
		return " (the row is empty)"
	}
	return " (the row has " + strings.Join(names, ", ") + "; name the right one in the recipe)"
}

// Has tells whether a row has a field that is not null.
func Has(row source.Row, name string) bool {
	value, ok := row.Object.Get(name)
	return ok && !value.IsNull()
}

// piece is a part of a text under construction.
type piece struct {
	text   string
	quoted bool // comes from the row
	learn  bool
}

// joined is the text of pieces in order.
func joined(pieces ...piece) (r Rendered) {
	var text strings.Builder
	for _, p := range pieces {
		at := Span{Start: text.Len(), End: text.Len() + len(p.text)}
		text.WriteString(p.text)
		if at.Start == at.End {
			continue
		}
		if p.quoted {
			r.Quoted = append(r.Quoted, at)
		}
		if p.learn {
			r.Learn = append(r.Learn, at)
		}
	}
	r.Text = text.String()
	return r
}
