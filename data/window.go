package data

import (
	"slices"

	"github.com/osft-project/osft/data/source"
)

// running collects the tokens of windows to come: of one row, or with contiguous windows of all rows of one fate.
type running struct {
	tokens   []int32
	counts   []bool
	rows     []begun
	fate     Fate
	byWindow bool // a share of the windows is kept for validation, not of the rows
}

// begun is where in a stream a row begins.
type begun struct {
	at, entry int // entry is its place in the ledger
	where     string
}

// windows puts a text into its stream. Every token but the first of the stream is a target, unless it was put before the text.
// With contiguous windows the next row goes on where this one ends.
func (b *builder) windows(row source.Row, tokens []int32, counts []bool, entry Entry) error {
	s := &b.streams[0]
	if entry.Fate == Validated {
		s = &b.streams[1]
	}
	byWindow := row.Plain && entry.Fate == Trained && b.spec.ValidationShare > 0
	if b.spec.Windows != "contiguous" || s.byWindow != byWindow {
		s.flush(b)
	}
	s.fate, s.byWindow = entry.Fate, byWindow
	for i, c := range counts {
		if c && len(s.tokens)+i > 0 {
			entry.Targets++
		}
	}
	if entry.Targets == 0 {
		return errNoTarget
	}
	s.rows = append(s.rows, begun{at: len(s.tokens), entry: len(b.set.ledger), where: row.Where()})
	s.tokens, s.counts = append(s.tokens, tokens...), append(s.counts, counts...)
	b.set.ledger = append(b.set.ledger, entry)
	return nil
}

// flush cuts what was collected into windows of MaxLength tokens; the last token of one predicts the first of the next. A last
// window of a single token has nothing to predict and is already the target of the window before it.
func (s *running) flush(b *builder) {
	whole := example(s.tokens, s.counts)
	for at := 0; at < len(s.tokens); at += b.spec.MaxLength {
		end := min(at+b.spec.MaxLength, len(s.tokens))
		e := Example{Tokens: slices.Clip(whole.Tokens[at:end]), Next: slices.Clip(whole.Next[at:end])}
		if e.Targets() == 0 {
			continue
		}
		for _, r := range s.between(at, end) {
			e.Rows = append(e.Rows, r.where)
		}
		fate := s.fate
		if s.byWindow && share(digest(e.Tokens)) < b.spec.ValidationShare {
			fate = Validated
			s.hold(b.set.ledger, e.Next, at+1)
		}
		b.add(e, fate)
	}
	*s = running{}
}

// between lists the rows with tokens in a part of the stream.
func (s *running) between(start, end int) []begun {
	first, _ := slices.BinarySearchFunc(s.rows, start+1, func(r begun, at int) int { return r.at - at })
	last, _ := slices.BinarySearchFunc(s.rows, end, func(r begun, at int) int { return r.at - at })
	return s.rows[first-1 : last]
}

// hold enters into the ledger that targets, the first of which is the stream's token at a place, are kept for validation.
func (s *running) hold(ledger []Entry, targets []int32, at int) {
	for i, t := range targets {
		if t >= 0 {
			ledger[s.between(at+i, at+i+1)[0].entry].Held++
		}
	}
}
