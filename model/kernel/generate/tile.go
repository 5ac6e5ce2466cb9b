package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Byte offsets of the fields of matmul's tile.
const (
	tileA    = 0
	tileB    = 24
	tileC    = 48
	tileS    = 72
	tileRS   = 96
	tileCS   = 104
	tileLDB  = 112
	tileLDC  = 120
	tileLDS  = 128
	tileK    = 136
	tileMode = 144
	tileCols = 152
)

// rowsABase is how many rows one base register reaches: base, base+stride and
// base+2*stride.
const rowsABase = 3

// tileKernel writes the microkernel of that many rows and vectors a row: one
// fused-multiply-add chain for each output, k ascending, from +0. Every chain is
// one lane of one accumulator; lanes never meet.
func tileKernel(v vector, rows, vectors int) {
	function(fmt.Sprintf("tile%dx%d%s", rows, vectors*v.lanes(), v.suffix), "func(t *tile)",
		fmt.Sprintf("computes a tile of %d rows of up to %d columns.", rows, vectors*v.lanes()))
	t := Load(Param("t"), GP64())
	sums := accumulators(v, rows*vectors)
	chains(v, t, rows, vectors, sums)
	results(v, t, rows, vectors, sums)
}

func accumulators(v vector, n int) []reg.VecVirtual {
	sums := make([]reg.VecVirtual, n)
	for i := range sums {
		sums[i] = v.new()
		v.zero(sums[i])
	}
	return sums
}

// field loads a 64-bit field of the tile.
func field(t reg.Register, offset int) reg.GPVirtual {
	r := GP64()
	MOVQ(Mem{Base: t, Disp: offset}, r)
	return r
}

// stride loads a field that counts numbers and makes it count bytes.
func stride(t reg.Register, offset int) reg.GPVirtual {
	r := field(t, offset)
	SHLQ(U8(2), r)
	return r
}

// rowBases returns registers that reach all rows that are step bytes apart.
func rowBases(first, step reg.GPVirtual, rows int) []reg.GPVirtual {
	bases := []reg.GPVirtual{first}
	for len(bases)*rowsABase < rows {
		b := GP64()
		last := bases[len(bases)-1]
		LEAQ(Mem{Base: last, Index: step, Scale: 2}, b)
		ADDQ(step, b)
		bases = append(bases, b)
	}
	return bases
}

// rowAt addresses row i.
func rowAt(bases []reg.GPVirtual, step reg.GPVirtual, i int) Mem {
	m := Mem{Base: bases[i/rowsABase]}
	if scale := i % rowsABase; scale > 0 {
		m.Index, m.Scale = step, uint8(scale)
	}
	return m
}

// chains is the loop over k.
func chains(v vector, t reg.Register, rows, vectors int, sums []reg.VecVirtual) {
	rs, cs, ldb := stride(t, tileRS), stride(t, tileCS), stride(t, tileLDB)
	a, b, k := rowBases(field(t, tileA), rs, rows), field(t, tileB), field(t, tileK)
	label := fmt.Sprintf("chain%dx%d%s", rows, vectors, v.suffix)
	Label(label)
	right := make([]reg.VecVirtual, vectors)
	for j := range right {
		right[j] = v.new()
		VMOVUPS(Mem{Base: b, Disp: j * v.bytes}, right[j])
	}
	ADDQ(ldb, b)
	for i := range rows {
		left := v.new()
		VBROADCASTSS(rowAt(a, rs, i), left)
		for j := range vectors {
			VFMADD231PS(left, right[j], sums[i*vectors+j])
		}
	}
	for _, base := range a {
		ADDQ(cs, base)
	}
	DECQ(k)
	JNZ(LabelRef(label))
}

// What a kernel does with its sums: the values of the tile's field mode.
const (
	modeStore = iota // c = sum
	modeGoOn         // c = s + sum
	modeAdd          // c = c + (s + sum)
	modes
)

// output is where the sums go: rows of c, and of s the sums of earlier blocks.
type output struct {
	v             vector
	c, s          []reg.GPVirtual
	ldc, lds      reg.GPVirtual
	rows, vectors int
	sums          []reg.VecVirtual
	mask          *lastLanes // of the last vector of a row; nil where it is whole
	mode          reg.GPVirtual
	label         string
}

// results ends the function. The last vector of a row may be cut; AVX-512 masks
// it in any case, AVX2 has separate code because its masked stores are slow.
func results(v vector, t reg.Register, rows, vectors int, sums []reg.VecVirtual) {
	o := output{v: v, rows: rows, vectors: vectors, sums: sums, label: fmt.Sprintf("%dx%d%s", rows, vectors, v.suffix)}
	o.ldc, o.lds = stride(t, tileLDC), stride(t, tileLDS)
	cols := field(t, tileCols)
	o.mode = field(t, tileMode)
	o.c, o.s = rowBases(field(t, tileC), o.ldc, rows), rowBases(field(t, tileS), o.lds, rows)
	SUBQ(U32(v.lanes()*(vectors-1)), cols)
	if v.bytes == 32 {
		CMPQ(cols, U32(v.lanes()))
		JNE(LabelRef("cut" + o.label))
		o.write("whole")
		Label("cut" + o.label)
	}
	mask := v.first(cols)
	o.mask = &mask
	o.write("masked")
}

func (o *output) write(kind string) {
	for mode := range modes {
		next := fmt.Sprintf("%s%d%s", kind, mode+1, o.label)
		if mode < modes-1 {
			CMPQ(o.mode, U32(mode))
			JNE(LabelRef(next))
		}
		for i := range o.rows {
			for j := range o.vectors {
				o.one(mode, i, j)
			}
		}
		VZEROUPPER()
		RET()
		if mode < modes-1 {
			Label(next)
		}
	}
}

// one writes one vector of sums.
func (o *output) one(mode, i, j int) {
	sum, mask := o.sums[i*o.vectors+j], o.mask
	if j < o.vectors-1 {
		mask = nil
	}
	to, before := rowAt(o.c, o.ldc, i).Offset(j*o.v.bytes), rowAt(o.s, o.lds, i).Offset(j*o.v.bytes)
	if mode >= modeGoOn {
		o.plus(before, mask, sum)
	}
	if mode == modeAdd {
		o.plus(to, mask, sum)
	}
	if mask == nil {
		VMOVUPS(sum, to)
		return
	}
	mask.store(sum, to)
}

// plus adds what lies in memory to a sum.
func (o *output) plus(from Mem, mask *lastLanes, sum reg.VecVirtual) {
	if mask == nil {
		VADDPS(from, sum, sum)
		return
	}
	x := o.v.new()
	mask.load(from, x)
	VADDPS(x, sum, sum)
}
