package bpe

import (
	"fmt"
	"strings"

	"github.com/nlpodyssey/gotokenizers/models/bpemodel"
	"github.com/nlpodyssey/gotokenizers/vocabulary"
)

// core is what gotokenizers does: the vocabulary, the merges by pair, and (shortMerger) the merging of a word. This file alone
// imports it.
type core struct {
	vocab  *vocabulary.Vocabulary
	merges *bpemodel.MergeMap
}

// unused begins what stands in the vocabulary for an id that no token has. It is not UTF-8, so nothing looks it up.
const unused = "\xff"

// newCore returns a vocabulary without merges; nil is an id that no token has.
func newCore(byID []*string) *core {
	c := &core{vocabulary.NewVocabulary(), bpemodel.NewMergeMap()}
	for id, s := range byID {
		if s == nil {
			c.vocab.AddTerm(fmt.Sprintf("%s%d", unused, id))
			continue
		}
		c.vocab.AddTerm(*s)
	}
	return c
}

// id returns the id of a token, -1 if there is none.
func (c *core) id(token string) int32 {
	if id, ok := c.vocab.GetID(token); ok {
		return int32(id)
	}
	return -1
}

func (c *core) token(id int32) (string, bool) {
	s, ok := c.vocab.GetString(int(id))
	return s, ok && !strings.HasPrefix(s, unused)
}

func (c *core) setMerge(left, right, rank, id int32) {
	c.merges.Set(int(left), int(right), bpemodel.MergeValue{Rank: int(rank), ID: int(id)})
}

func (c *core) getMerge(left, right int32) (rank, id int32, ok bool) {
	v, ok := c.merges.Get(int(left), int(right))
	return int32(v.Rank), int32(v.ID), ok
}

// shortMerger merges words by gotokenizers' Word, into memory that it uses again.
type shortMerger struct {
	nodes []bpemodel.WordSymbol // what word points to
	word  bpemodel.Word
}

// merge merges the symbols in place.
func (m *shortMerger) merge(c *core, symbols []Symbol) []Symbol {
	n := len(symbols)
	if cap(m.nodes) < n {
		m.nodes = make([]bpemodel.WordSymbol, max(64, 2*n))
	}
	m.nodes, m.word = m.nodes[:n], m.word[:0]
	for i, s := range symbols {
		m.nodes[i] = bpemodel.WordSymbol{Symbol: bpemodel.Symbol{ID: int(s.ID), Length: int(s.Len)}, Prev: i - 1, Next: i + 1}
		m.word = append(m.word, &m.nodes[i])
	}
	m.nodes[n-1].Next = -1
	m.word.MergeAll(c.merges, 0)
	symbols = symbols[:0]
	for _, s := range m.word {
		symbols = append(symbols, Symbol{ID: int32(s.ID), Len: int32(s.Length)})
	}
	return symbols
}
