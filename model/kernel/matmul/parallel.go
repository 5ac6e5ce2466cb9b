package matmul

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/osft-project/osft/model/kernel/machine"
)

const (
	// serialWork is the number of multiplications below which waking the
	// workers costs more than it saves.
	serialWork = 1 << 17
	// fewRows is up to how many rows a product shares out columns only, every
	// worker packing its own: packing shared by all would cost a wait.
	fewRows = 48
)

// shared is one parallel product and its memory.
type shared struct {
	e     *engine
	dst   []float32
	ldd   int
	a, b  Matrix
	ready *factor // the right factor, packed by the caller
	mode  mode
	plan  plan
	// striped: only columns are shared out, and every worker packs its own.
	striped bool

	left, right         factor
	leftRoom, rightRoom []float32
	sumsRoom            []float32
	chunk               chunk
	packLeft, packRight int // pieces of packing work
	packed              atomic.Int64
	workspace           []Workspace
}

func parallel(dst []float32, ldd int, a, b *Matrix, packed *Packed, m mode) {
	if a.Rows == 0 || b.Cols == 0 {
		return
	}
	s := takeShared()
	defer s.giveBack()
	s.e, s.dst, s.ldd, s.a, s.b, s.mode, s.ready = current(), dst, ldd, *a, *b, m, nil
	if packed != nil {
		s.e, s.ready = packed.e, &packed.factor
	}
	workers := machine.Workers()
	for len(s.workspace) < workers {
		s.workspace = append(s.workspace, Workspace{})
	}
	s.striped = a.Rows <= fewRows
	switch {
	case a.Cols == 0 || a.Rows*a.Cols*b.Cols < serialWork:
		s.workspace[0].serial(s.e, dst, ldd, a, b, s.ready, m)
	case s.striped:
		s.strips(workers)
	default:
		s.chunks(workers)
	}
}

// strips shares out columns.
func (s *shared) strips(workers int) {
	size := max(s.e.cols, serialCols/8)
	if s.b.Cols > size*8*workers {
		size = serialCols
	}
	s.plan.colStep = size
	machine.RunOn(workers, ceil(s.b.Cols, size), s)
}

// chunks packs and multiplies one chunk after the other.
func (s *shared) chunks(workers int) {
	s.plan = planFor(s.e, s.a.Rows, s.b.Cols, s.a.Cols, workers, !s.readable())
	p := &s.plan
	lastLeft, lastRight := [2]int{-1}, [2]int{-1}
	for j := 0; j < s.b.Cols; j += p.cols {
		for i := 0; i < s.a.Rows; i += p.rows {
			for k := 0; k < s.a.Cols; k += p.depth {
				s.takeChunk(i, j, k)
				left, right := [2]int{i, k}, [2]int{j, k}
				s.layOut(left != lastLeft, right != lastRight)
				lastLeft, lastRight = left, right
				s.packed.Store(0)
				machine.RunOn(workers, s.packLeft+s.packRight+p.pieces(s.chunk.a.Rows, s.chunk.b.Cols), s)
			}
		}
	}
}

// Do carries out one piece of work. Items are handed out in order, so whoever
// gets a multiplication knows that all packing has begun, and waits for the
// last of it. Giving the processor away meanwhile costs nothing when there is
// nobody to take it.
func (s *shared) Do(item, worker int) {
	packing := s.packLeft + s.packRight
	switch {
	case s.striped:
		s.doStrip(item, &s.workspace[worker])
	case item < packing:
		defer s.packed.Add(1) // even when reading a factor faults
		s.doPack(item)
	default:
		for int(s.packed.Load()) < packing {
			runtime.Gosched()
		}
		s.doMultiply(item-packing, &s.workspace[worker])
	}
}

func (s *shared) doPack(item int) {
	if item < s.packRight {
		lo := item * packPanels
		s.right.packRight(s.e, &s.chunk.b, lo, min(lo+packPanels, ceil(s.chunk.b.Cols, s.e.cols)))
		return
	}
	a := &s.chunk.a
	lo := (item - s.packRight) * packPanels
	hi := min(lo+packPanels, ceil(a.Rows, s.e.rows))
	if s.left.panel == 0 {
		s.left.copyRows(a, lo*s.e.rows, min(hi*s.e.rows, a.Rows))
		return
	}
	view := a.T()
	s.left.packLeft(s.e, &view, lo, hi)
}

func (s *shared) doStrip(item int, w *Workspace) {
	j := item * s.plan.colStep
	p := piece{e: s.e, rows: s.a.Rows, cols: min(s.plan.colStep, s.b.Cols-j)}
	w.whole(&p, s.a.Cols, &source{a: &s.a, b: &s.b, packed: s.ready, j: j}, sums{s.dst, s.ldd}.at(0, j), s.mode)
}

func (s *shared) doMultiply(item int, w *Workspace) {
	c := &s.chunk
	across := ceil(c.b.Cols, s.plan.colStep)
	i, j := item/across*s.plan.rowStep, item%across*s.plan.colStep
	p := piece{e: s.e, a: s.left, b: s.right, i: i, j: j,
		rows: min(s.plan.rowStep, c.a.Rows-i), cols: min(s.plan.colStep, c.b.Cols-j)}
	if s.ready != nil { // it holds all of the right factor, not the chunk
		p.j, p.kb = c.j+j, c.k
	}
	w.chunk(&p, c.a.Cols, nil, c.from.at(i, j), c.to.at(i, j), c.add)
}

// spare keeps what parallel products use between calls, so that the steady
// state allocates nothing and does not depend on the garbage collector.
var spare struct {
	sync.Mutex
	free []*shared
}

func takeShared() *shared {
	spare.Lock()
	defer spare.Unlock()
	if last := len(spare.free) - 1; last >= 0 {
		s := spare.free[last]
		spare.free = spare.free[:last]
		return s
	}
	return new(shared)
}

func (s *shared) giveBack() {
	s.a, s.b, s.chunk, s.dst, s.ready = Matrix{}, Matrix{}, chunk{}, nil, nil
	spare.Lock()
	defer spare.Unlock()
	spare.free = append(spare.free, s)
}
