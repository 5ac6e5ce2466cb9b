// Package train makes a byte-level BPE vocabulary from a corpus and writes it as the tokenizer.json that Hugging Face
// tokenizers loads. It is for small models trained from scratch: everything is counted in memory with integers, and the
// same corpus gives the same bytes on any machine.
//
// The splitting is SmolLM2's: every digit by itself, then GPT-2's expression. Byte-pair encoding is that of Sennrich and
// others, 2016, over bytes: again and again the most frequent pair of neighbours becomes a token; of pairs equally frequent,
// the one with the lower left id, then the lower right id.
package train

import (
	"fmt"
	"slices"

	"github.com/osft-project/osft/data/tokenizer/added"
	"github.com/osft-project/osft/data/tokenizer/pretokenizer"
	"github.com/osft-project/osft/data/tokenizer/section"
	"github.com/osft-project/osft/data/tokenizer/text"
	"github.com/osft-project/osft/data/tokenizer/unicode"
	"github.com/osft-project/osft/provenance/strict"
)

// Train returns a tokenizer.json with vocabSize tokens: the special tokens, with ids from 0 on, the 256 bytes, and what was
// learnt from the corpus, in the order in which it was learnt. Special tokens in the corpus are cut out of it. A pair must
// occur at least twice to become a token; where the corpus has too few, the error says how many tokens it gives.
func Train(corpus []string, vocabSize int, special []string) ([]byte, error) {
	v, err := newVocabulary(special)
	if err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	if vocabSize < len(v.tokens) || vocabSize > 1<<24 {
		return nil, fmt.Errorf("train: %d tokens asked for, must be %d (%d special tokens and 256 bytes) to %d",
			vocabSize, len(v.tokens), len(special), 1<<24)
	}
	words, err := count(corpus, v)
	if err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	merges := v.learn(words, vocabSize)
	if len(v.tokens) < vocabSize {
		return nil, fmt.Errorf("train: %d tokens asked for, but the corpus gives %d (ask for fewer, or give more text)",
			vocabSize, len(v.tokens))
	}
	return write(v, merges)
}

// vocabulary is what was learnt so far. Token i has id i.
type vocabulary struct {
	tokens  []string // spelled in the byte alphabet, special ones as they are
	ids     map[string]int32
	special *added.Vocabulary
	first   int32 // id of byte 0
}

func newVocabulary(special []string) (*vocabulary, error) {
	v := &vocabulary{ids: map[string]int32{}, special: added.New()}
	for _, s := range special {
		t := added.Token{ID: int32(len(v.tokens)), Content: s, Special: true}
		if err := v.special.Add(t, func(s string) string { return s }); err != nil {
			return nil, err
		}
		v.add(s)
	}
	v.first = int32(len(v.tokens))
	for _, c := range unicode.ByteAlphabet {
		if _, taken := v.ids[c]; taken {
			return nil, fmt.Errorf("the special token %q is one of the 256 bytes", c)
		}
		v.add(c)
	}
	return v, nil
}

func (v *vocabulary) add(token string) int32 {
	id := int32(len(v.tokens))
	v.tokens = append(v.tokens, token)
	v.ids[token] = id
	return id
}

// splitting is the pre-tokenizer of every vocabulary made here.
var splitting = strict.Ordered{
	{Name: "type", Value: "Sequence"},
	{Name: "pretokenizers", Value: []strict.Ordered{
		{{Name: "type", Value: "Digits"}, {Name: "individual_digits", Value: true}},
		byteLevel(false),
	}},
}

func byteLevel(prefixSpace bool) strict.Ordered {
	return strict.Ordered{{Name: "type", Value: "ByteLevel"}, {Name: "add_prefix_space", Value: prefixSpace},
		{Name: "trim_offsets", Value: true}, {Name: "use_regex", Value: true}}
}

// word is a word of the corpus as tokens, and how often it occurs.
type word struct {
	tokens []int32
	count  int
}

// count splits the corpus into words and counts them. The words are in the order in which they first occur.
func count(corpus []string, v *vocabulary) ([]word, error) {
	source, err := strict.MarshalLine(splitting)
	if err != nil {
		return nil, err
	}
	parsed, err := strict.Parse(source, strict.Limits{})
	if err != nil {
		return nil, err
	}
	r := &section.Reader{}
	split := pretokenizer.Parse(parsed, r)
	if err := r.Err(); err != nil {
		return nil, err
	}
	var words []word
	index := map[string]int{}
	note := func(w text.Text) {
		i, ok := index[w.S]
		if !ok {
			i = len(words)
			index[w.S] = i
			words = append(words, word{tokens: v.bytes(w.S)})
		}
		words[i].count++
	}
	var scratch pretokenizer.Scratch
	for _, s := range corpus {
		whole := text.New(s, false)
		for _, part := range v.special.Split(whole.S, false, true, nil) {
			if part.ID < 0 {
				split.Run(whole.Slice(part.Start, part.End), false, &scratch, note)
			}
		}
	}
	return words, nil
}

func (v *vocabulary) bytes(s string) []int32 {
	tokens := make([]int32, len(s))
	for i := range len(s) {
		tokens[i] = v.first + int32(s[i])
	}
	return tokens
}

// learn adds tokens until there are so many, and returns the merges that make them.
func (v *vocabulary) learn(words []word, vocabSize int) []pair {
	c := newCounts(words)
	var merges []pair
	for len(v.tokens) < vocabSize {
		p, ok := c.best()
		if !ok {
			break
		}
		joined := v.tokens[p.left] + v.tokens[p.right]
		id, known := v.ids[joined] // two pairs may make one token
		if !known {
			id = v.add(joined)
		} else if id < v.first {
			c.drop(p) // a special token is not made of bytes
			continue
		}
		merges = append(merges, p)
		c.merge(p, id)
	}
	return slices.Clip(merges)
}
