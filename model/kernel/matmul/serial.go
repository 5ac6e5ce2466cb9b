package matmul

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
	for i := 0; i < a.Rows; i += serialRows {
		for j := 0; j < b.Cols; j += serialCols {
			p := pieces{e: e, rows: min(serialRows, a.Rows-i), cols: min(serialCols, b.Cols-j),
				c: dst[i*ldd+j:], ldc: ldd}
			w.rangeOf(&p, a, b, packed, i, j, m)
		}
	}
}

// rangeOf computes the outputs from (i, j) on, all of k.
func (w *Workspace) rangeOf(p *pieces, a, b *Matrix, packed *factor, i, j int, m mode) {
	c, ldc := p.c, p.ldc
	late := m == finish && a.Cols > Block
	if late {
		p.c, p.ldc = grow(&w.sums, p.rows*p.cols), p.cols
	}
	for k := 0; k < a.Cols; k += Block {
		kc := min(Block, a.Cols-k)
		ka := w.leftBlock(p, a, i, k, kc)
		kb := w.rightBlock(p, b, packed, j, k, kc)
		w.block(p, ka, kb, kc, k > 0 || (m != store && !late))
	}
	if late {
		addRows(c, ldc, p.c, p.ldc, p.rows, p.cols)
	}
}

// leftBlock makes the rows from i on readable for one block and returns where
// the block begins in p.a.
func (w *Workspace) leftBlock(p *pieces, a *Matrix, i, k, kc int) int {
	if p.e.inPlace && a.F32 != nil {
		p.a, p.i = inPlace(a), i
		return k
	}
	e := p.e
	panels := (p.rows + e.rows - 1) / e.rows
	p.a = factor{panel: e.rows, extent: panels * e.rows}
	p.a.data, p.i = grow(&w.left, p.a.size(kc)), 0
	view := a.RowRange(i, i+p.rows).ColRange(k, k+kc).T()
	p.a.packLeft(e, &view, 0, panels)
	return 0
}

// rightBlock does the same for the columns from j on.
func (w *Workspace) rightBlock(p *pieces, b *Matrix, packed *factor, j, k, kc int) int {
	e := p.e
	if packed != nil {
		p.b, p.j = *packed, j
		return k
	}
	if e.inPlace && b.F32 != nil && b.ColStride == 1 && p.cols%e.narrow == 0 {
		p.b, p.j = inPlace(&Matrix{F32: b.F32, RowStride: 1, ColStride: b.RowStride}), j
		return k
	}
	p.b = factor{panel: e.cols, extent: e.padded(p.cols)}
	p.b.data, p.j = grow(&w.right, p.b.size(kc)), 0
	view := b.RowRange(k, k+kc).ColRange(j, j+p.cols)
	p.b.packRight(e, &view, 0, (p.cols+e.cols-1)/e.cols)
	return 0
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
