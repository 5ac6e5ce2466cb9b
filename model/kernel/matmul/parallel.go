package matmul

import (
	"runtime"
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

// chunk is the part of the product that is packed.
type chunk struct {
	a, b     Matrix // views of the factors
	j, k     int    // first column and first k
	from, to sums   // earlier sums, if any, and where the new ones go
	add      bool
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
	machine.Run(ceil(s.b.Cols, size), s)
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
				machine.Run(s.packLeft+s.packRight+p.pieces(s.chunk.a.Rows, s.chunk.b.Cols), s)
			}
		}
	}
}

// readable reports whether the kernels read the left factor best where it is.
func (s *shared) readable() bool {
	return s.e.inPlace && s.a.F32 != nil && s.a.ColStride == 1 && !crowded(s.a.RowStride)
}

// takeChunk sets the views of the chunk at (i, j, k) and where its sums go.
func (s *shared) takeChunk(i, j, k int) {
	p, c := &s.plan, &s.chunk
	toK := min(k+p.depth, s.a.Cols)
	c.j, c.k = j, k
	c.a = s.a.RowRange(i, min(i+p.rows, s.a.Rows)).ColRange(k, toK)
	c.b = s.b
	c.b.Cols = min(p.cols, s.b.Cols-j)
	if s.ready == nil {
		c.b = s.b.RowRange(k, toK).ColRange(j, j+c.b.Cols)
	}
	c.from, c.to, c.add = sums{}, sums{s.dst, s.ldd}.at(i, j), false
	if s.mode == extend || k > 0 {
		c.from = c.to
	}
	if s.mode == finish {
		s.keepAside(k == 0, toK == s.a.Cols)
	}
}

// keepAside directs the chunks of a product that is added when finished: all
// but the last leave their sums in memory of their own.
func (s *shared) keepAside(first, last bool) {
	c := &s.chunk
	aside := sums{ld: c.b.Cols}
	if !first || !last {
		aside.data = grow(&s.sumsRoom, c.a.Rows*c.b.Cols)
	}
	c.add = last
	if !last {
		c.to = aside
	}
	c.from = sums{}
	if !first {
		c.from = aside
	}
}

// layOut decides how the chunk's factors are read and how many pieces of work
// packing them makes: none for a factor that is read in place or has not
// changed.
func (s *shared) layOut(left, right bool) {
	c := &s.chunk
	s.packLeft, s.packRight = 0, 0
	switch {
	case s.readable():
		s.left = inPlace(&c.a)
	case left:
		s.layLeft()
		s.packLeft = ceil(c.a.Rows, s.e.rows*packPanels)
	}
	switch {
	case s.ready != nil:
		s.right = *s.ready
	case right:
		s.right = factor{panel: s.e.cols, extent: s.e.padded(c.b.Cols)}
		s.right.data = grow(&s.rightRoom, s.right.size(c.b.Rows))
		s.packRight = ceil(c.b.Cols, s.e.cols*packPanels)
	}
}

// packPanels is how many panels one piece of packing work takes.
const packPanels = 2

// layLeft chooses how the packed left factor lies: rows that run along k stay
// rows, everything else becomes panels.
func (s *shared) layLeft() {
	a := &s.chunk.a
	if s.e.inPlace && a.ColStride == 1 {
		s.left = factor{across: ceil(a.Cols, cacheRow)*cacheRow + cacheRow, along: 1}
		for crowded(s.left.across) {
			s.left.across += 2 * cacheRow
		}
		s.left.data = grow(&s.leftRoom, a.Rows*s.left.across)
		return
	}
	s.left = factor{panel: s.e.rows, extent: ceil(a.Rows, s.e.rows) * s.e.rows}
	s.left.data = grow(&s.leftRoom, s.left.size(a.Cols))
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
