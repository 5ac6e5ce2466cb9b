// Package data turns rows into batches of tokens: which tokens a row becomes, which of them the model should learn to say,
// how rows are ordered, packed and put into steps, and the ledger of what became of every row. Nothing is dropped in silence:
// a row that is cut, left out or kept for validation is in the ledger, and a row from which nothing could be learnt is an
// error.
//
// It knows neither models nor recipes. Arithmetic of training is not here; the tokens of a step are a pure function of the
// files, the Spec and the number of the step.
package data

import (
	"github.com/osft-project/osft/data/tokenizer"
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

// Fields are the names of fields; "" is the usual name.
type Fields struct {
	Prompt, Completion         string
	Instruction, Input, Output string
	Messages                   string
	User, Assistant, System    string
}

// Language is what turns text into tokens.
type Language struct {
	Tokenizer *tokenizer.Tokenizer
	Chat      ChatTemplate // nil where there is none
	BOS, EOS  int32        // -1 where there is none
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

// named is a field's name, or its usual one.
func named(name, usual string) string {
	if name == "" {
		return usual
	}
	return name
}
