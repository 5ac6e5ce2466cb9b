package matmul

import "github.com/osft-project/osft/model/kernel/machine"

// Mul computes dst[m×n] = a[m×k]·b[k×n] on all workers; the rows of dst begin
// ldd numbers apart. dst must not overlap the factors.
func Mul(dst []float32, ldd int, a, b Matrix) {
	checkProduct(dst, ldd, &a, &b)
	parallel(dst, ldd, &a, &b, nil, store)
}

// MulAdd adds the finished product to dst: the blocks are summed first, as Mul
// does, then added once.
func MulAdd(dst []float32, ldd int, a, b Matrix) {
	checkProduct(dst, ldd, &a, &b)
	parallel(dst, ldd, &a, &b, nil, finish)
}

// MulBlocks computes one part of a product that is cut along k: a and b are the
// next columns and rows, and every part but the last holds a multiple of Block
// of them. The first part stores, each later one goes on adding block sums, so
// that the parts together give the bits of the whole.
func MulBlocks(dst []float32, ldd int, a, b Matrix, first bool) {
	checkProduct(dst, ldd, &a, &b)
	m := extend
	if first {
		m = store
	}
	parallel(dst, ldd, &a, &b, nil, m)
}

// Packed is a right factor kept in the kernels' own order, for products that
// use it many times. It belongs to the instruction set that was active when it
// was packed, and takes 4 bytes a number.
type Packed struct {
	K, N   int
	e      *engine
	factor factor
}

// Pack packs b[k×n] on all workers.
func Pack(b Matrix) *Packed {
	p := new(Packed)
	p.prepare(&b)
	machine.Parallel(p.panels(), func(lo, hi int) { p.factor.packRight(p.e, &b, lo, hi) })
	return p
}

// Load packs b in the calling goroutine, reusing p's memory where it suffices.
func (p *Packed) Load(b Matrix) {
	p.prepare(&b)
	p.factor.packRight(p.e, &b, 0, p.panels())
}

func (p *Packed) prepare(b *Matrix) {
	b.check("Pack")
	p.K, p.N, p.e = b.Rows, b.Cols, current()
	p.factor.panel, p.factor.extent = p.e.cols, p.e.padded(b.Cols)
	p.factor.data = grow(&p.factor.data, p.factor.size(b.Rows))
}

func (p *Packed) panels() int { return (p.N + p.e.cols - 1) / p.e.cols }

// size is a matrix of p's size without numbers.
func (p *Packed) size() Matrix { return Matrix{Rows: p.K, Cols: p.N} }

// MulPacked is Mul with a packed right factor.
func MulPacked(dst []float32, ldd int, a Matrix, p *Packed) {
	a.check("left factor")
	checkInto(dst, ldd, &a, p.K, p.N)
	b := p.size()
	parallel(dst, ldd, &a, &b, p, store)
}

// MulPackedSerial is MulPacked in the calling goroutine, with w's memory.
func MulPackedSerial(w *Workspace, dst []float32, ldd int, a Matrix, p *Packed) {
	a.check("left factor")
	checkInto(dst, ldd, &a, p.K, p.N)
	b := p.size()
	w.serial(p.e, dst, ldd, &a, &b, &p.factor, store)
}
