package matmul

import "github.com/osft-project/osft/model/kernel/machine"

// serialWork is the number of multiplications below which waking the workers
// costs more than it saves.
const serialWork = 1 << 16

// shared is one parallel product.
type shared struct {
	e         *engine
	dst       []float32
	ldd       int
	a, b      Matrix
	packed    *factor
	mode      mode
	rowStep   int
	colStep   int
	across    int // pieces across the columns
	workspace []Workspace
}

func parallel(dst []float32, ldd int, a, b *Matrix, packed *Packed, m mode) {
	s := takeShared()
	defer s.giveBack()
	s.e, s.dst, s.ldd, s.a, s.b, s.mode, s.packed = current(), dst, ldd, *a, *b, m, nil
	if packed != nil {
		s.e, s.packed = packed.e, &packed.factor
	}
	workers := machine.Workers()
	for len(s.workspace) < workers {
		s.workspace = append(s.workspace, Workspace{})
	}
	if workers == 1 || a.Rows*a.Cols*b.Cols < serialWork {
		s.workspace[0].serial(s.e, dst, ldd, a, b, s.packed, m)
		return
	}
	s.rowStep = s.e.rows * s.e.rowTiles
	s.colStep = s.e.cols * s.e.colTiles
	s.across = (b.Cols + s.colStep - 1) / s.colStep
	machine.Run((a.Rows+s.rowStep-1)/s.rowStep*s.across, s)
}

// Do computes one piece of the outputs.
func (s *shared) Do(item, worker int) {
	i, j := item/s.across*s.rowStep, item%s.across*s.colStep
	a := s.a.RowRange(i, min(i+s.rowStep, s.a.Rows))
	p := pieces{e: s.e, rows: a.Rows, cols: min(s.colStep, s.b.Cols-j), c: s.dst[i*s.ldd+j:], ldc: s.ldd}
	w := &s.workspace[worker]
	if a.Cols == 0 {
		fillEmpty(p.c, p.ldc, p.rows, p.cols, s.mode)
		return
	}
	w.rangeOf(&p, &a, &s.b, s.packed, 0, j, s.mode)
}
