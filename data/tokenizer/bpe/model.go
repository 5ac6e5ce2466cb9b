// Package bpe turns words into token ids by byte-pair merges, as the BPE model of Hugging Face tokenizers 0.23.3 does.
//
// Vocabulary, merge table and the merging of ordinary words are those of github.com/nlpodyssey/gotokenizers. What that
// library lacks is here: byte fallback, fused unknowns, ignore_merges, a cache that is bounded, and merging of long words in
// O(n log n). The package does not split text into words, and knows no added tokens. Dropout, prefixes of continuing words
// and suffixes of ending ones are refused.
package bpe

import (
	"fmt"
	"strings"

	"github.com/osft-project/osft/data/tokenizer/unicode"
)

// Symbol is a token inside a word.
type Symbol struct {
	ID  int32
	Len int32 // in bytes of the vocabulary's spelling: of the alphabet's characters where words are bytes
}

// Model is the vocabulary and the merges. It is safe for concurrent use; encoding goes through an Encoder.
type Model struct {
	core  *core // nil after a problem
	size  int   // tokens
	maxID int32 // -1 if there is no token

	unknown      int32 // -1 if there is none
	fuseUnknown  bool  // several in a row make one
	byteFallback bool  // what the vocabulary lacks becomes its bytes, as tokens such as <0xE2>
	ignoreMerges bool  // a word that is a token is that token, whatever the merges say
	bytes        bool  // words are bytes, each in the vocabulary as its character of unicode.ByteAlphabet
	cuts         bool  // a word may be cut before each ▁ that follows another character

	ofChar [256]int32 // token of each byte's character where words are bytes, else of each ASCII character; -1 if there is none
	ofByte [256]int32 // token such as <0xE2> of each byte; -1 if there is none
}

// ID returns the id of a token.
func (m *Model) ID(token string) (int32, bool) {
	id := m.core.id(token)
	return id, id >= 0
}

// Token returns the token of an id. It is false for an id that no token has.
func (m *Model) Token(id int32) (string, bool) { return m.core.token(id) }

// Size returns how many tokens there are.
func (m *Model) Size() int { return m.size }

// MaxID returns the highest id, -1 if there is none.
func (m *Model) MaxID() int32 { return m.maxID }

// addMerge adds the merge of a rank. The error names the token that the vocabulary lacks.
func (m *Model) addMerge(rank int, left, right string) error {
	var ids [3]int32
	for i, s := range [...]string{left, right, left + right} {
		if ids[i] = m.core.id(s); ids[i] < 0 {
			return fmt.Errorf("merges %q and %q, but %q is not in the vocabulary", left, right, s)
		}
	}
	m.core.setMerge(ids[0], ids[1], int32(rank), ids[2])
	m.cuts = m.cuts && !crosses(left+right)
	return nil
}

// meta is the character that stands for a space in SentencePiece's vocabularies, U+2581.
const meta = "▁"

// crosses reports whether a ▁ follows another character in the token.
func crosses(token string) bool {
	for i := 0; ; i += len(meta) {
		n := strings.Index(token[i:], meta)
		if n < 0 {
			return false
		}
		if n > 0 {
			return true
		}
	}
}

// finish builds the tables. The error says why the model cannot encode every word. Unknown is nil if there is none.
func (m *Model) finish(unknown *string) error {
	m.unknown = -1
	if unknown != nil {
		m.unknown = m.core.id(*unknown)
	}
	complete, allBytes := m.bytes, m.byteFallback
	for b := range m.ofChar {
		char := string(rune(b))
		if m.bytes {
			char = unicode.ByteAlphabet[b]
		}
		m.ofChar[b] = m.core.id(char)
		m.ofByte[b] = m.core.id(fmt.Sprintf("<0x%02X>", b))
		complete = complete && m.ofChar[b] >= 0
		allBytes = allBytes && m.ofByte[b] >= 0
	}
	nothingDropped := m.unknown >= 0 || allBytes // else what stands on both sides of a dropped character may merge
	m.cuts = m.cuts && m.core.id(meta) >= 0 && nothingDropped && !m.ignoreMerges && !m.bytes
	if unknown != nil && m.unknown < 0 && !complete {
		return fmt.Errorf("is %q, which is not in the vocabulary", *unknown)
	}
	return nil
}

// Complete reports whether there is a vocabulary; Parse returns a model without one after a problem.
func (m *Model) Complete() bool { return m.core != nil }
