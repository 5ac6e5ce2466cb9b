package matmul

// factor is one side of a product as the kernels read it: either in place, or
// packed into panels, block of k after block of k, panel after panel, each
// panel holding its outputs side by side for k ascending.
type factor struct {
	data   []float32
	panel  int // outputs a panel; 0 when the factor is read in place
	across int // in place: distance between outputs
	along  int // in place: distance between successive k
	extent int // packed: outputs of all panels, padding included
}

// inPlace reads m, whose outputs lie across its rows (the left factor) or,
// transposed, its columns (the right factor), without packing.
func inPlace(m *Matrix) factor {
	return factor{data: m.F32, across: m.RowStride, along: m.ColStride}
}

// at is where the kernel starts for the panel of output i in the block of
// depth kc that begins at k; i is a multiple of the panel's size.
func (f *factor) at(i, k, kc int) []float32 {
	if f.panel == 0 {
		return f.data[i*f.across+k*f.along:]
	}
	return f.data[k*f.extent+i*kc:]
}

// leftStrides are the distances between rows and between successive k.
func (f *factor) leftStrides() (rows, k int) {
	if f.panel == 0 {
		return f.across, f.along
	}
	return 1, f.panel
}

// rightStride is the distance between successive k in a panel of that width.
func (f *factor) rightStride(width int) int {
	if f.panel == 0 {
		return f.along
	}
	return width
}

// size is how many numbers a packed factor of that many outputs takes.
func (f *factor) size(depth int) int { return f.extent * depth }

// packRight packs the panels lo..hi-1 of the right factor b.
func (f *factor) packRight(e *engine, b *Matrix, lo, hi int) {
	f.packPanels(e, b, lo, hi, e.cols, e.width)
}

// packLeft packs the panels lo..hi-1 of the left factor, given transposed.
func (f *factor) packLeft(e *engine, at *Matrix, lo, hi int) {
	f.packPanels(e, at, lo, hi, e.rows, func(int) int { return e.rows })
}

func (f *factor) packPanels(e *engine, m *Matrix, lo, hi, panel int, width func(int) int) {
	for k := 0; k < m.Rows; k += Block {
		depth := min(Block, m.Rows-k)
		for p := lo; p < hi; p++ {
			col := p * panel
			cols := min(panel, m.Cols-col)
			src := *m
			src.skip(k*m.RowStride + col*m.ColStride)
			e.pack(f.data[k*f.extent+col*depth:], width(cols), &src, depth, cols)
		}
	}
}
