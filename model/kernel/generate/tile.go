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
	tileRS   = 72
	tileCS   = 80
	tileLDB  = 88
	tileLDC  = 96
	tileK    = 104
	tileAdd  = 112
	tileCols = 128
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

// results writes the sums, or adds them to what is there; the last vector of a
// row may be cut.
func results(v vector, t reg.Register, rows, vectors int, sums []reg.VecVirtual) {
	label := func(s string) string { return fmt.Sprintf("%s%dx%d%s", s, rows, vectors, v.suffix) }
	ldc, cols, add := stride(t, tileLDC), field(t, tileCols), field(t, tileAdd)
	c := rowBases(field(t, tileC), ldc, rows)
	SUBQ(U32(v.lanes()*(vectors-1)), cols)
	CMPQ(cols, U32(v.lanes()))
	JNE(LabelRef(label("cut")))
	out := output{v, c, ldc, rows, vectors, sums, nil}
	out.write(add, label("add"))
	Label(label("cut"))
	mask := v.first(cols)
	out.mask = &mask
	out.write(add, label("addcut"))
}

type output struct {
	v             vector
	c             []reg.GPVirtual
	ldc           reg.GPVirtual
	rows, vectors int
	sums          []reg.VecVirtual
	mask          *lastLanes
}

// write ends the function: it stores, or from the label on adds.
func (o output) write(add reg.GPVirtual, label string) {
	TESTQ(add, add)
	JNZ(LabelRef(label))
	o.each(o.store)
	VZEROUPPER()
	RET()
	Label(label)
	o.each(o.add)
	VZEROUPPER()
	RET()
}

func (o output) each(f func(sum reg.VecVirtual, at Mem, mask *lastLanes)) {
	for i := range o.rows {
		for j := range o.vectors {
			at := rowAt(o.c, o.ldc, i).Offset(j * o.v.bytes)
			mask := o.mask
			if j < o.vectors-1 {
				mask = nil
			}
			f(o.sums[i*o.vectors+j], at, mask)
		}
	}
}

func (o output) store(sum reg.VecVirtual, at Mem, mask *lastLanes) {
	if mask == nil {
		VMOVUPS(sum, at)
		return
	}
	mask.store(sum, at)
}

func (o output) add(sum reg.VecVirtual, at Mem, mask *lastLanes) {
	if mask == nil {
		VADDPS(at, sum, sum)
		VMOVUPS(sum, at)
		return
	}
	before := o.v.new()
	mask.load(at, before)
	VADDPS(before, sum, sum)
	mask.store(sum, at)
}
