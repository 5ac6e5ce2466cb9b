package pattern

import (
	"fmt"
	"slices"
	"strings"
	goUnicode "unicode"

	"github.com/osft-project/osft/data/tokenizer/unicode"
)

// set is a set of characters: ranges in order, not touching.
type set []unicode.Range

const maxRune = 0x10ffff

// union returns the characters of any of the ranges.
func union(ranges ...unicode.Range) set {
	ranges = slices.Clone(ranges)
	slices.SortFunc(ranges, func(a, b unicode.Range) int { return int(a.First - b.First) })
	var out set
	for _, r := range ranges {
		if n := len(out); n > 0 && r.First <= out[n-1].Last+1 {
			out[n-1].Last = max(out[n-1].Last, r.Last)
			continue
		}
		out = append(out, r)
	}
	return out
}

// complement returns the characters that are not in the set.
func (s set) complement() set {
	var out set
	next := rune(0)
	for _, r := range s {
		if r.First > next {
			out = append(out, unicode.Range{First: next, Last: r.First - 1})
		}
		next = r.Last + 1
	}
	if next <= maxRune {
		out = append(out, unicode.Range{First: next, Last: maxRune})
	}
	return out
}

// String writes the set as a character class for regexp2.
func (s set) String() string {
	if len(s) == 0 {
		return `(?!)`
	}
	var b strings.Builder
	b.WriteByte('[')
	for _, r := range s {
		writeRune(&b, r.First)
		if r.Last > r.First {
			b.WriteByte('-')
			writeRune(&b, r.Last)
		}
	}
	b.WriteByte(']')
	return b.String()
}

// writeRune writes a character so that it stands for itself. Surrogates, which no text holds, become their neighbours.
func writeRune(b *strings.Builder, r rune) {
	switch {
	case r >= 0xd800 && r <= 0xdbff:
		r = 0xd7ff
	case r >= 0xdc00 && r <= 0xdfff:
		r = 0xe000
	}
	if r < 0x80 {
		fmt.Fprintf(b, `\x%02x`, r)
		return
	}
	b.WriteRune(r)
}

// ours are the properties that package unicode has tables for.
var ours = map[string]unicode.Class{
	"L": unicode.Letter, "Lu": unicode.UpperLetter, "Lt": unicode.TitleLetter, "Lm": unicode.ModifierLetter,
	"Lo": unicode.OtherLetter, "Ll": unicode.LowerLetter, "N": unicode.Number, "Nd": unicode.Decimal, "M": unicode.Mark,
	"P": unicode.Punctuation, "S": unicode.Symbol, "Han": unicode.Han,
}

// property returns the characters of \p{name}: from our tables, or, for the categories and scripts that these lack, from
// Go's, which are of another version of Unicode.
func property(name string) (set, error) {
	if c, ok := ours[name]; ok {
		return unicode.Ranges(c), nil
	}
	table, ok := goUnicode.Categories[name]
	if !ok {
		table, ok = goUnicode.Scripts[name]
	}
	if !ok {
		return nil, fmt.Errorf(`the property \p{%s} is not known`, name)
	}
	var ranges []unicode.Range
	for _, r := range table.R16 {
		for c := rune(r.Lo); c <= rune(r.Hi); c += rune(r.Stride) {
			ranges = append(ranges, unicode.Range{First: c, Last: c})
		}
	}
	for _, r := range table.R32 {
		for c := rune(r.Lo); c <= rune(r.Hi); c += rune(r.Stride) {
			ranges = append(ranges, unicode.Range{First: c, Last: c})
		}
	}
	return union(ranges...), nil
}

// shorthand are the classes of one letter after a backslash.
var shorthand = map[byte]unicode.Class{'s': unicode.Space, 'w': unicode.Word, 'd': unicode.Decimal}
