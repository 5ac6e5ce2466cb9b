// Package unicode says to which classes a character belongs, by the tables of Unicode 16 as Hugging Face tokenizers 0.23.3
// has them, and repairs text that is not UTF-8 in the way of Python and Rust.
//
// Go's own tables are those of another Unicode version (1.26 has 15.0, which lacks 4,924 of the letters here), and a
// tokenizer that splits at other places than the one that trained the model gives other ids. The tables in table.go were
// dumped by asking that library about every code point, and are remade by
//
//	go run ./data/tokenizer/unicode/generate unicode_classes_hf_0.23.3.json data/tokenizer/unicode/table.go
//
// It is not a general Unicode library: it holds the classes that tokenizers' regular expressions use, nothing else.
package unicode

// Version is the Unicode version of the tables.
const Version = "16.0"

// Class is a set of classes, one bit each.
type Class uint16

// The classes. Number is \p{N} of the regular expressions; Numeric is what the Digits pre-tokenizer asks for, which knows 13
// more (it comes from a newer Unicode), so the two must not be confused.
const (
	UpperLetter    Class = 1 << iota // \p{Lu}
	TitleLetter                      // \p{Lt}
	ModifierLetter                   // \p{Lm}
	OtherLetter                      // \p{Lo}
	LowerLetter                      // \p{Ll}
	Number                           // \p{N}
	Space                            // \s
	Mark                             // \p{M}
	Punctuation                      // \p{P}
	Symbol                           // \p{S}
	Word                             // \w
	Decimal                          // \d, \p{Nd}
	Han                              // \p{Han}
	Numeric                          // Rust's char::is_numeric

	Letter = UpperLetter | TitleLetter | ModifierLetter | OtherLetter | LowerLetter // \p{L}
)

// Of returns the classes of a character; none for what is not a code point.
func Of(r rune) Class {
	if uint32(r) > maxRune {
		return 0
	}
	return table.blocks[table.index[r>>8]][r&0xff]
}

// Range is the characters from First to Last, both included.
type Range struct{ First, Last rune }

// Ranges returns the characters that belong to at least one of the classes, in order and as few ranges as possible.
func Ranges(c Class) []Range {
	var list []Range
	for i, r := range runs {
		if combinations[r&0xff]&c == 0 {
			continue
		}
		first, last := rune(r>>8), rune(maxRune)
		if i+1 < len(runs) {
			last = rune(runs[i+1]>>8) - 1
		}
		if n := len(list); n > 0 && list[n-1].Last == first-1 {
			list[n-1].Last = last
			continue
		}
		list = append(list, Range{first, last})
	}
	return list
}

const maxRune = 0x10ffff

// stages is a table in two stages: the block of each 256 characters, and the blocks that differ.
type stages struct {
	index  [(maxRune + 1) >> 8]uint16
	blocks [][256]Class
}

var table = expand()

// expand unfolds the runs of table.go. Blocks without a change of class inside are shared.
func expand() *stages {
	t := &stages{}
	uniform := make(map[Class]uint16)
	next := 0
	var current Class
	for b := range t.index {
		end := uint32(b+1) << 8
		if next == len(runs) || runs[next]>>8 >= end {
			if _, ok := uniform[current]; !ok {
				uniform[current] = uint16(len(t.blocks))
				t.blocks = append(t.blocks, filled(current))
			}
			t.index[b] = uniform[current]
			continue
		}
		var block [256]Class
		for i := range block {
			if next < len(runs) && runs[next]>>8 == uint32(b)<<8+uint32(i) {
				current = combinations[runs[next]&0xff]
				next++
			}
			block[i] = current
		}
		t.index[b] = uint16(len(t.blocks))
		t.blocks = append(t.blocks, block)
	}
	return t
}

func filled(c Class) (block [256]Class) {
	for i := range block {
		block[i] = c
	}
	return block
}
