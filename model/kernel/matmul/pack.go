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

// inPlace reads the left factor m without packing.
func inPlace(m *Matrix) factor {
	return factor{data: m.F32, across: m.RowStride, along: m.ColStride}
}

// inPlaceRight reads the right factor m without packing; its columns must lie
// side by side.
func inPlaceRight(m *Matrix) factor {
	return factor{data: m.F32, across: 1, along: m.RowStride}
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

// size is how many numbers a packed factor of that depth takes.
func (f *factor) size(depth int) int { return f.extent * depth }

// packRight packs the panels lo..hi-1 of the right factor b.
func (f *factor) packRight(e *engine, b *Matrix, lo, hi int) {
	f.packPanels(e, b, lo, hi, e.cols, e.narrow)
}

// packLeft packs the panels lo..hi-1 of the left factor, given transposed.
func (f *factor) packLeft(e *engine, at *Matrix, lo, hi int) {
	f.packPanels(e, at, lo, hi, e.rows, e.rows)
}

func (f *factor) packPanels(e *engine, m *Matrix, lo, hi, panel, narrow int) {
	for k := 0; k < m.Rows; k += Block {
		depth := min(Block, m.Rows-k)
		for p := lo; p < hi; p++ {
			col := p * panel
			cols, width := min(panel, m.Cols-col), panel
			if cols <= narrow {
				width = narrow
			}
			src := *m
			src.skip(k*m.RowStride + col*m.ColStride)
			e.pack(f.data[k*f.extent+col*depth:], width, src, depth, cols)
		}
	}
}

// Distances between rows, in numbers, at which the rows of a tile fall on the
// same few lines of the first-level cache.
const (
	cacheWay = 1024 // numbers: 4 KiB
	cacheRow = 16   // numbers: 64 bytes
)

// crowded reports whether rows that far apart push each other out of the cache.
func crowded(stride int) bool {
	rest := stride % cacheWay
	return rest < 2*cacheRow || rest > cacheWay-2*cacheRow
}

// copyRows fills rows lo..hi-1 of a factor that is read like one in place but
// lies in memory of its own, converted and well spaced.
func (f *factor) copyRows(a *Matrix, lo, hi int) {
	for i := lo; i < hi; i++ {
		row := f.data[i*f.across:][:a.Cols]
		from := i * a.RowStride
		if a.F32 != nil {
			copy(row, a.F32[from:])
			continue
		}
		for k, u := range a.U16[from:][:a.Cols] {
			row[k] = a.Half.Float32(u)
		}
	}
}

// portablePack packs any source, one element at a time.
func portablePack(dst []float32, width int, src Matrix, depth, cols int) {
	for k := range depth {
		row := dst[k*width:][:width]
		for c := range cols {
			row[c] = src.At(k, c)
		}
		clear(row[cols:])
	}
}

type (
	copier[T float32 | uint16]     func(dst *float32, width int, src *T, stride, depth, cols int)
	transposer[T float32 | uint16] func(dst *float32, width int, src *T, stride, groups int)
	formatPack[T float32 | uint16] struct {
		// full and cut copy one vector of columns or two; cut may be nil.
		full, cut [2]copier[T]
		// transpose takes one vector of columns, group values of k at a time.
		transpose transposer[T]
		group     int
	}
)

// vectorPack is packing for one instruction set; lanes is its vector's length.
type vectorPack struct {
	lanes int
	f32   formatPack[float32]
	half  [2]formatPack[uint16] // indexed by Half
}

// pack is the engine's packer.
func (v *vectorPack) pack(dst []float32, width int, src Matrix, depth, cols int) {
	if src.F32 != nil {
		v.f32.pack(dst, width, &src, src.F32, v.lanes, depth, cols)
		return
	}
	v.half[src.Half].pack(dst, width, &src, src.U16, v.lanes, depth, cols)
}

func (f *formatPack[T]) pack(dst []float32, width int, src *Matrix, data []T, lanes, depth, cols int) {
	// The assembly does not check bounds.
	data = data[:(depth-1)*src.RowStride+(cols-1)*src.ColStride+1]
	dst = dst[:depth*width]
	switch {
	case src.ColStride == 1 && f.copy(dst, width, data, src.RowStride, lanes, depth, cols):
	case src.RowStride == 1:
		f.turn(dst, width, src, data, lanes, depth, cols)
	default:
		portablePack(dst, width, *src, depth, cols)
	}
}

// copy packs columns that lie side by side, if there is a kernel for the width.
func (f *formatPack[T]) copy(dst []float32, width int, data []T, stride, lanes, depth, cols int) bool {
	vectors := (width + lanes - 1) / lanes
	kernel := f.cut[vectors-1]
	if cols == vectors*lanes {
		kernel = f.full[vectors-1]
	}
	if kernel == nil || cols <= (vectors-1)*lanes {
		return false
	}
	kernel(&dst[0], width, &data[0], stride, depth, cols)
	return true
}

// turn packs columns that each lie along k: whole vectors of columns and groups
// of k in assembly, the rest one by one.
func (f *formatPack[T]) turn(dst []float32, width int, src *Matrix, data []T, lanes, depth, cols int) {
	stride := src.ColStride
	groups, vectors := depth/f.group, cols/lanes
	for i := 0; i < vectors && groups > 0; i++ {
		f.transpose(&dst[i*lanes], width, &data[i*lanes*stride], stride, groups)
	}
	turned := groups * f.group
	for c := range cols {
		from := 0
		if c < vectors*lanes {
			from = turned
		}
		for k := from; k < depth; k++ {
			dst[k*width+c] = src.At(k, c)
		}
	}
	if cols < width {
		for k := range depth {
			clear(dst[k*width+cols : (k+1)*width])
		}
	}
}
