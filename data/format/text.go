package format

import (
	"errors"
	"fmt"
	"strings"

	"github.com/osft-project/osft/data/source"
)

func init() { formats["text"] = textFormat }

// textFormat reads running text: a file of plain text, a field of each row, or a template over fields. Everything counts.
func textFormat(o Options, l Language) (Format, error) {
	parts := []part{{field: named(o.Field, "text")}}
	if o.Template != "" {
		var err error
		if parts, err = parseTemplate(o.Template); err == nil {
			err = doubled(parts, o, l)
		}
		if err != nil {
			return nil, fmt.Errorf("data.template: %w", err)
		}
	}
	return func(row source.Row) (Rendered, error) {
		if row.Plain {
			return plain(row, o)
		}
		pieces := make([]piece, len(parts))
		for i, part := range parts {
			pieces[i] = piece{text: part.literal}
			if part.field != "" {
				value, err := field(row, part.field)
				if err != nil {
					return Rendered{}, err
				}
				pieces[i] = piece{text: value, quoted: true}
			}
		}
		r := joined(pieces...)
		if strings.TrimSpace(r.Text) == "" {
			return r, fmt.Errorf("%s: is empty, there is nothing to learn (remove the row)", named(parts[0].field, "data.template"))
		}
		return r, nil
	}, nil
}

// plain is a file of text, which has no fields.
func plain(row source.Row, o Options) (Rendered, error) {
	if o.Field != "" || o.Template != "" {
		return Rendered{}, errors.New("is plain text, which has no fields (remove data.field and data.template)")
	}
	if strings.TrimSpace(row.Text) == "" {
		return Rendered{}, errors.New("is empty, there is nothing to learn (remove the file)")
	}
	return joined(piece{text: row.Text, quoted: true}), nil
}

// part is literal text or a field.
type part struct{ literal, field string }

// doubled refuses a template that writes the token that begins or ends a sequence itself where the recipe has it added too:
// a model that always sees it twice does not know it once.
func doubled(parts []part, o Options, l Language) error {
	if literal := parts[0].literal; o.AddBOS && literal != "" {
		ids, _ := l.Tokenizer.EncodeAround(literal, nil)
		if len(ids) > 0 && ids[0] == l.BOS {
			return errors.New("begins with the begin-of-sequence token that data.add_bos puts there too (remove one)")
		}
	}
	if literal := parts[len(parts)-1].literal; o.AddEOS && literal != "" {
		ids, _ := l.Tokenizer.EncodeAround(literal, nil)
		if len(ids) > 0 && ids[len(ids)-1] == l.EOS {
			return errors.New("ends with the end-of-sequence token that data.add_eos puts there too (remove it, or write data.add_eos: false)")
		}
	}
	return nil
}

// parseTemplate reads "Question: {question}": names in braces are fields, and two braces are one.
func parseTemplate(template string) (parts []part, err error) {
	var literal strings.Builder
	flush := func() {
		if literal.Len() > 0 {
			parts = append(parts, part{literal: literal.String()})
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
			end := strings.IndexAny(template[i+1:], "{}") + 1
			if end < 2 || template[i+end] == '{' {
				return nil, fmt.Errorf("has a { at byte %d without a field's name and } (write {{ for a brace)", i)
			}
			flush()
			parts = append(parts, part{field: template[i+1 : i+end]})
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
