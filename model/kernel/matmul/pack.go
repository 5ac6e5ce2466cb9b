package matmul

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
