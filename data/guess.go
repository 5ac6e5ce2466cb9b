package data

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/osft-project/osft/data/format"
	"github.com/osft-project/osft/data/source"
	"github.com/osft-project/osft/provenance/strict"
)

// Guessed is how the rows of a file can be read.
type Guessed struct {
	Format  string
	Fields  Fields
	Field   string    // format text
	Reason  string    // one sentence without its full stop; it tells of other ways to read the rows
	Instead []Guessed // the other ways
	Longer  bool      // the file has more than the rows that were looked at
}

// guessRows is how many rows a guess looks at.
const guessRows = 50

// Guess looks at the first rows of a file and says how all of them can be read. Where nothing fits every row it says which
// fields the row has that does not fit, and guesses nothing.
func Guess(ctx context.Context, fsys fs.FS, file string) (g Guessed, err error) {
	var forms []Guessed
	seen := 0
	err = source.Read(ctx, fsys, []string{file}, func(row source.Row) error {
		if seen++; seen > guessRows {
			g.Longer = true
			return source.ErrStop
		}
		these, err := formsOf(row)
		if err != nil {
			return fmt.Errorf("%s: %w", row.Where(), err)
		}
		if seen == 1 {
			forms = these
			return nil
		}
		before := forms[0].Reason
		forms = slices.DeleteFunc(forms, func(f Guessed) bool { return !slices.ContainsFunc(these, f.same) })
		if len(forms) == 0 {
			return fmt.Errorf("%s: is of another form than the rows before it: %s; before: %s (keep rows of one form in a file)",
				row.Where(), these[0].Reason, before)
		}
		return nil
	})
	if err != nil {
		return Guessed{}, err
	}
	return chosen(forms, g.Longer), nil
}

func (g Guessed) same(other Guessed) bool {
	return g.Format == other.Format && g.Field == other.Field && g.Fields == other.Fields
}

// chosen is the first of some ways, with the others named.
func chosen(forms []Guessed, longer bool) Guessed {
	g := forms[0]
	g.Instead, g.Longer = forms[1:], longer
	var others []string
	for _, f := range g.Instead {
		others = append(others, f.Format+", since "+f.Reason)
	}
	if len(others) > 0 {
		g.Reason += " (they could be read otherwise: " + strings.Join(others, "; ") + ")"
	}
	return g
}

// pairs are names of fields that are often what is asked and what is answered. The first has the names that a recipe leaves out.
var pairs = [][2]string{{"prompt", "completion"}, {"prompt", "response"}, {"question", "answer"}, {"query", "response"}, {"input", "output"}}

// formsOf lists the ways in which a row can be read, the most telling first. What is asked and answered can be read without a
// chat template, and with one as two turns.
func formsOf(row source.Row) (list []Guessed, err error) {
	if row.Err != nil {
		return nil, row.Err
	}
	if row.Plain {
		return []Guessed{{Format: "text", Reason: "the file is plain text, which is cut into windows"}}, nil
	}
	is := func(kind strict.Kind, names ...string) bool {
		return !slices.ContainsFunc(names, func(name string) bool {
			value, ok := row.Object.Get(name)
			return !ok || value.Kind() != kind
		})
	}
	for _, name := range []string{"messages", "conversations"} {
		if is(strict.Array, name) {
			list = append(list, Guessed{Format: "chat", Reason: "rows have " + name + ", a list of turns"})
		}
	}
	if is(strict.String, "instruction", "output") {
		list = append(list, Guessed{Format: "prompt", Reason: "rows have an instruction and its output"})
	}
	for _, pair := range pairs {
		if is(strict.String, pair[:]...) && !(pair[0] == "input" && format.Has(row, "instruction")) {
			list = append(list, paired(pair)...)
		}
	}
	for _, name := range []string{"text", "content"} {
		if is(strict.String, name) {
			list = append(list, Guessed{Format: "text", Field: unusual(name, "text"), Reason: "rows have " + name})
		}
	}
	if len(list) == 0 {
		return nil, errors.New("is of no known form" + strings.Replace(format.Others(row), "name the right one in the recipe", "write a recipe that names the right one", 1))
	}
	return list, nil
}

// paired are the ways to read what is asked and what is answered.
func paired(pair [2]string) []Guessed {
	prompt := Guessed{Format: "prompt", Reason: fmt.Sprintf("rows have %s and %s", pair[0], pair[1])}
	if pair != pairs[0] {
		prompt.Fields = Fields{Prompt: pair[0], Completion: pair[1]}
	}
	return []Guessed{prompt, {
		Format: "chat", Fields: Fields{User: pair[0], Assistant: pair[1]},
		Reason: fmt.Sprintf("%s and %s could be the user's and the assistant's turn", pair[0], pair[1]),
	}}
}

// unusual is a name, or nothing where it is the usual one, which a recipe leaves out.
func unusual(name, usual string) string {
	if name == usual {
		return ""
	}
	return name
}
