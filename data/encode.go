package data

import (
	"strings"

	"github.com/osft-project/osft/data/tokenizer"
)

// span is a range of bytes of a text.
type span = tokenizer.Span

// rendered is a row as text, before it is made tokens.
type rendered struct {
	text   string
	learn  []span // what the model should say; nil is everything
	quoted []span // what comes from the row, in which control tokens are mere text
	closed bool   // the text has its own end; no end-of-sequence is added
}

// encode turns a rendered row into tokens and marks those that count. A token counts if any byte of it is to be learnt.
func (l Language) encode(r rendered, spec Spec) (tokens []int32, counts []bool) {
	ids, places := l.places(r)
	if spec.AddBOS && l.BOS >= 0 && !r.closed {
		tokens, counts = append(tokens, l.BOS), append(counts, false)
	}
	all := r.learn == nil || spec.TrainOn == "all"
	for i, id := range ids {
		tokens, counts = append(tokens, id), append(counts, all || overlaps(places[i], r.learn))
	}
	if spec.AddEOS && l.EOS >= 0 && !r.closed {
		tokens, counts = append(tokens, l.EOS), append(counts, true)
	}
	return tokens, counts
}

// places encodes the text at once where no control token is spelled in what comes from the row. Otherwise it encodes, each for
// itself, the control tokens outside of it and the texts between them, in which control tokens are not looked for.
func (l Language) places(r rendered) ([]int32, []span) {
	controls := l.controls(r.text)
	if !touches(controls, r.quoted) {
		return l.Tokenizer.EncodeSpans(r.text, true)
	}
	var ids []int32
	var places []span
	add := func(from, to int, control bool) {
		some, where := l.Tokenizer.EncodeSpans(r.text[from:to], control)
		for i, id := range some {
			ids = append(ids, id)
			places = append(places, span{Start: from + where[i].Start, End: from + where[i].End})
		}
	}
	at := 0
	for _, c := range controls {
		if c.Start < at || overlaps(c, r.quoted) {
			continue
		}
		add(at, c.Start, false)
		add(c.Start, c.End, true)
		at = c.End
	}
	add(at, len(r.text), false)
	return ids, places
}

// controls finds where control tokens are spelled in a text, the longest at each place.
func (l Language) controls(text string) (found []span) {
	for at := 0; at < len(text); {
		best := span{Start: -1}
		for _, token := range l.Tokenizer.Added() {
			if token.Text() || token.Content == "" {
				continue
			}
			i := strings.Index(text[at:], token.Content)
			if i < 0 {
				continue
			}
			candidate := span{Start: at + i, End: at + i + len(token.Content)}
			if best.Start < 0 || candidate.Start < best.Start || candidate.Start == best.Start && candidate.End > best.End {
				best = candidate
			}
		}
		if best.Start < 0 {
			return found
		}
		found = append(found, best)
		at = best.End
	}
	return found
}

// touches tells whether any of some overlaps any of others.
func touches(some, others []span) bool {
	for _, s := range some {
		if overlaps(s, others) {
			return true
		}
	}
	return false
}

// overlaps tells whether a span shares a byte with one of others. An empty span shares one where it lies inside.
func overlaps(s span, others []span) bool {
	end := max(s.End, s.Start+1)
	for _, o := range others {
		if s.Start < o.End && o.Start < end {
			return true
		}
	}
	return false
}

// example makes an Example of tokens, each predicting the next one where that counts.
func example(tokens []int32, counts []bool, where string) Example {
	next := make([]int32, len(tokens))
	for i := range next {
		next[i] = -1
		if i+1 < len(tokens) && counts[i+1] {
			next[i] = tokens[i+1]
		}
	}
	return Example{Tokens: tokens, Next: next, Rows: []string{where}}
}
