package kernel

import (
	"math"
	"sync"

	"github.com/osft-project/osft/model/kernel/elementary"
	"github.com/osft-project/osft/model/kernel/machine"
	"github.com/osft-project/osft/model/kernel/matmul"
	"github.com/osft-project/osft/model/kernel/vector"
)

// AttentionShape describes causal grouped-query attention (Vaswani et al., arXiv:1706.03762; Ainslie et al.,
// arXiv:2305.13245). Heads is a multiple of KVHeads: head h reads key head h/(Heads/KVHeads). Scale (positive) multiplies
// the scores. With a Window above 0, query i sees the keys i-Window < j <= i, else all j <= i.
type AttentionShape struct {
	Heads, KVHeads, HeadDim int
	Scale                   float32
	Window                  int
}

// block is the number of queries and of keys that meet at once, counted from a document's first token.
const block = vector.Block

// width is the length of a packed row q|k|v.
func (s AttentionShape) width() int { return (s.Heads + 2*s.KVHeads) * s.HeadDim }

// keyHead is the key head that head h reads.
func (s AttentionShape) keyHead(h int) int { return h / (s.Heads / s.KVHeads) }

// firstKeyBlock is the lowest key block that some query of the block of queries can see.
func (s AttentionShape) firstKeyBlock(queryBlock int) int {
	if s.Window <= 0 {
		return 0
	}
	return max(0, queryBlock*block-s.Window+1) / block
}

// mask writes -Inf over the scores of keys that queries must not see in a key block. Row 0 belongs to query
// first; key is the block's first key. Both count from the document's first token.
func (s AttentionShape) mask(score []float32, first, rows, key int) {
	hidden := float32(math.Inf(-1))
	for r := range rows {
		row := score[r*block : (r+1)*block]
		hi := min(block, first+r+1-key)
		lo := 0
		if s.Window > 0 {
			lo = min(max(0, first+r-s.Window+1-key), hi)
		}
		for j := range lo {
			row[j] = hidden
		}
		for j := hi; j < block; j++ {
			row[j] = hidden
		}
	}
}

// panel is one head's rows of a larger array: row i starts at data[i*stride] and has the head's dimension.
type panel struct {
	data   []float32
	stride int
}

// rows is the matrix of n rows from i.
func (p panel) rows(i, n, dim int) matmul.Matrix {
	return matmul.Strided(p.data[i*p.stride:], n, dim, p.stride)
}

// attentionSpace is the memory of one worker.
type attentionSpace struct {
	mul                matmul.Workspace
	score, grad        [block * block]float32
	peak, sum, rescale [block]float32
	out, product       []float32
}

var attentionSpaces = sync.Pool{New: func() any { return new(attentionSpace) }}

func (a *attentionSpace) grow(dim int) {
	if len(a.out) < block*dim {
		a.out, a.product = make([]float32, block*dim), make([]float32, block*dim)
	}
}

// Attention stores softmax(scale·q·kᵀ)·v of every head in dst [n, Heads·HeadDim] and each query's log-sum-exp in
// lse [n, Heads]. The rows of qkv are q|k|v, already rotated; docs[i] is the index of the first token of i's document, and
// a token sees its own document only. Memory beyond the arguments does not depend on n.
func Attention(dst, lse, qkv []float32, docs []int32, s AttentionShape) {
	blocks := queryBlocks(docs)
	machine.ParallelEach(len(blocks)*s.Heads, func(i, _ int) {
		space := attentionSpaces.Get().(*attentionSpace)
		// Late blocks come first: they see the most keys.
		b, h := blocks[len(blocks)-1-i/s.Heads], i%s.Heads
		at := b.document + b.first
		out := panel{dst[(at*s.Heads+h)*s.HeadDim:], s.Heads * s.HeadDim}
		q := panel{qkv[at*s.width()+h*s.HeadDim:], s.width()}
		k, v := s.keysValues(qkv[b.document*s.width():], h)
		space.attend(out, panel{lse[at*s.Heads+h:], s.Heads}, q, k, v, b.first, b.rows, s)
		attentionSpaces.Put(space)
	})
}

// AttentionStep is Attention for the one query at position n-1 of a document whose n keys and values are kept in keys and
// values, both [n, KVHeads·HeadDim]; q and dst are [Heads·HeadDim]. The result has the bits of the full pass.
func AttentionStep(dst, q, keys, values []float32, n int, s AttentionShape) {
	stride := s.KVHeads * s.HeadDim
	machine.ParallelEach(s.Heads, func(h, _ int) {
		space := attentionSpaces.Get().(*attentionSpace)
		at := s.keyHead(h) * s.HeadDim
		var lse [1]float32
		space.attend(panel{dst[h*s.HeadDim:], 0}, panel{lse[:], 0}, panel{q[h*s.HeadDim:], 0},
			panel{keys[at:], stride}, panel{values[at:], stride}, n-1, 1, s)
		attentionSpaces.Put(space)
	})
}

// keysValues are the panels of keys and values that head h reads in the packed rows of one document.
func (s AttentionShape) keysValues(qkv []float32, h int) (k, v panel) {
	at := (s.Heads + s.keyHead(h)) * s.HeadDim
	return panel{qkv[at:], s.width()}, panel{qkv[at+s.KVHeads*s.HeadDim:], s.width()}
}

// attend computes one block of queries of one head: rows of them, the first at position first of its document. Row 0 of
// out, lse and q belongs to that query, row 0 of k and v to the document's first token.
func (a *attentionSpace) attend(out, lse, q, k, v panel, first, rows int, s AttentionShape) {
	dim := s.HeadDim
	a.grow(dim)
	peak, sum, rescale := a.peak[:rows], a.sum[:rows], a.rescale[:rows]
	for r := range rows {
		peak[r], sum[r] = vector.Lowest, 0
	}
	lowest := s.firstKeyBlock(first / block)
	for key := lowest * block; key < first+rows; key += block {
		n := min(block, first+rows-key)
		matmul.MulSerial(&a.mul, a.score[:], block, q.rows(0, rows, dim), k.rows(key, n, dim).T())
		s.mask(a.score[:], first, rows, key)
		vector.Online(a.score[:], peak, sum, rescale, s.Scale)
		p := matmul.Strided(a.score[:], rows, n, block)
		if key == lowest*block {
			matmul.MulSerial(&a.mul, a.out, dim, p, v.rows(key, n, dim))
			continue
		}
		matmul.MulSerial(&a.mul, a.product, dim, p, v.rows(key, n, dim))
		vector.Rescale(a.out, a.product, rescale, dim)
	}
	for r := range rows {
		vector.Divide(out.data[r*out.stride:][:dim], a.out[r*dim:][:dim], sum[r])
		lse.data[r*lse.stride] = peak[r] + elementary.Log(sum[r])
	}
}

// queryBlock is one block of queries: its document's first token, its first query counted from there, and its rows.
type queryBlock struct{ document, first, rows int }

// queryBlocks cuts every document into blocks of queries.
func queryBlocks(docs []int32) []queryBlock {
	var blocks []queryBlock
	for _, d := range documents(docs) {
		for first := 0; first < d.length; first += block {
			blocks = append(blocks, queryBlock{d.start, first, min(block, d.length-first)})
		}
	}
	return blocks
}

type document struct{ start, length int }

// documents lists the runs of tokens with one document start.
func documents(docs []int32) []document {
	var list []document
	for i := 0; i < len(docs); {
		end := i + 1
		for end < len(docs) && docs[end] == docs[i] {
			end++
		}
		list = append(list, document{i, end - i})
		i = end
	}
	return list
}
