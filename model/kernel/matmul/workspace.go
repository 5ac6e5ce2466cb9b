package matmul

import "sync"

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
