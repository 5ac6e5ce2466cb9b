package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// format is a number format of a source and how a vector of it is read.
type format struct {
	name, goType string
	bytes        int
}

var (
	f32  = format{"F32", "float32", 4}
	bf16 = format{"BF16", "uint16", 2}
	f16  = format{"F16", "uint16", 2}
)

// load reads a full vector as float32.
func (f format) load(v vector, from Mem, to reg.VecVirtual) {
	switch f {
	case f32:
		VMOVUPS(from, to)
	case bf16:
		VPMOVZXWD(from, to)
		VPSLLD(U8(16), to, to)
	case f16:
		VCVTPH2PS(from, to)
	}
}

// loadFirst reads the first lanes of a vector, and zero in the others. Only
// AVX-512 can do so for 16-bit numbers.
func (f format) loadFirst(mask lastLanes, from Mem, to reg.VecVirtual) {
	switch f {
	case f32:
		mask.load(from, to)
	case bf16:
		VPMOVZXWD_Z(from, mask.k, to)
		VPSLLD(U8(16), to, to)
	case f16:
		VCVTPH2PS_Z(from, mask.k, to)
	}
}

// copyKernel packs a source whose columns lie side by side: depth rows of cols
// numbers become rows of width numbers, the rest of them zero. It serves widths
// of that many vectors, the last of which may be cut. Whole vectors are written
// even then, since masked stores are slow: what is too much is overwritten by
// the next row, and only the last row is masked.
func copyKernel(v vector, f format, vectors int, cut bool) {
	name := fmt.Sprintf("copy%sx%d%s", f.name, vectors*v.lanes(), v.suffix)
	if !cut {
		name += "Full"
	}
	function(name, fmt.Sprintf("func(dst *float32, width int, src *%s, stride, depth, cols int)", f.goType),
		"packs rows of numbers that lie side by side.")
	dst, src := Load(Param("dst"), GP64()).(reg.GPVirtual), Load(Param("src"), GP64()).(reg.GPVirtual)
	width, step := Load(Param("width"), GP64()).(reg.GPVirtual), Load(Param("stride"), GP64()).(reg.GPVirtual)
	depth := Load(Param("depth"), GP64())
	before := v.lanes() * (vectors - 1)
	var in, out lastLanes
	if cut {
		cols := Load(Param("cols"), GP64()).(reg.GPVirtual)
		wide := GP64()
		MOVQ(width, wide)
		SUBQ(U32(before), wide)
		SUBQ(U32(before), cols)
		in, out = v.first(cols), v.first(wide)
	}
	SHLQ(U8(2), width)
	SHLQ(U8(f.bytes/2), step) // times 2 or 4 bytes
	row := func(last bool) {
		PREFETCHT1(Mem{Base: src, Disp: vectors * v.lanes() * f.bytes})
		for i := range vectors {
			x := v.new()
			from, to := Mem{Base: src, Disp: i * v.lanes() * f.bytes}, Mem{Base: dst, Disp: i * v.bytes}
			if !cut || i < vectors-1 {
				f.load(v, from, x)
			} else {
				f.loadFirst(in, from, x)
			}
			if last && i == vectors-1 {
				out.store(x, to)
			} else {
				VMOVUPS(x, to)
			}
		}
	}
	if cut {
		DECQ(depth)
		JZ(LabelRef("last" + name))
	}
	Label("row" + name)
	row(false)
	ADDQ(step, src)
	ADDQ(width, dst)
	DECQ(depth)
	JNZ(LabelRef("row" + name))
	if cut {
		Label("last" + name)
		row(true)
	}
	VZEROUPPER()
	RET()
}

