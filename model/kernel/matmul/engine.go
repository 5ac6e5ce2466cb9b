package matmul

import "github.com/osft-project/osft/model/kernel/machine"

// tile is one call of a microkernel, which sums one block of k for rows×cols
// outputs. Element (i, k) of the left factor is a[i*rs+k*cs]; row k of the right
// factor starts at b[k*ldb] and has as many readable columns as the kernel is
// wide; rows of the destination c are ldc apart, rows of the earlier sums s lds
// apart. s and c may be the same. The assembly knows the offsets of the fields.
type tile struct {
	a, b, c, s []float32
	rs, cs     int
	ldb        int
	ldc, lds   int
	k          int
	mode       int
	cols       int // columns that are read of s and written of c
	rows       int
}

// What a microkernel does with the sum of its block.
const (
	modeStore = iota // c = sum
	modeGoOn         // c = s + sum
	modeAdd          // c = c + (s + sum)
)

// packer copies source columns into a panel: dst[k*width+c] = element (k, c) of
// the source for k < depth, c < cols, and 0 for cols <= c < width.
type packer func(dst []float32, width int, src Matrix, depth, cols int)

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
