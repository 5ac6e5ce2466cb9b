// Package data turns rows into batches of tokens: which tokens a row becomes, which of them the model should learn to say,
// how rows are ordered, packed and put into steps, and the ledger of what became of every row. Nothing is dropped in silence:
// a row that is cut, left out or kept for validation is in the ledger, and a row from which nothing could be learnt is an
// error.
//
// It knows neither models nor recipes. Arithmetic of training is not here; the tokens of a step are a pure function of the
// files, the Spec and the number of the step.
package data

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/osft-project/osft/data/format"
)

// Spec says how files become sequences of tokens. The words are those of the recipe's data section.
type Spec struct {
	Files           []string
	Validation      string  // a file; "" is none
	ValidationShare float64 // of the rows of Files, by content digest
	Start, End      int     // rows of Files that are used, End excluded; End -1 is all
	Format          string  // text, prompt, chat
	Field           string  // text: the field, "" is "text"
	Template        string  // text: fields in braces, instead of Field
	Fields          Fields
	TrainOn         string // completion, all
	AddBOS, AddEOS  bool
	Order           string // file, shuffled
	Packing         bool
	Windows         string // separate, contiguous
	TooLong         string // error, truncate, drop
	MaxLength       int    // tokens
	Batch           int    // sequences a micro-batch
	Accumulate      int    // micro-batches a step
	Seed            uint64
}

// check finds what Build cannot work with; recipes are checked before.
func (s Spec) check() error {
	var problems []error
	for _, c := range []struct {
		key, value string
		known      []string
	}{
		{"data.train_on", s.TrainOn, []string{"completion", "all"}},
		{"data.order", s.Order, []string{"file", "shuffled"}},
		{"data.windows", s.Windows, []string{"separate", "contiguous"}},
		{"data.too_long", s.TooLong, []string{"error", "truncate", "drop"}},
	} {
		if !slices.Contains(c.known, c.value) {
			problems = append(problems, fmt.Errorf("%s: %q is not known (write %s)", c.key, c.value, strings.Join(c.known, " or ")))
		}
	}
	for _, c := range []struct {
		key          string
		value, least int
	}{{"train.max_length", s.MaxLength, 2}, {"train.batch", s.Batch, 1}, {"train.accumulate", s.Accumulate, 1}} {
		if c.value < c.least {
			problems = append(problems, fmt.Errorf("%s: is %d (write at least %d)", c.key, c.value, c.least))
		}
	}
	if s.Start < 0 || s.End >= 0 && s.End <= s.Start {
		problems = append(problems, fmt.Errorf("data.rows: %d..%d: holds no row (write the first row and the one after the last)", s.Start, s.End))
	}
	if !(s.ValidationShare >= 0 && s.ValidationShare < 1) {
		problems = append(problems, fmt.Errorf("data.validation_share: is %v (write a number from 0 to below 1)", s.ValidationShare))
	}
	return errors.Join(problems...)
}

// Fields are the names of fields; "" is the usual name.
type Fields = format.Fields

// Language is what turns text into tokens.
type Language = format.Language

// Message is a turn of a conversation.
type Message = format.Message

// ChatTemplate writes conversations as the model's publisher does.
type ChatTemplate = format.Template

// Range is a range of bytes of a text, End excluded.
type Range = format.Span

// checkEnds finds tokens that should be put around texts and are not known. A chat template writes its own.
func (s Spec) checkEnds(l Language) error {
	var problems []error
	if s.AddBOS && l.BOS < 0 && s.Format != "chat" {
		problems = append(problems, errors.New("data.add_bos: the tokenizer has no begin-of-sequence token (write data.add_bos: false)"))
	}
	if s.AddEOS && l.EOS < 0 && s.Format != "chat" {
		problems = append(problems, errors.New("data.add_eos: the tokenizer has no end-of-sequence token (write data.add_eos: false)"))
	}
	return errors.Join(problems...)
}

// Example is one sequence of tokens: a row, or a window of plain text.
type Example struct {
	Tokens []int32
	// Next is the token that each position should predict, -1 where that does not count. But for the last token of a window
	// it is the following one of Tokens.
	Next []int32
	Rows []string // where it comes from, for messages
}

// Targets is the number of tokens that count.
func (e Example) Targets() (n int) {
	for _, t := range e.Next {
		if t >= 0 {
			n++
		}
	}
	return n
}
