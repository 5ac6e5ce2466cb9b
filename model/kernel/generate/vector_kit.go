package main

import (
	"math"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/osft-project/osft/model/kernel/elementary"
)

// kit writes the same loop for AVX2 (eight float32 a register) and AVX-512 (sixteen). A step of a loop is always sixteen
// elements, one for each lane of the profile, so AVX2 handles two groups of eight.
type kit struct {
	*build.Context
	wide   bool
	table  operand.Mem    // constants, each filling 32 bytes
	offset map[string]int // of a constant in the table
	loaded map[string]reg.VecVirtual
	index  reg.GPVirtual // of the running step, in bytes of float32
}

// vectorContext builds model/kernel/vector's assembly.
func vectorContext() *build.Context {
	c := build.NewContext()
	c.ConstraintExpr("amd64")
	k := &kit{Context: c, offset: map[string]int{}}
	k.constants()
	for _, wide := range []bool{false, true} {
		k.wide = wide
		k.sums()
		k.elements()
		k.exponentials()
		k.softmax()
		k.adamw()
	}
	return c
}

// constants writes the table: float64 and float32 values repeated over 32 bytes.
func (k *kit) constants() {
	k.table = k.StaticGlobal("constants")
	k.DataAttributes(attr.RODATA | attr.NOPTR)
	at := 0
	put := func(name string, word uint64) {
		k.offset[name] = at
		for range 4 {
			k.AddDatum(at, operand.U64(word))
			at += 8
		}
	}
	double := func(name string, v float64) { put(name, math.Float64bits(v)) }
	single := func(name string, v float32) { put(name, uint64(math.Float32bits(v))*(1<<32+1)) }
	for i, c := range elementary.ExpPoly {
		double(coefficient(i), c)
	}
	double("log2e", elementary.Log2E)
	double("ln2", elementary.Ln2)
	double("magic", elementary.Magic)
	double("one", 1)
	single("expLow", elementary.ExpLow)
	single("expHigh", elementary.ExpHigh)
	single("sigmoidLow", -elementary.ExpHigh)
	single("sigmoidHigh", -elementary.ExpLow)
	single("sign", float32(math.Copysign(0, -1)))
	single("single", 1)
}

func coefficient(i int) string { return string(rune('a' + i)) }

// start opens a function name with the instruction set's suffix.
func (k *kit) start(name, signature, doc string) {
	suffix := "AVX2"
	if k.wide {
		suffix = "AVX512"
	}
	k.Function(name + suffix)
	k.Attributes(attr.NOSPLIT)
	k.SignatureExpr(signature)
	k.Pragma("noescape")
	k.Doc(name + suffix + " " + doc)
	k.loaded = map[string]reg.VecVirtual{}
}

func (k *kit) end() {
	k.VZEROUPPER()
	k.RET()
}

// groups is the number of registers that sixteen float32 fill.
func (k *kit) groups() int {
	if k.wide {
		return 1
	}
	return 2
}

// register returns a new full-width register.
func (k *kit) register() reg.VecVirtual {
	if k.wide {
		return k.ZMM()
	}
	return k.YMM()
}

// low names the lower half of a register.
func (k *kit) low(r reg.VecVirtual) reg.Register {
	if k.wide {
		return r.AsY()
	}
	return r.AsX()
}

// keep loads constants into registers before a loop.
func (k *kit) keep(names ...string) {
	for _, n := range names {
		r := k.register()
		k.VBROADCASTSD(k.table.Offset(k.offset[n]), r)
		k.loaded[n] = r
	}
}

// constant is a kept register or, on AVX2 only, the table's entry: good as the first operand of an instruction.
func (k *kit) constant(name string) operand.Op {
	if r, ok := k.loaded[name]; ok {
		return r
	}
	if k.wide {
		panic("constant " + name + " is not kept in a register")
	}
	return k.table.Offset(k.offset[name])
}

// pointer loads a pointer or count argument.
func (k *kit) pointer(name string) reg.GPVirtual {
	r := k.GP64()
	k.Load(k.Param(name), r)
	return r
}

// factor broadcasts a float32 argument.
func (k *kit) factor(name string) reg.VecVirtual {
	m, err := k.Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	r := k.register()
	k.VBROADCASTSS(m.Addr, r)
	return r
}

// loop runs body for the n elements, a positive multiple of sixteen, in steps of sixteen.
func (k *kit) loop(body func()) {
	n := k.pointer("n")
	k.SHLQ(operand.U8(2), n)
	k.index = k.GP64()
	k.XORQ(k.index, k.index)
	k.Label("step")
	body()
	k.ADDQ(operand.U8(64), k.index)
	k.CMPQ(k.index, n)
	k.JLT(operand.LabelRef("step"))
}

// at addresses group g of the running step in an array of float32.
func (k *kit) at(base reg.Register, g int) operand.Mem {
	return operand.Mem{Base: base, Index: k.index, Scale: 1, Disp: 32 * g}
}

// at64 addresses half h (0 or 1) of group g of the running step in an array of float64.
func (k *kit) at64(base reg.Register, g, h int) operand.Mem {
	bytes := 32
	if k.wide {
		bytes = 64
	}
	return operand.Mem{Base: base, Index: k.index, Scale: 2, Disp: bytes * (2*g + h)}
}

// load reads group g of an array of float32.
func (k *kit) load(base reg.Register, g int) reg.VecVirtual {
	r := k.register()
	k.VMOVUPS(k.at(base, g), r)
	return r
}

// widen converts the halves of a full register of float32 to float64.
func (k *kit) widen(x reg.VecVirtual) [2]reg.VecVirtual {
	a, b := k.register(), k.register()
	if k.wide {
		k.VEXTRACTF64X4(operand.U8(1), x, b.AsY())
	} else {
		k.VEXTRACTF128(operand.U8(1), x, b.AsX())
	}
	k.VCVTPS2PD(k.low(x), a)
	k.VCVTPS2PD(k.low(b), b)
	return [2]reg.VecVirtual{a, b}
}

// narrow rounds two halves of float64 into x.
func (k *kit) narrow(halves [2]reg.VecVirtual, x reg.VecVirtual) {
	a, b := halves[0], halves[1]
	if k.wide {
		k.VCVTPD2PS(a, x.AsY())
		k.VCVTPD2PS(b, b.AsY())
		k.VINSERTF64X4(operand.U8(1), b.AsY(), x, x)
		return
	}
	k.VCVTPD2PSY(a, x.AsX())
	k.VCVTPD2PSY(b, b.AsX())
	k.VINSERTF128(operand.U8(1), b.AsX(), x, x)
}