// transposeKernel packs columns that each lie contiguously along k: one vector
// of columns, quads times four values of k.
func transposeKernel(v vector, f format) {
	name := fmt.Sprintf("transpose%s%s", f.name, v.suffix)
	function(name, fmt.Sprintf("func(dst *float32, width int, src *%s, stride, groups int)", f.goType),
		fmt.Sprintf("packs %d columns that lie along k, groups times %d values of k.", v.lanes(), f.group()))
	dst, src := Load(Param("dst"), GP64()).(reg.GPVirtual), Load(Param("src"), GP64()).(reg.GPVirtual)
	width, step := Load(Param("width"), GP64()).(reg.GPVirtual), Load(Param("stride"), GP64()).(reg.GPVirtual)
	groups := Load(Param("groups"), GP64())
	SHLQ(U8(2), width)
	SHLQ(U8(f.bytes/2), step) // times 2 or 4 bytes
	bases := rowBases(src, step, v.lanes())
	zero := v.new()
	if f == bf16 {
		v.zero(zero)
	}
	Label("group" + name)
	var pieces [4]reg.VecVirtual
	for i := range pieces {
		pieces[i] = gather(v, f, func(row int) Mem { return rowAt(bases, step, i+4*row) })
	}
	for _, b := range bases {
		ADDQ(U8(f.group()*f.bytes), b)
	}
	for _, x := range f.turn(v, pieces, zero) {
		VMOVUPS(x, Mem{Base: dst})
		ADDQ(width, dst)
	}
	DECQ(groups)
	JNZ(LabelRef("group" + name))
	VZEROUPPER()
	RET()
}

// group is how many values of k one step of transposeKernel takes.
func (f format) group() int {
	if f == bf16 {
		return 8
	}
	return 4
}

// gather puts 16 bytes (or, of F16, 8 bytes made 16) of every fourth column side
// by side.
func gather(v vector, f format, at func(i int) Mem) reg.VecVirtual {
	x := v.new()
	if f == f16 {
		VCVTPH2PS(at(0), x.AsX())
	} else {
		VMOVUPS(at(0), x.AsX())
	}
	for lane := 1; lane < v.bytes/16; lane++ {
		var piece Op = at(lane)
		if f == f16 {
			half := XMM()
			VCVTPH2PS(piece, half)
			piece = half
		}
		if v.bytes == 64 {
			VINSERTF32X4(U8(lane), piece, x, x)
		} else {
			VINSERTF128(U8(lane), piece, x, x)
		}
	}
	return x
}

// turn transposes within each 16 bytes: from four vectors of columns to one
// vector for each k.
func (f format) turn(v vector, p [4]reg.VecVirtual, zero reg.VecVirtual) []reg.VecVirtual {
	if f == bf16 {
		return turn16(v, p, zero)
	}
	ab, cd := pair(v, VUNPCKLPS, VUNPCKHPS, p[0], p[1]), pair(v, VUNPCKLPS, VUNPCKHPS, p[2], p[3])
	low := pair(v, VUNPCKLPD, VUNPCKHPD, ab[0], cd[0])
	high := pair(v, VUNPCKLPD, VUNPCKHPD, ab[1], cd[1])
	return append(low, high...)
}

// turn16 does the same for bfloat16; interleaving with zeros at the end makes
// each number the upper half of a float32, which is its conversion.
func turn16(v vector, p [4]reg.VecVirtual, zero reg.VecVirtual) []reg.VecVirtual {
	words := func(a, b reg.VecVirtual) []reg.VecVirtual { return pair(v, VPUNPCKLWD, VPUNPCKHWD, a, b) }
	ab, cd := words(p[0], p[1]), words(p[2], p[3])
	var out []reg.VecVirtual
	for i := range ab {
		for _, x := range pair(v, VPUNPCKLDQ, VPUNPCKHDQ, ab[i], cd[i]) {
			out = append(out, words(zero, x)...)
		}
	}
	return out
}

// pair interleaves a and b: the lower halves and the upper halves.
func pair(v vector, low, high func(...Op), a, b reg.VecVirtual) []reg.VecVirtual {
	l, h := v.new(), v.new()
	low(b, a, l)
	high(b, a, h)
	return []reg.VecVirtual{l, h}
}

func packing(v vector) {
	for _, f := range []format{f32, bf16, f16} {
		for vectors := 1; vectors <= v.vectors; vectors++ {
			copyKernel(v, f, vectors, false)
			if f == f32 || v.bytes == 64 {
				copyKernel(v, f, vectors, true)
			}
		}
		transposeKernel(v, f)
	}
}
