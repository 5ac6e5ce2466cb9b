package data

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/osft-project/osft/data/source"
)

// Guessed is what a file of rows seems to be.
type Guessed struct {
	Format string
	Fields Fields
	Field  string // format text
	Reason string // one sentence
	Longer bool   // more than the rows that were looked at
}

// guessRows is how many rows a guess looks at.
const guessRows = 50

var errEnough = errors.New("enough rows were seen")

// Guess looks at the first rows of a file and says how they can be read. It refuses to guess where rows differ or where
// nothing fits, and says what the rows have.
func Guess(ctx context.Context, fsys fs.FS, file string) (g Guessed, err error) {
	seen := 0
	err = source.Read(ctx, fsys, []string{file}, func(row source.Row) error {
		if seen++; seen > guessRows {
			return errEnough
		}
		this, err := guess(row)
		if err != nil {
			return fmt.Errorf("%s: %w", row.Where(), err)
		}
		if seen > 1 && (this.Format != g.Format || this.Fields != g.Fields || this.Field != g.Field) {
			return fmt.Errorf("%s: is of another form than the rows before it (%s; before: %s)", row.Where(), this.Reason, g.Reason)
		}
		g = this
		return nil
	})
	if errors.Is(err, errEnough) {
		g.Longer, err = true, nil
	}
	return g, err
}

// guess tries the known forms of a row, the most telling first.
func guess(row source.Row) (Guessed, error) {
	if row.Plain {
		return Guessed{Format: "text", Reason: "the file is plain text, which is cut into windows"}, nil
	}
	for _, list := range []string{"messages", "conversations"} {
		if has(row, list) {
			return Guessed{Format: "chat", Reason: "rows have a list of turns, " + list}, nil
		}
	}
	for _, pair := range [][2]string{{"prompt", "completion"}, {"prompt", "response"}, {"question", "answer"}, {"input", "output"}} {
		if has(row, pair[0]) && has(row, pair[1]) && !has(row, "instruction") {
			g := Guessed{Format: "prompt", Reason: fmt.Sprintf("rows have %s and %s", pair[0], pair[1])}
			if pair != [2]string{"prompt", "completion"} {
				g.Fields = Fields{Prompt: pair[0], Completion: pair[1]}
			}
			return g, nil
		}
	}
	if has(row, "instruction") && has(row, "output") {
		return Guessed{Format: "prompt", Reason: "rows have an instruction and its output"}, nil
	}
	for _, field := range []string{"text", "content", "completion"} {
		if has(row, field) {
			g := Guessed{Format: "text", Reason: "rows have " + field}
			if field != "text" {
				g.Field = field
			}
			return g, nil
		}
	}
	return Guessed{}, fmt.Errorf("is of no known form%s", strings.Replace(others(row), "name the right one in the recipe", "write a recipe that names them", 1))
}
