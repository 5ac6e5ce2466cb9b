package matmul

import "sync"

// Workspace is the memory that one goroutine needs for products: packed panels
// and unfinished sums. Its zero value is ready; it grows to what its products
// need and keeps that.
type Workspace struct {
	left, right, sums []float32
	tile              tile
}

// grow returns n numbers of the buffer, whose contents do not matter.
func grow(buffer *[]float32, n int) []float32 {
	if cap(*buffer) < n {
		*buffer = make([]float32, n)
	}
	return (*buffer)[:n]
}

// piece is a range of outputs and the factors it is made from.
type piece struct {
	e          *engine
	a, b       factor
	i, j       int // where the range begins in a and b
	ka, kb     int // where k begins in a and b
	rows, cols int
	c          []float32
	ldc        int
}

// block adds one block of k to the range, or stores it.
func (w *Workspace) block(p *piece, k, kc int, add bool) {
	t, e, ka, kb := &w.tile, p.e, p.ka+k, p.kb+k
	t.k, t.ldc, t.add = kc, p.ldc, 0
	if add {
		t.add = 1
	}
	t.rs, t.cs = p.a.leftStrides()
	for i := 0; i < p.rows; i += e.rows {
		t.rows = min(e.rows, p.rows-i)
		t.a = p.a.at(p.i+i, ka, kc)
		for j := 0; j < p.cols; j += e.cols {
			t.cols = min(e.cols, p.cols-j)
			width := e.width(t.cols)
			t.b, t.ldb = p.b.at(p.j+j, kb, kc), p.b.rightStride(width)
			t.c = p.c[i*p.ldc+j:]
			e.kernel(t, width)
		}
	}
}

// addRows adds the rows of a finished product to dst.
func addRows(dst []float32, ldd int, from []float32, ldf, rows, cols int) {
	for i := range rows {
		d, f := dst[i*ldd:][:cols], from[i*ldf:][:cols]
		for j, v := range f {
			d[j] += v
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
	s.a, s.b, s.chunk, s.dst, s.packed = Matrix{}, Matrix{}, chunk{}, nil, nil
	spare.Lock()
	defer spare.Unlock()
	spare.free = append(spare.free, s)
}
