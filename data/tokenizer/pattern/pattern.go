// Package pattern finds the matches of a tokenizer's patterns and splits text at them, as Oniguruma under Hugging Face
// tokenizers does, with the character classes of package unicode.
//
// The regular expressions of the tokenizer families in use are known by their exact text and have scanners of their own. Any
// other is rewritten for github.com/dlclark/regexp2, every character class spelled out from our tables; a construct whose
// meaning the two engines do not share is refused by name. There is no limit on a match's time: a hostile expression can take
// for ever.
package pattern

import (
	"strings"
	"unicode/utf8"

	"github.com/osft-project/osft/data/tokenizer/text"
	"github.com/osft-project/osft/data/tokenizer/unicode"
)

// Pattern finds matches. It is safe for concurrent use.
type Pattern struct {
	scan    func(s string, i int) int // where the match that begins at i ends; such a pattern matches everywhere
	matches func(s string, dst []text.Span) []text.Span
	// Literal is the text that the pattern matches, empty for other kinds.
	Literal string
}

// Matches appends the matches in the text, leftmost first, none overlapping.
func (p *Pattern) Matches(s string, dst []text.Span) []text.Span {
	if p.scan == nil {
		return p.matches(s, dst)
	}
	for i := 0; i < len(s); {
		end := p.scan(s, i)
		dst = append(dst, text.Span{Start: i, End: end})
		i = end
	}
	return dst
}

// Literal returns the pattern that matches the text itself, which must not be empty.
func Literal(literal string) *Pattern {
	return &Pattern{Literal: literal, matches: func(s string, dst []text.Span) []text.Span {
		for i := 0; ; {
			n := strings.Index(s[i:], literal)
			if n < 0 {
				return dst
			}
			i += n + len(literal)
			dst = append(dst, text.Span{Start: i - len(literal), End: i})
		}
	}}
}

// Class returns the pattern that matches each character of the classes by itself.
func Class(want unicode.Class) *Pattern {
	return &Pattern{matches: func(s string, dst []text.Span) []text.Span {
		for i := 0; i < len(s); {
			c, n := at(s, i)
			if c&want != 0 {
				dst = append(dst, text.Span{Start: i, End: i + n})
			}
			i += n
		}
		return dst
	}}
}

// GPT2 returns the pattern built into the ByteLevel pre-tokenizer.
func GPT2() *Pattern { return &Pattern{scan: gpt2} }

// Regexp returns the pattern of a regular expression in Oniguruma's syntax. The error names what is not understood.
func Regexp(source string) (*Pattern, error) {
	if p, ok := known[source]; ok {
		return &p, nil
	}
	return compile(source)
}

const (
	contractions = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|`
	blanks       = `|\s*[\r\n]+|\s+(?!\S)|\s+`
	upper        = `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`
	lower        = `[\p{Ll}\p{Lm}\p{Lo}\p{M}]`
)

// known are the regular expressions with a scanner: GPT-2's; those of Llama 3 and Qwen 2, which differ in how many digits
// they take; Tekken's; and the five of DeepSeek.
var known = map[string]Pattern{
	`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`:            {scan: gpt2},
	contractions + `[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*` + blanks: {scan: llama3},
	contractions + `[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*` + blanks:      {scan: qwen2},
	tekkenWords + `|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*` + blanks:                              {scan: tekken},
	`[\r\n]`:                {matches: matchNewlines},
	`\s?\p{L}+`:             {matches: word(unicode.Letter).all},
	`\s?\p{P}+`:             {matches: word(unicode.Punctuation).all},
	"[一-龥ࠀ-一가-\U0000D7FF]+": {matches: matchCJK},
	`\p{N}{1,3}`:            {matches: matchThreeDigits},
}

const tekkenWords = `[^\r\n\p{L}\p{N}]?` + upper + `*` + lower + `+|[^\r\n\p{L}\p{N}]?` + upper + `+` + lower + `*`

// finder tells where a match that begins at i ends, or i where none does.
type finder func(s string, i int) int

// all appends the matches of a finder, tried at every character in turn.
func (f finder) all(s string, dst []text.Span) []text.Span {
	for i := 0; i < len(s); {
		end := f(s, i)
		if end == i {
			i += size(s, i)
			continue
		}
		dst = append(dst, text.Span{Start: i, End: end})
		i = end
	}
	return dst
}

func size(s string, i int) int {
	if s[i] < utf8.RuneSelf {
		return 1
	}
	_, n := utf8.DecodeRuneInString(s[i:])
	return n
}
