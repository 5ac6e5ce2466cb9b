package text

import (
	"unicode/utf8"

	"github.com/osft-project/osft/data/tokenizer/unicode"
)

// New returns the text of a string that may not be UTF-8, repaired as unicode.Lossy does. Tracking makes the spans refer to
// the string as given: a U+FFFD comes from the bytes that it replaces.
func New(s string, track bool) Text {
	if utf8.ValidString(s) {
		return Text{S: s}
	}
	t := Text{S: unicode.Lossy(s)}
	if !track {
		return t
	}
	t.Spans = make([]Span, 0, len(t.S))
	for i := 0; i < len(s); {
		n, valid := unicode.Step(s[i:])
		width := n
		if !valid {
			width = len(unicode.Replacement)
		}
		t.Spans = extend(t.Spans, width, Span{i, i + n})
		i += n
	}
	return t
}
