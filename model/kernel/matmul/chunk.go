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

// chunk is the part of the product that is packed.
type chunk struct {
	a, b     Matrix // views of the factors
	j, k     int    // first column and first k
	from, to sums   // earlier sums, if any, and where the new ones go
	add      bool
}

// readable reports whether the kernels read the left factor best where it is.
func (s *shared) readable() bool {
	return s.e.inPlace && s.a.F32 != nil && s.a.ColStride == 1 && !crowded(s.a.RowStride)
}

// takeChunk sets the views of the chunk at (i, j, k) and where its sums go.
func (s *shared) takeChunk(i, j, k int) {
	p, c := &s.plan, &s.chunk
	toK := min(k+p.depth, s.a.Cols)
	c.j, c.k = j, k
	c.a = s.a.RowRange(i, min(i+p.rows, s.a.Rows)).ColRange(k, toK)
	c.b = s.b
	c.b.Cols = min(p.cols, s.b.Cols-j)
	if s.ready == nil {
		c.b = s.b.RowRange(k, toK).ColRange(j, j+c.b.Cols)
	}
	c.from, c.to, c.add = sums{}, sums{s.dst, s.ldd}.at(i, j), false
	if s.mode == extend || k > 0 {
		c.from = c.to
	}
	if s.mode == finish {
		s.keepAside(k == 0, toK == s.a.Cols)
	}
}

// keepAside directs the chunks of a product that is added when finished: all
// but the last leave their sums in memory of their own.
func (s *shared) keepAside(first, last bool) {
	c := &s.chunk
	aside := sums{ld: c.b.Cols}
	if !first || !last {
		aside.data = grow(&s.sumsRoom, c.a.Rows*c.b.Cols)
	}
	c.add = last
	if !last {
		c.to = aside
	}
	c.from = sums{}
	if !first {
		c.from = aside
	}
}

// layOut decides how the chunk's factors are read and how many pieces of work
// packing them makes: none for a factor that is read in place or has not
// changed.
func (s *shared) layOut(left, right bool) {
	c := &s.chunk
	s.packLeft, s.packRight = 0, 0
	switch {
	case s.readable():
		s.left = inPlace(&c.a)
	case left:
		s.layLeft()
		s.packLeft = ceil(c.a.Rows, s.e.rows*packPanels)
	}
	switch {
	case s.ready != nil:
		s.right = *s.ready
	case right:
		s.right = factor{panel: s.e.cols, extent: s.e.padded(c.b.Cols)}
		s.right.data = grow(&s.rightRoom, s.right.size(c.b.Rows))
		s.packRight = ceil(c.b.Cols, s.e.cols*packPanels)
	}
}

// packPanels is how many panels one piece of packing work takes.
const packPanels = 2

// layLeft chooses how the packed left factor lies: rows that run along k stay
// rows, everything else becomes panels.
func (s *shared) layLeft() {
	a := &s.chunk.a
	if s.e.inPlace && a.ColStride == 1 {
		s.left = factor{across: ceil(a.Cols, cacheRow)*cacheRow + cacheRow, along: 1}
		for crowded(s.left.across) {
			s.left.across += 2 * cacheRow
		}
		s.left.data = grow(&s.leftRoom, a.Rows*s.left.across)
		return
	}
	s.left = factor{panel: s.e.rows, extent: ceil(a.Rows, s.e.rows) * s.e.rows}
	s.left.data = grow(&s.leftRoom, s.left.size(a.Cols))
}
