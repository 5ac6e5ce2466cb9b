package pattern

import (
	"unicode/utf8"

	"github.com/osft-project/osft/data/tokenizer/unicode"
)

const (
	capital = unicode.UpperLetter | unicode.TitleLetter | unicode.ModifierLetter | unicode.OtherLetter | unicode.Mark
	small   = unicode.LowerLetter | unicode.ModifierLetter | unicode.OtherLetter | unicode.Mark
)

// tekken matches Mistral's expression, with C for [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}] and S for [\p{Ll}\p{Lm}\p{Lo}\p{M}]:
// [^\r\n\p{L}\p{N}]?C*S+|[^\r\n\p{L}\p{N}]?C+S*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+
func tekken(s string, i int) int {
	c, n := at(s, i)
	if c&unicode.Number != 0 {
		return i + n
	}
	starts := [2]int{i, i}
	if c&unicode.Letter == 0 && s[i] != '\r' && s[i] != '\n' {
		starts[0] = i + n
	}
	for _, from := range starts {
		if end := capitalsThenSmall(s, from); end > from {
			return end
		}
	}
	for _, from := range starts {
		if end := run(s, from, capital); end > from {
			return run(s, end, small)
		}
	}
	return signsOrSpaces(s, i, c, n, true)
}

// capitalsThenSmall matches C*S+ at i. The classes overlap: where nothing small follows the capitals, they give back
// characters until one is found that is also small.
func capitalsThenSmall(s string, i int) int {
	end := run(s, i, capital)
	if j := run(s, end, small); j > end {
		return j
	}
	for j := end; j > i; {
		r, n := utf8.DecodeLastRuneInString(s[:j])
		if unicode.Of(r)&small != 0 {
			return j
		}
		j -= n
	}
	return i
}
