package data

import (
	"fmt"
	"strings"

	"github.com/osft-project/osft/data/source"
	"github.com/osft-project/osft/provenance/strict"
)

// render makes text of a row. Errors name the field; the caller puts the row before.
type render func(row source.Row) (rendered, error)

// formats are the known formats of rows, each in the file of its name.
var formats = map[string]func(Spec, Language) (render, error){}

// text returns a field that must be a string.
func text(row source.Row, name string) (string, error) {
	value, ok := row.Object.Get(name)
	if !ok {
		return "", fmt.Errorf("%s: is missing%s", name, others(row))
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

// others lists the fields that a row has.
func others(row source.Row) string {
	members, _ := row.Object.Object()
	names := make([]string, len(members))
	for i, m := range members {
		names[i] = m.Name
	}
	if len(names) == 0 {
		return " (the row is empty)"
	}
	return " (the row has " + strings.Join(names, ", ") + "; name the right one in the recipe)"
}

// has tells whether a row has a field.
func has(row source.Row, name string) bool {
	_, ok := row.Object.Get(name)
	return ok
}

// piece is a part of a text under construction.
type piece struct {
	text   string
	quoted bool // comes from the row
	learn  bool
}

// joined is the text of pieces in order.
func joined(pieces ...piece) (r rendered) {
	var text strings.Builder
	for _, p := range pieces {
		at := span{Start: text.Len(), End: text.Len() + len(p.text)}
		text.WriteString(p.text)
		if at.Start == at.End {
			continue
		}
		if p.quoted {
			r.quoted = append(r.quoted, at)
		}
		if p.learn {
			r.learn = append(r.learn, at)
		}
	}
	r.text = text.String()
	return r
}
