package kernel

import (
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/osft-project/osft/model/kernel/machine"
	"github.com/osft-project/osft/model/kernel/matmul"
	"github.com/osft-project/osft/model/kernel/vector"
)

// gradSpace holds the gradients of keys and values per query head, before the heads of a group are added.
type gradSpace struct{ keys, values []float32 }

var gradSpaces = sync.Pool{New: func() any { return new(gradSpace) }}

func (g *gradSpace) grow(n int) {
	if len(g.keys) < n {
		g.keys, g.values = make([]float32, n), make([]float32, n)
	}
}

// AttentionGrad stores the gradient of qkv in dqkv, given that of Attention's output; out and lse are Attention's results.
// The probabilities are computed again, block by block. Parallel are the heads of the documents, each one chain of query
// blocks, which is cut in parts where chains are few, so that no worker is left with a whole one at the end. For one head dq adds key blocks ascending, dk and dv query blocks
// ascending; then dk and dv add the heads of a group ascending. A sum's first term is stored, the others are added.
func AttentionGrad(dqkv, dout, out, qkv, lse []float32, docs []int32, s AttentionShape) {
	n := len(docs)
	space := gradSpaces.Get().(*gradSpace)
	defer gradSpaces.Put(space)
	space.grow(n * s.Heads * s.HeadDim)
	list := documents(docs)
	chains := len(list) * s.Heads
	parts := 1
	if workers := machine.Workers(); chains >= workers && chains < 8*workers {
		parts = 4
	}
	turns := make([]atomic.Int32, chains)
	machine.ParallelEach(parts*chains, func(i, _ int) {
		part, chain := i/chains, i%chains
		worker := attentionSpaces.Get().(*attentionSpace)
		d, h := list[chain/s.Heads], chain%s.Heads
		defer wait(&turns[chain], part)()
		worker.attendGrad(s.headGrad(dqkv, dout, out, qkv, lse, space, d, h), part, parts, d.length, s)
		attentionSpaces.Put(worker)
	})
	machine.Parallel(n, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			s.addGroups(dqkv[i*s.width():][:s.width()], space, i)
		}
	})
}

// wait returns when the earlier parts of a chain are done, and returns what says that this part is. Parts are handed out in
// order, so that an earlier one is never later than its successor and seldom unfinished.
func wait(turn *atomic.Int32, part int) (done func()) {
	for int(turn.Load()) != part {
		runtime.Gosched()
	}
	return func() { turn.Store(int32(part + 1)) }
}

// cut is the first of blocks query blocks that belongs to the part: later blocks meet more keys, so parts shrink.
func cut(part, parts, blocks int) int {
	return int(math.Sqrt(float64(part*blocks*blocks) / float64(parts)))
}

// addGroups adds the heads of each group ascending into the keys and values of token i's row.
func (s AttentionShape) addGroups(row []float32, space *gradSpace, i int) {
	at := i * s.Heads * s.HeadDim
	keys := row[s.Heads*s.HeadDim:][:s.KVHeads*s.HeadDim]
	values := row[(s.Heads+s.KVHeads)*s.HeadDim:]
	for h := range s.Heads {
		from, to := at+h*s.HeadDim, s.keyHead(h)*s.HeadDim
		k, v := keys[to:][:s.HeadDim], values[to:][:s.HeadDim]
		dk, dv := space.keys[from:][:s.HeadDim], space.values[from:][:s.HeadDim]
		if h%(s.Heads/s.KVHeads) == 0 {
			copy(k, dk)
			copy(v, dv)
			continue
		}
		vector.Add(k, k, dk)
		vector.Add(v, v, dv)
	}
}

// headGrad are one head's panels in one document.
type headGrad struct{ q, k, v, dq, dk, dv, out, dout, lse panel }

func (s AttentionShape) headGrad(dqkv, dout, out, qkv, lse []float32, space *gradSpace, d document, h int) headGrad {
	at := (d.start*s.Heads + h) * s.HeadDim
	narrow := s.Heads * s.HeadDim
	k, v := s.keysValues(qkv[d.start*s.width():], h)
	return headGrad{
		q: panel{qkv[d.start*s.width()+h*s.HeadDim:], s.width()}, k: k, v: v,
		dq: panel{dqkv[d.start*s.width()+h*s.HeadDim:], s.width()},
		dk: panel{space.keys[at:], narrow}, dv: panel{space.values[at:], narrow},
		out: panel{out[at:], narrow}, dout: panel{dout[at:], narrow},
		lse: panel{lse[d.start*s.Heads+h:], s.Heads},
	}
}

// attendGrad computes what one part of the query blocks adds to one head's gradients in a document of n tokens.
func (a *attentionSpace) attendGrad(g headGrad, part, parts, n int, s AttentionShape) {
	blocks := (n + block - 1) / block
	for first := cut(part, parts, blocks) * block; first < min(n, cut(part+1, parts, blocks)*block); first += block {
		rows := min(block, n-first)
		lse, delta := a.peak[:rows], a.sum[:rows]
		for r := range rows {
			i := first + r
			lse[r] = g.lse.data[i*g.lse.stride]
			delta[r] = float32(vector.Dot(g.out.data[i*g.out.stride:][:s.HeadDim], g.dout.data[i*g.dout.stride:][:s.HeadDim]))
		}
		for key := s.firstKeyBlock(first/block) * block; key < first+rows; key += block {
			a.pairGrad(g, first, rows, key, min(block, n-key), lse, delta, s)
		}
	}
}

// pairGrad adds what one block of queries and one block of keys contribute to each other.
func (a *attentionSpace) pairGrad(g headGrad, first, rows, key, n int, lse, delta []float32, s AttentionShape) {
	dim := s.HeadDim
	q, k, v, dout := g.q.rows(first, rows, dim), g.k.rows(key, n, dim), g.v.rows(key, n, dim), g.dout.rows(first, rows, dim)
	matmul.MulSerial(&a.mul, a.score[:], block, q, k.T())
	s.mask(a.score[:], first, rows, key)
	matmul.MulSerial(&a.mul, a.grad[:], block, dout, v.T())
	vector.OnlineGrad(a.score[:], a.grad[:], lse, delta, s.Scale)
	p := matmul.Strided(a.score[:], rows, n, block)
	ds := matmul.Strided(a.grad[:], rows, n, block)
	a.addTerm(g.dq, first, ds, k, key == s.firstKeyBlock(first/block)*block)
	a.addTerm(g.dk, key, ds.T(), q, first == key)
	a.addTerm(g.dv, key, p.T(), dout, first == key)
}

// addTerm stores a·b in the rows of dst from at when it is the first term of its sum, else adds it.
func (a *attentionSpace) addTerm(dst panel, at int, x, y matmul.Matrix, first bool) {
	if first {
		matmul.MulSerial(&a.mul, dst.data[at*dst.stride:], dst.stride, x, y)
	} else {
		matmul.MulAddSerial(&a.mul, dst.data[at*dst.stride:], dst.stride, x, y)
	}
}
