package data

import (
	"errors"
	"fmt"
	"strings"

	"github.com/osft-project/osft/data/source"
)

func init() { formats["text"] = textFormat }

// textFormat reads running text: a file of plain text, a field of each row, or a template over fields. Everything counts.
func textFormat(spec Spec, _ Language) (render, error) {
	parts := []templatePart{{field: named(spec.Field, "text")}}
	if spec.Template != "" {
		var err error
		if parts, err = parseTemplate(spec.Template); err != nil {
			return nil, fmt.Errorf("data.template: %w", err)
		}
	}
	return func(row source.Row) (rendered, error) {
		if row.Plain {
			return joined(piece{text: row.Text, quoted: true}), nil
		}
		var pieces []piece
		for _, part := range parts {
			p := piece{text: part.literal}
			if part.field != "" {
				value, err := text(row, part.field)
				if err != nil {
					return rendered{}, err
				}
				p = piece{text: value, quoted: true}
			}
			pieces = append(pieces, p)
		}
		r := joined(pieces...)
		if strings.TrimSpace(r.text) == "" {
			return r, fmt.Errorf("%s: is empty (remove the row)", named(parts[0].field, "data.template"))
		}
		return r, nil
	}, nil
}

// templatePart is literal text or a field.
type templatePart struct{ literal, field string }

// parseTemplate reads "Question: {question}": names in braces are fields, and two braces are one.
func parseTemplate(template string) (parts []templatePart, err error) {
	var literal strings.Builder
	flush := func() {
		if literal.Len() > 0 {
			parts = append(parts, templatePart{literal: literal.String()})
			literal.Reset()
		}
	}
	fields := 0
	for i := 0; i < len(template); i++ {
		c := template[i]
		double := i+1 < len(template) && template[i+1] == c
		switch {
		case (c == '{' || c == '}') && double:
			literal.WriteByte(c)
			i++
		case c == '}':
			return nil, fmt.Errorf("has a } at byte %d without its { (write }} for a brace)", i)
		case c == '{':
			end := strings.IndexByte(template[i:], '}')
			if end < 2 {
				return nil, fmt.Errorf("has a { at byte %d without a field's name and } (write {{ for a brace)", i)
			}
			flush()
			parts = append(parts, templatePart{field: template[i+1 : i+end]})
			fields++
			i += end
		default:
			literal.WriteByte(c)
		}
	}
	flush()
	if fields == 0 {
		return nil, errors.New("names no field (write a field's name in braces, such as {text})")
	}
	return parts, nil
}
