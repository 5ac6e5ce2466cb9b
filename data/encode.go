package data

import (
	"errors"
	"sort"

	"github.com/osft-project/osft/data/format"
)

var errNoTarget = errors.New("has no target: nothing could be learnt from it (remove the row)")

// encode turns a rendered row into tokens and marks those that count: those of which any byte is to be learnt, and the
// end-of-sequence token put after them.
func (b *builder) encode(r format.Rendered) (tokens []int32, counts []bool) {
	l := b.language
	all := r.Learn == nil || b.spec.TrainOn == "all"
	ids, places := b.ids(r, all)
	tokens, counts = make([]int32, 0, len(ids)+2), make([]bool, 0, len(ids)+2)
	if b.spec.AddBOS && l.BOS >= 0 && !r.Closed {
		tokens, counts = append(tokens, l.BOS), append(counts, false)
	}
	for i, id := range ids {
		tokens, counts = append(tokens, id), append(counts, all || overlaps(places[i], r.Learn))
	}
	if b.spec.AddEOS && l.EOS >= 0 && !r.Closed {
		tokens, counts = append(tokens, l.EOS), append(counts, true)
	}
	return tokens, counts
}

// ids encodes a text, with the places of its tokens unless all of them count. Text that comes from the row as a whole, which may
// be a large file, takes the way without places.
func (b *builder) ids(r format.Rendered, all bool) ([]int32, []Range) {
	if all && len(r.Quoted) == 1 && r.Quoted[0] == (Range{Start: 0, End: len(r.Text)}) {
		return b.language.Tokenizer.EncodeText(r.Text), nil
	}
	return b.language.Tokenizer.EncodeAround(r.Text, r.Quoted)
}

// overlaps tells whether a range shares a byte with one of others, which are ascending and apart. An empty range shares one
// where it lies inside.
func overlaps(r Range, others []Range) bool {
	i := sort.Search(len(others), func(i int) bool { return others[i].End > r.Start })
	return i < len(others) && others[i].Start < max(r.End, r.Start+1)
}

// example makes an Example of tokens, each predicting the next one where that counts.
func example(tokens []int32, counts []bool, rows ...string) Example {
	next := make([]int32, len(tokens))
	for i := range next {
		next[i] = -1
		if i+1 < len(tokens) && counts[i+1] {
			next[i] = tokens[i+1]
		}
	}
	return Example{Tokens: tokens, Next: next, Rows: rows}
}
