package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// vector is a vector register width and the largest microtile that its
// registers hold.
type vector struct {
	suffix  string
	bytes   int
	rows    int
	vectors int // of one row of the microtile
	new     func() reg.VecVirtual
}

var (
	avx512 = vector{"AVX512", 64, 12, 2, func() reg.VecVirtual { return ZMM() }}
	avx2   = vector{"AVX2", 32, 6, 2, func() reg.VecVirtual { return YMM() }}
)

func (v vector) lanes() int { return v.bytes / 4 }

// zero makes a register +0 in all lanes.
func (v vector) zero(r reg.VecVirtual) {
	if v.bytes == 64 {
		VPXORD(r, r, r)
		return
	}
	VXORPS(r, r, r)
}

// lastLanes is a mask of the first lanes of a vector, for loads and stores that
// must not touch memory behind them.
type lastLanes struct {
	v vector
	k reg.Register
	y reg.VecVirtual
}

// ramp is eight ones followed by eight zeros: a window of eight words into it
// is the mask of 0 to 8 lanes.
var ramp Mem

// first makes the mask of the first count lanes, 1 <= count <= lanes.
func (v vector) first(count reg.GPVirtual) lastLanes {
	if v.bytes == 64 {
		bits, k := GP64(), K()
		MOVQ(I32(-1), bits)
		BZHIQ(count, bits, bits)
		KMOVW(bits.As32(), k)
		return lastLanes{v: v, k: k}
	}
	if ramp == (Mem{}) {
		ramp = GLOBL("ramp", RODATA|NOPTR)
		for i := range 16 {
			word := U32(0)
			if i < 8 {
				word = ^word
			}
			DATA(4*i, word)
		}
	}
	base, y := GP64(), YMM()
	LEAQ(ramp.Offset(32), base)
	back := GP64()
	MOVQ(count, back)
	NEGQ(back)
	VMOVDQU(Mem{Base: base, Index: back, Scale: 4}, y)
	return lastLanes{v: v, y: y}
}

func (m lastLanes) load(from Mem, to reg.VecVirtual) {
	if m.v.bytes == 64 {
		VMOVUPS_Z(from, m.k, to)
		return
	}
	VMASKMOVPS(from, m.y, to)
}

func (m lastLanes) store(from reg.VecVirtual, to Mem) {
	if m.v.bytes == 64 {
		VMOVUPS(from, m.k, to)
		return
	}
	VMASKMOVPS(from, m.y, to)
}
