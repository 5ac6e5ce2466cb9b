// Package text holds pieces of text that remember which bytes of the original they came from, through normalization and
// splitting. It is what Hugging Face tokenizers calls a NormalizedString, and gives the same offsets; the alignment is kept
// only where somebody asks for offsets, because encoding needs it for nothing else.
package text

import "unicode/utf8"

// Span is a range of bytes, End excluded.
type Span struct{ Start, End int }

// Text is a piece of text. The text itself is UTF-8.
type Text struct {
	S string
	// Spans holds for each byte of S the range of the original from which it came. Nil means that S is the part of the
	// original that begins at Start, or that alignment is not tracked.
	Spans []Span
	Start int
}

// Slice returns the part from byte i to byte j.
func (t Text) Slice(i, j int) Text {
	part := Text{S: t.S[i:j], Start: t.Start + i}
	if t.Spans != nil {
		part.Spans = t.Spans[i:j]
	}
	return part
}

// Origin returns where in the original the bytes from i to j (at least one) came from. A part of a character comes from the
// whole character.
func (t Text) Origin(i, j int) Span {
	if t.Spans != nil {
		return Span{t.Spans[i].Start, t.Spans[j-1].End}
	}
	for !utf8.RuneStart(t.S[i]) {
		i--
	}
	for j < len(t.S) && !utf8.RuneStart(t.S[j]) {
		j++
	}
	return Span{t.Start + i, t.Start + j}
}

// Tracked returns the text with its spans filled in.
func (t Text) Tracked() Text {
	if t.Spans != nil {
		return t
	}
	t.Spans = make([]Span, 0, len(t.S))
	for i := 0; i < len(t.S); {
		_, n := utf8.DecodeRuneInString(t.S[i:])
		t.Spans = extend(t.Spans, n, Span{t.Start + i, t.Start + i + n})
		i += n
	}
	return t
}

func extend(spans []Span, n int, s Span) []Span {
	for ; n > 0; n-- {
		spans = append(spans, s)
	}
	return spans
}

// Prepend returns the text with prefix before it. The prefix comes from the text's first character. An empty text stays
// empty.
func (t Text) Prepend(prefix string, track bool) Text {
	if t.S == "" || prefix == "" {
		return t
	}
	out := Text{S: prefix + t.S, Start: t.Start}
	if !track {
		return out
	}
	t = t.Tracked()
	_, head := utf8.DecodeRuneInString(prefix)
	_, first := utf8.DecodeRuneInString(t.S)
	spans := make([]Span, 0, len(out.S))
	spans = extend(spans, head, t.Spans[0])
	spans = extend(spans, len(prefix)-head+first, t.Spans[first-1])
	out.Spans = append(spans, t.Spans[first:]...)
	return out
}

// Replace returns the text with each match replaced by content. The content comes from the last byte before the match's end.
func (t Text) Replace(matches []Span, content string, track bool) Text {
	if len(matches) == 0 {
		return t
	}
	out := Text{Start: t.Start}
	b := make([]byte, 0, len(t.S)+len(matches)*len(content))
	if track {
		t = t.Tracked()
		out.Spans = make([]Span, 0, cap(b))
	}
	last := 0
	for _, m := range matches {
		b = append(append(b, t.S[last:m.Start]...), content...)
		if track {
			out.Spans = append(out.Spans, t.Spans[last:m.Start]...)
			out.Spans = extend(out.Spans, len(content), t.before(m.End))
		}
		last = m.End
	}
	b = append(b, t.S[last:]...)
	if track {
		out.Spans = append(out.Spans, t.Spans[last:]...)
	}
	out.S = string(b)
	return out
}

// before is the origin of what is inserted at byte i of a tracked text.
func (t Text) before(i int) Span {
	if i == 0 {
		return Span{t.Start, t.Start}
	}
	return t.Spans[i-1]
}

// Change is one character of a changed text. N tells what it stands for: 0 replaces one character, -n replaces one and
// removes n more, 1 is inserted.
type Change struct {
	Rune rune
	N    int
}

// Change returns the text made of the changed characters, which must account for all of t.
func (t Text) Change(changes []Change) Text {
	t = t.Tracked()
	out := Text{Start: t.Start, Spans: make([]Span, 0, len(t.S))}
	b := make([]byte, 0, len(t.S))
	at := 0
	for _, c := range changes {
		origin := Span{}
		if c.N > 0 {
			origin = t.before(at)
		} else {
			origin = t.Spans[at]
			for skip := 1 - c.N; skip > 0; skip-- {
				_, n := utf8.DecodeRuneInString(t.S[at:])
				at += n
			}
		}
		b = utf8.AppendRune(b, c.Rune)
		out.Spans = extend(out.Spans, len(b)-len(out.Spans), origin)
	}
	out.S = string(b)
	return out
}

// Map returns the text with each byte replaced by the string that the table has for it.
func (t Text) Map(table *[256]string, track bool) Text {
	out := Text{Start: t.Start}
	b := make([]byte, 0, 2*len(t.S))
	for i := 0; i < len(t.S); i++ {
		b = append(b, table[t.S[i]]...)
	}
	out.S = string(b)
	if !track {
		return out
	}
	t = t.Tracked()
	out.Spans = make([]Span, 0, len(out.S))
	for i := 0; i < len(t.S); i++ {
		out.Spans = extend(out.Spans, len(table[t.S[i]]), t.Spans[i])
	}
	return out
}
