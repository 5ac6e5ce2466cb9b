package matmul

// Workspace is the memory that one goroutine needs for products: packed panels
// and unfinished sums. Its zero value is ready; it grows to what its products
// need and keeps that.
type Workspace struct {
	left, right, kept []float32
	tile              tile
}

// grow returns n numbers of the buffer, whose contents do not matter.
func grow(buffer *[]float32, n int) []float32 {
	if cap(*buffer) < n {
		*buffer = make([]float32, n)
	}
	return (*buffer)[:n]
}

// sums is a place for outputs: rows that begin ld numbers apart.
type sums struct {
	data []float32
	ld   int
}

// at is the place from element (i, j) on.
func (s sums) at(i, j int) sums {
	if s.data == nil {
		return s
	}
	return sums{s.data[i*s.ld+j:], s.ld}
}

// piece is a range of outputs and the factors it is made from.
type piece struct {
	e          *engine
	a, b       factor
	i, j       int // where the range begins in a and b
	ka, kb     int // where k begins in a and b
	rows, cols int
}

// block sums one block of k: to becomes from plus the sum, or with add grows by
// that. Where from is nothing it does not take part.
func (w *Workspace) block(p *piece, k, kc int, from, to sums, add bool) {
	t, e, ka, kb := &w.tile, p.e, p.ka+k, p.kb+k
	if from.data == nil && add {
		from, add = to, false
	}
	t.k, t.ldc, t.lds, t.mode = kc, to.ld, from.ld, modeStore
	switch {
	case add:
		t.mode = modeAdd
	case from.data != nil:
		t.mode = modeGoOn
	default:
		from = to // not read
	}
	t.rs, t.cs = p.a.leftStrides()
	for i := 0; i < p.rows; i += e.rows {
		t.rows = min(e.rows, p.rows-i)
		t.a = p.a.at(p.i+i, ka, kc)
		for j := 0; j < p.cols; j += e.cols {
			t.cols = min(e.cols, p.cols-j)
			width := e.width(t.cols)
			t.b, t.ldb = p.b.at(p.j+j, kb, kc), p.b.rightStride(width)
			t.c, t.s = to.data[i*to.ld+j:], from.data[i*from.ld+j:]
			e.kernel(t, width)
		}
	}
}

// A range of outputs that one goroutine finishes before the next: enough rows
// to pay for packing the columns, few enough columns for the packed block of
// the right factor to stay in the second-level cache.
const (
	serialRows = 192
	serialCols = 256
)

// mode is what happens to the destination.
type mode int

const (
	store  mode = iota // the product is stored
	extend             // every block's sum is added: the product goes on
	finish             // the finished product is added once
)

// MulSerial is Mul in the calling goroutine, with w's memory: for products
// inside work that is already shared out.
func MulSerial(w *Workspace, dst []float32, ldd int, a, b Matrix) {
	checkProduct(dst, ldd, &a, &b)
	w.serial(current(), dst, ldd, &a, &b, nil, store)
}

// MulAddSerial is MulAdd in the calling goroutine, with w's memory.
func MulAddSerial(w *Workspace, dst []float32, ldd int, a, b Matrix) {
	checkProduct(dst, ldd, &a, &b)
	w.serial(current(), dst, ldd, &a, &b, nil, finish)
}

// serial computes the product range by range. Where packed is given it takes
// the place of b, of which only the size counts then.
func (w *Workspace) serial(e *engine, dst []float32, ldd int, a, b *Matrix, packed *factor, m mode) {
	if a.Cols == 0 {
		fillEmpty(dst, ldd, a.Rows, b.Cols, m)
		return
	}
	s := source{a: a, b: b, packed: packed}
	for s.i = 0; s.i < a.Rows; s.i += serialRows {
		for s.j = 0; s.j < b.Cols; s.j += serialCols {
			p := piece{e: e, rows: min(serialRows, a.Rows-s.i), cols: min(serialCols, b.Cols-s.j)}
			w.whole(&p, a.Cols, &s, sums{dst, ldd}.at(s.i, s.j), m)
		}
	}
}

// source is where a range's factors come from when they are made readable one
// block at a time: the rows of a from i on and the columns of b from j on.
type source struct {
	a, b   *Matrix
	packed *factor
	i, j   int
}

// whole computes a range of outputs over all of k.
func (w *Workspace) whole(p *piece, depth int, s *source, to sums, m mode) {
	var from sums
	if m == extend {
		from = to
	}
	w.chunk(p, depth, s, from, to, m == finish)
}

// chunk computes a range of outputs over depth values of k and continues the
// sums from, if there are any. Between the blocks the sums stay in w, close
// together. With a source, each block is made readable first; else p holds
// factors for all of them.
func (w *Workspace) chunk(p *piece, depth int, s *source, from, to sums, add bool) {
	var kept sums
	if depth > Block {
		kept = sums{grow(&w.kept, p.rows*p.cols), p.cols}
	}
	for k := 0; k < depth; k += Block {
		kc := min(Block, depth-k)
		if s != nil {
			s.left(w, p, k, kc)
			s.right(w, p, k, kc)
		}
		if k+kc == depth {
			w.block(p, k, kc, from, to, add)
			return
		}
		w.block(p, k, kc, from, kept, false)
		from = kept
	}
}

// left makes the rows readable for the block at k.
func (s *source) left(w *Workspace, p *piece, k, kc int) {
	if p.e.inPlace && s.a.F32 != nil {
		p.a, p.i = inPlace(s.a), s.i
		return
	}
	panels := ceil(p.rows, p.e.rows)
	p.a = factor{panel: p.e.rows, extent: panels * p.e.rows}
	p.a.data, p.i, p.ka = grow(&w.left, p.a.size(kc)), 0, -k
	view := s.a.RowRange(s.i, s.i+p.rows).ColRange(k, k+kc).T()
	p.a.packLeft(p.e, &view, 0, panels)
}

// right does the same for the columns.
func (s *source) right(w *Workspace, p *piece, k, kc int) {
	if s.packed != nil {
		p.b, p.j = *s.packed, s.j
		return
	}
	if p.e.inPlace && s.b.F32 != nil && s.b.ColStride == 1 && p.cols%p.e.narrow == 0 {
		p.b, p.j = inPlaceRight(s.b), s.j
		return
	}
	p.b = factor{panel: p.e.cols, extent: p.e.padded(p.cols)}
	p.b.data, p.j, p.kb = grow(&w.right, p.b.size(kc)), 0, -k
	view := s.b.RowRange(k, k+kc).ColRange(s.j, s.j+p.cols)
	p.b.packRight(p.e, &view, 0, ceil(p.cols, p.e.cols))
}

// fillEmpty is the product with k = 0, which is +0 everywhere.
func fillEmpty(dst []float32, ldd, rows, cols int, m mode) {
	for i := range rows {
		row := dst[i*ldd:][:cols]
		for j := range row {
			if m == store {
				row[j] = 0
			} else if m == finish {
				row[j] += 0
			}
		}
	}
}
