package matmul

import (
	"time"

	"github.com/osft-project/osft/model/kernel/machine"
)

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

// probeTime is how long one measurement of the ceiling should take; the best of
// probeTries counts, since other programs can only make it slower, and a short
// one is less likely to be disturbed.
const (
	probeTime  = 2 * time.Millisecond
	probeTries = 30
)

// Ceiling measures the fastest that one core can multiply and add with the
// active instruction set, in GFLOP/s: a loop of nothing but fused
// multiply-adds. It takes about 60 milliseconds.
func Ceiling() float64 {
	e := current()
	rounds := 1 << 12
	for measure(e, rounds) < probeTime {
		rounds *= 2
	}
	best := measure(e, rounds)
	for range probeTries {
		best = min(best, measure(e, rounds))
	}
	operations := 2 * float64(probeChains*e.lanes) * float64(rounds)
	return operations / float64(best.Nanoseconds())
}

// probeChains is how many chains run side by side in a probe.
const probeChains = 12

func measure(e *engine, rounds int) time.Duration {
	start := time.Now()
	e.probe(rounds)
	return max(time.Since(start), 1)
}

// portableProbe is the same loop for the portable kernel, on numbers that are
// not zero: those take a shorter way.
func portableProbe(rounds int) {
	t := tile{a: make([]float32, Block), b: make([]float32, 4*Block), cs: 1, ldb: 4, k: Block}
	for i := range t.a {
		t.a[i] = 1 / float32(i+3)
	}
	for i := range t.b {
		t.b[i] = 1 / float32(i+7)
	}
	var sums [8]float32
	for left := rounds * probeChains / 8; left > 0; left -= Block {
		t.k = min(left, Block)
		chains(&sums, &t, t.a, t.a)
	}
}
