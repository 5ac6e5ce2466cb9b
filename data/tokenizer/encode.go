package tokenizer

import (
	"sort"

	"github.com/osft-project/osft/data/tokenizer/added"
	"github.com/osft-project/osft/data/tokenizer/bpe"
	"github.com/osft-project/osft/data/tokenizer/pretokenizer"
	"github.com/osft-project/osft/data/tokenizer/text"
)

// Encode returns the ids of a text. What is not UTF-8 counts as U+FFFD. Added tokens in the text become their ids. With
// addSpecial the tokens that the post-processor puts around a text are there too.
func (t *Tokenizer) Encode(s string, addSpecial bool) []int32 {
	e := t.take()
	ids := make([]int32, 0, len(s)/4+8)
	if addSpecial {
		ids = append(ids, t.post.before...)
	}
	ids = e.ids(ids, s, true)
	if addSpecial {
		ids = append(ids, t.post.after...)
	}
	t.give(e)
	return ids
}

// EncodeText returns the ids of a text in which nothing is a control token: `<|im_end|>` written by a user is nine or so
// ordinary tokens. Added tokens that stand for mere white space, such as GPT-NeoX's runs of spaces, still become their ids,
// since the model has learnt white space as those.
func (t *Tokenizer) EncodeText(s string) []int32 {
	e := t.take()
	ids := e.ids(make([]int32, 0, len(s)/4+8), s, false)
	t.give(e)
	return ids
}

// encoder does the work of one call at a time.
type encoder struct {
	t       *Tokenizer
	model   *bpe.Encoder
	scratch pretokenizer.Scratch
	parts   [2][]added.Part // before and after normalization

	out   []int32         // what the words are encoded to
	word  func(text.Text) // appends a word to out
	place *placed         // instead, where offsets are wanted

	quoted []Span // where control tokens are mere text, ascending
}

func newEncoder(t *Tokenizer) *encoder {
	e := &encoder{t: t, model: t.model.Encoder()}
	e.word = func(w text.Text) { e.out = e.model.Append(e.out, w.S) }
	return e
}

func (e *encoder) ids(dst []int32, s string, controls bool) []int32 {
	e.out = dst
	track := e.t.words.NeedsOrigin && !e.t.normalizer.Empty()
	e.run(text.New(s, track), track, controls)
	dst, e.out = e.out, nil
	return dst
}

// run encodes a text: the added tokens in it, then in what lies between, normalized, and the words of the rest.
func (e *encoder) run(whole text.Text, track, controls bool) {
	e.parts[0] = e.split(whole, false, controls, e.parts[0][:0])
	for _, p := range e.parts[0] {
		part := whole.Slice(p.Start, p.End)
		if p.ID >= 0 {
			e.addToken(p.ID, part)
			continue
		}
		part = e.t.normalizer.Apply(part, track)
		e.parts[1] = e.split(part, true, controls, e.parts[1][:0])
		for _, q := range e.parts[1] {
			piece := part.Slice(q.Start, q.End)
			if q.ID >= 0 {
				e.addToken(q.ID, piece)
				continue
			}
			e.addWords(piece, track)
		}
	}
}

func (e *encoder) split(s text.Text, normalized, controls bool, dst []added.Part) []added.Part {
	if !controls || len(e.quoted) == 0 {
		return e.t.added.Split(s.S, normalized, controls, dst)
	}
	return e.t.added.SplitAround(s.S, normalized, func(start, end int) bool {
		found := s.Origin(start, end)
		next := sort.Search(len(e.quoted), func(i int) bool { return e.quoted[i].End > found.Start })
		return next == len(e.quoted) || e.quoted[next].Start >= found.End
	}, dst)
}

func (e *encoder) addToken(id int32, found text.Text) {
	if e.place != nil {
		e.place.token(id, found)
		return
	}
	e.out = append(e.out, id)
}

func (e *encoder) addWords(piece text.Text, track bool) {
	if e.place != nil {
		e.t.words.Run(piece, track, &e.scratch, e.place.word)
		return
	}
	e.t.words.Run(piece, track, &e.scratch, e.word)
}
