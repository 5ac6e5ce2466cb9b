package pattern

import (
	"unicode/utf8"

	"github.com/osft-project/osft/data/tokenizer/text"
	"github.com/osft-project/osft/data/tokenizer/unicode"
)

// word finds \s?W+ where W is of the classes.
func word(want unicode.Class) finder {
	return func(s string, i int) int {
		start := i
		if c, n := at(s, i); c&unicode.Space != 0 {
			start = i + n
		}
		if end := run(s, start, want); end > start {
			return end
		}
		return i
	}
}

// matchNewlines finds [\r\n].
func matchNewlines(s string, dst []text.Span) []text.Span {
	for i := 0; i < len(s); i++ {
		if s[i] == '\r' || s[i] == '\n' {
			dst = append(dst, text.Span{Start: i, End: i + 1})
		}
	}
	return dst
}

// matchThreeDigits finds \p{N}{1,3}.
func matchThreeDigits(s string, dst []text.Span) []text.Span {
	return finder(func(s string, i int) int { return number(s, i, 3) }).all(s, dst)
}

// matchCJK finds DeepSeek's [一-龥ࠀ-一가-퟿]+, which is U+0800 to U+9FA5 and U+AC00 to U+D7FF.
func matchCJK(s string, dst []text.Span) []text.Span {
	return finder(func(s string, i int) int {
		for i < len(s) {
			r, n := utf8.DecodeRuneInString(s[i:])
			if !(r >= 0x800 && r <= 0x9fa5 || r >= 0xac00 && r <= 0xd7ff) {
				break
			}
			i += n
		}
		return i
	}).all(s, dst)
}
