package tokenizer

import (
	"strings"
	"unicode/utf8"

	"github.com/osft-project/osft/data/tokenizer/bpe"
	"github.com/osft-project/osft/data/tokenizer/text"
	"github.com/osft-project/osft/data/tokenizer/unicode"
)

// EncodeOffsets returns the ids of a text and for each where in the text, in bytes, it comes from. Tokens that the
// post-processor adds come from nowhere: 0 to 0. A token that is part of a character comes from the whole character. Where
// the vocabulary lacks a character and the model has no unknown token, what follows in the word is placed too far left, as
// the library does it.
func (t *Tokenizer) EncodeOffsets(s string, addSpecial bool) ([]int32, []Span) {
	items := t.places(s, nil)
	ids, spans := make([]int32, 0, len(items)+2), make([]Span, 0, len(items)+2)
	add := func(special []int32) {
		if addSpecial {
			ids, spans = append(ids, special...), append(spans, make([]Span, len(special))...)
		}
	}
	add(t.post.before)
	for i, it := range items {
		if t.post.trim {
			it = it.trimmed(s, i == 0, t.post.prefixSpace)
		}
		ids, spans = append(ids, it.id), append(spans, it.span)
	}
	add(t.post.after)
	return ids, spans
}

// EncodeAround returns the ids of a text and for each where in the text, in bytes, it comes from, with the spaces that
// EncodeOffsets leaves out. A control token that shares a byte with what is quoted is mere text: quoted are the ranges that
// somebody else wrote, ascending and apart.
func (t *Tokenizer) EncodeAround(s string, quoted []Span) ([]int32, []Span) {
	items := t.places(s, quoted)
	ids, spans := make([]int32, len(items)), make([]Span, len(items))
	for i, it := range items {
		ids[i], spans[i] = it.id, it.span
	}
	return ids, spans
}

// places encodes a text and keeps where each token comes from.
func (t *Tokenizer) places(s string, quoted []Span) []item {
	e := t.take()
	e.place, e.quoted = &placed{e: e}, quoted
	e.run(text.New(s, true), true, true)
	items := e.place.items
	e.place, e.quoted = nil, nil
	t.give(e)
	return items
}

// placed collects tokens with their places.
type placed struct {
	e       *encoder
	items   []item
	symbols []bpe.Symbol
}

// item is a token, where it comes from, and how many spaces its spelling begins and ends with.
type item struct {
	id          int32
	span        Span
	lead, trail int
}

func (p *placed) token(id int32, found text.Text) {
	it := item{id: id}
	if found.S != "" {
		it.span = found.Origin(0, len(found.S))
	}
	p.add(it, found.S)
}

// add counts the spaces of the spelling, where they matter.
func (p *placed) add(it item, spelling string) {
	if p.e.t.post.trim {
		it.lead, it.trail = leading(spelling), trailing(spelling)
	}
	p.items = append(p.items, it)
}

func (p *placed) word(w text.Text) {
	p.symbols = p.e.model.AppendSymbols(p.symbols[:0], w.S)
	r := ruler{word: w.S, bytes: p.e.t.words.Bytes}
	at := 0
	for _, s := range p.symbols {
		from := r.index(at)
		at += int(s.Len)
		to := r.index(at-1) + 1
		spelling, _ := p.e.t.model.Token(s.ID)
		p.add(item{id: s.ID, span: w.Origin(from, to)}, spelling)
	}
}

// ruler tells which byte of a word a byte of its spelling belongs to. It is asked in ascending order.
type ruler struct {
	word  string
	bytes bool // the spelling is in the byte alphabet
	i     int  // byte of the word
	start int  // where the spelling of byte i begins
}

func (r *ruler) index(at int) int {
	if !r.bytes {
		return at
	}
	for {
		n := len(unicode.ByteAlphabet[r.word[r.i]])
		if at < r.start+n {
			return r.i
		}
		r.i, r.start = r.i+1, r.start+n
	}
}

const spaceByte = 'Ġ' // the space in the byte alphabet

func blank(r rune) bool { return r == spaceByte || unicode.Of(r)&unicode.Space != 0 }

func leading(s string) int {
	return utf8.RuneCountInString(s) - utf8.RuneCountInString(strings.TrimLeftFunc(s, blank))
}

func trailing(s string) int {
	return utf8.RuneCountInString(s) - utf8.RuneCountInString(strings.TrimRightFunc(s, blank))
}

// trimmed leaves the spaces that the token begins and ends with out of its place, as the ByteLevel post-processor does with
// trim_offsets. One space at the very start may be one that add_prefix_space put there, and stays.
func (it item) trimmed(s string, first, prefixSpace bool) item {
	if (first || it.span.Start == 0) && prefixSpace && it.lead == 1 {
		it.lead = 0
	}
	for ; it.lead > 0 && it.span.Start < it.span.End; it.lead-- {
		n, _ := unicode.Step(s[it.span.Start:])
		it.span.Start += n
	}
	if it.span.End < utf8.UTFMax*it.trail && utf8.RuneCountInString(s[:it.span.End]) < it.trail {
		return it
	}
	for ; it.trail > 0 && it.span.End > it.span.Start; it.trail-- {
		_, n := utf8.DecodeLastRuneInString(s[:it.span.End])
		it.span.End -= n
	}
	return it
}
