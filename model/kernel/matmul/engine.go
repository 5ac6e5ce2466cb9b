package matmul

import "github.com/osft-project/osft/model/kernel/machine"

// tile is one call of a microkernel: c[rows×cols] becomes, or grows by, the sum
// of one block of k. Element (i, k) of the left factor is a[i*rs+k*cs], row k
// of the right factor starts at b[k*ldb] and has as many readable columns as
// the kernel is wide, rows of c are ldc apart. The assembly knows the offsets
// of these fields.
type tile struct {
	a, b, c []float32
	rs, cs  int
	ldb     int
	ldc     int
	k       int
	add     int // 0: c is written, 1: the sum is added to c
	rows    int
	cols    int // columns of c that are written; the rest of the width is not touched
}

// packer copies source columns into a panel: dst[k*width+c] = element (k, c) of
// the source for k < depth, c < cols, and 0 for cols <= c < width.
type packer func(dst []float32, width int, src *Matrix, depth, cols int)

// engine is what one instruction set brings: a microkernel of at most rows×cols
// outputs for one block of k, and packing. narrow is the smaller width that the
// kernel also has, for the last columns.
type engine struct {
	rows, cols, narrow int
	// inPlace: the kernel is fast enough at reading float32 factors where they
	// lie for small products to skip packing.
	inPlace bool
	// rowTiles and colTiles are how many microtiles make one piece of work.
	rowTiles, colTiles int
	kernel             func(t *tile, width int)
	pack               packer
	// lanes is how many numbers one vector holds, probe the loop of fused
	// multiply-adds on 12 vectors that measures the ceiling.
	lanes int
	probe func(rounds int)
}

// width is the kernel width that serves cols remaining columns.
func (e *engine) width(cols int) int {
	if cols <= e.narrow {
		return e.narrow
	}
	return e.cols
}

// padded is the number of columns that n columns take up in panels.
func (e *engine) padded(n int) int {
	rest := n % e.cols
	if rest == 0 {
		return n
	}
	return n - rest + e.width(rest)
}

var portable = engine{rows: 4, cols: 4, narrow: 4, rowTiles: 8, colTiles: 16,
	kernel: portableKernel, pack: portablePack, lanes: 1, probe: portableProbe}

// current is the engine of the active instruction set.
func current() *engine {
	if e := vectorEngine(machine.Active()); e != nil {
		return e
	}
	return &portable
}
