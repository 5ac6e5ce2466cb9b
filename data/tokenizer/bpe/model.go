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

	"github.com/nlpodyssey/gotokenizers/models/bpemodel"
	"github.com/nlpodyssey/gotokenizers/vocabulary"

	"github.com/osft-project/osft/data/tokenizer/unicode"
)

// Symbol is a token inside a word.
type Symbol struct {
	ID  int32
	Len int32 // in bytes of the vocabulary's spelling: of the alphabet's characters where words are bytes
}

// Model is the vocabulary and the merges. It is safe for concurrent use; encoding goes through an Encoder.
type Model struct {
	vocab  *vocabulary.Vocabulary
	size   int   // tokens
	maxID  int32 // -1 if there is no token
	merges *bpemodel.MergeMap

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
	id, ok := m.vocab.GetID(token)
	return int32(id), ok
}

// Token returns the token of an id. It is false for an id that no token has.
func (m *Model) Token(id int32) (string, bool) {
	s, ok := m.vocab.GetString(int(id))
	return s, ok && !strings.HasPrefix(s, unused)
}

// Size returns how many tokens there are.
func (m *Model) Size() int { return m.size }

// MaxID returns the highest id, -1 if there is none.
func (m *Model) MaxID() int32 { return m.maxID }

// unused begins what stands in the vocabulary for an id that no token has. It is not UTF-8, so nothing looks it up.
const unused = "\xff"

// setVocabulary fills the vocabulary; nil is an id that no token has.
func (m *Model) setVocabulary(byID []*string) {
	m.vocab = vocabulary.NewVocabulary()
	for id, s := range byID {
		if s == nil {
			m.vocab.AddTerm(fmt.Sprintf("%s%d", unused, id))
			continue
		}
		m.vocab.AddTerm(*s)
		m.size++
	}
	m.maxID = int32(len(byID)) - 1
	m.merges = bpemodel.NewMergeMap()
}

// merge adds the merge of a rank. The error names the token that the vocabulary lacks.
func (m *Model) merge(rank int, left, right string) error {
	var ids [3]int
	for i, s := range [...]string{left, right, left + right} {
		id, ok := m.vocab.GetID(s)
		if !ok {
			return fmt.Errorf("merges %q and %q, but %q is not in the vocabulary", left, right, s)
		}
		ids[i] = id
	}
	m.merges.Set(ids[0], ids[1], bpemodel.MergeValue{Rank: rank, ID: ids[2]})
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
		m.unknown = m.lookup(*unknown)
	}
	complete, allBytes := m.bytes, m.byteFallback
	for b := range m.ofChar {
		char := string(rune(b))
		if m.bytes {
			char = unicode.ByteAlphabet[b]
		}
		m.ofChar[b] = m.lookup(char)
		m.ofByte[b] = m.lookup(fmt.Sprintf("<0x%02X>", b))
		complete = complete && m.ofChar[b] >= 0
		allBytes = allBytes && m.ofByte[b] >= 0
	}
	nothingDropped := m.unknown >= 0 || allBytes // else what stands on both sides of a dropped character may merge
	m.cuts = m.cuts && m.lookup(meta) >= 0 && nothingDropped && !m.ignoreMerges && !m.bytes
	if unknown != nil && m.unknown < 0 && !complete {
		return fmt.Errorf("is %q, which is not in the vocabulary", *unknown)
	}
	return nil
}

// lookup returns the id of a token, -1 if there is none.
func (m *Model) lookup(token string) int32 {
	if id, ok := m.vocab.GetID(token); ok {
		return int32(id)
	}
	return -1
}

// Complete reports whether there is a vocabulary; Parse returns a model without one after a problem.
func (m *Model) Complete() bool { return m.vocab != nil }
