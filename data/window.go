package data

import (
	"slices"

	"github.com/osft-project/osft/data/source"
)

// windows cuts a text into windows of MaxLength tokens. Every token but the first of all is a target: the last of a window
// predicts the first of the next one. With contiguous windows the next row goes on where this one ends.
func (b *builder) windows(row source.Row, tokens []int32, counts []bool, entry Entry) error {
	entry.Targets = max(0, len(tokens)-1)
	b.set.ledger = append(b.set.ledger, entry)
	w := &b.stream[0]
	if entry.Fate == Validated {
		w = &b.stream[1]
	}
	w.fate, w.share = entry.Fate, row.Plain
	w.tokens, w.counts = append(w.tokens, tokens...), append(w.counts, counts...)
	w.rows = append(w.rows, row.Where())
	if b.spec.Windows != "contiguous" {
		w.flush(b)
	}
	return nil
}

// windowing collects the tokens of the windows to come.
type windowing struct {
	tokens []int32
	counts []bool
	rows   []string
	fate   Fate
	share  bool // a share of the windows is kept for validation, not of the rows
}

// flush cuts what was collected. A last window of a single token has nothing to predict and is already the target of the
// window before it.
func (w *windowing) flush(b *builder) {
	whole := example(w.tokens, w.counts, "")
	for at := 0; at < len(w.tokens); at += b.spec.MaxLength {
		end := min(at+b.spec.MaxLength, len(w.tokens))
		e := Example{Tokens: slices.Clone(w.tokens[at:end]), Next: slices.Clone(whole.Next[at:end]), Rows: w.rows}
		if e.Targets() == 0 {
			continue
		}
		fate := w.fate
		if w.share && share(digest(e.Tokens)) < b.spec.ValidationShare {
			fate = Validated
		}
		b.add(e, fate)
	}
	*w = windowing{}
}
