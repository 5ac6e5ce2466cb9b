package matmul

// Sizes of what is packed at a time, in numbers: together below 16 MiB.
const (
	leftRoom  = 3 << 19 // 6 MiB
	rightRoom = 2 << 20 // 8 MiB
	// sumsRoom bounds the sums that a chunked product keeps aside.
	sumsRoom = 1 << 20
	// A k longer than wholeDepth is taken in chunks of chunkDepth, a multiple
	// of Block.
	wholeDepth = 2048
	chunkDepth = 1536
)

// plan is how a large product is cut: chunks that are packed and multiplied one
// after the other, and inside them pieces that the workers share.
type plan struct {
	depth, rows, cols int // of a chunk
	rowStep, colStep  int // of a piece
}

// planFor cuts a product m×n×k for that many workers. leftPacked says that the
// left factor takes room too.
func planFor(e *engine, m, n, k, workers int, leftPacked bool) plan {
	p := plan{depth: k, rows: m, cols: n}
	if k > wholeDepth {
		p.depth = chunkDepth
	}
	p.cols = evenly(n, floorTo(rightRoom/p.depth, e.cols), e.cols)
	if leftPacked {
		p.rows = evenly(m, floorTo(leftRoom/p.depth, e.rows), e.rows)
	}
	if p.depth < k {
		p.rows = min(p.rows, floorTo(sumsRoom/p.cols, e.rows))
	}
	p.rows, p.cols = min(m, p.rows), min(n, p.cols)
	p.rowStep = evenly(p.rows, e.rows*e.rowTiles, e.rows)
	p.colStep = evenly(p.cols, e.cols*e.colTiles, e.cols)
	for p.pieces(p.rows, p.cols) < 12*workers && (p.rowStep > 2*e.rows || p.colStep > e.cols) {
		if p.colStep > e.cols && p.colStep*2 > p.rowStep {
			p.colStep = evenly(p.cols, p.colStep/2, e.cols)
		} else {
			p.rowStep = evenly(p.rows, p.rowStep/2, e.rows)
		}
	}
	return p
}

// pieces is how many pieces make up rows×cols outputs.
func (p *plan) pieces(rows, cols int) int {
	return ceil(rows, p.rowStep) * ceil(cols, p.colStep)
}

// evenly cuts n into equal parts of about size, and returns a part rounded up
// to a multiple of unit.
func evenly(n, size, unit int) int {
	part := ceil(n, ceil(n, max(size, unit)))
	return ceil(part, unit) * unit
}

func ceil(n, by int) int { return (n + by - 1) / by }

func floorTo(n, unit int) int { return max(unit, n/unit*unit) }
