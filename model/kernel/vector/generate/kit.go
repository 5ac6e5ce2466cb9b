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
	index  reg.GPVirtual  // of the running step, in bytes of float32
}

// rows builds the assembly of package vector.
func rows() *build.Context {
	c := build.NewContext()
	c.ConstraintExpr("amd64")
	k := &kit{Context: c, offset: map[string]int{}}
	k.constants()
	for _, wide := range []bool{false, true} {
		k.wide = wide
		k.sums()
		k.elements()
		k.gated()
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
	single("lowest", -math.MaxFloat32)
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

// registers returns n new full-width registers.
func (k *kit) registers(n int) []reg.VecVirtual {
	list := make([]reg.VecVirtual, n)
	for i := range list {
		list[i] = k.register()
	}
	return list
}

// constant loads a constant into a new register.
func (k *kit) constant(name string) reg.VecVirtual {
	r := k.register()
	k.VBROADCASTSD(k.table.Offset(k.offset[name]), r)
	return r
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
	k.unrolled(1, func([]int) { body() })
}

// unrolled runs body for the n elements, in steps of count times sixteen on AVX-512 while enough are left, else of sixteen.
// body is given the groups of its step in order.
func (k *kit) unrolled(count int, body func(groups []int)) {
	n := k.pointer("n")
	k.SHLQ(operand.U8(2), n)
	k.index = k.GP64()
	k.XORQ(k.index, k.index)
	if k.wide && count > 1 {
		k.SUBQ(operand.U8(64*(count-1)), n)
		k.CMPQ(n, operand.U8(0))
		k.JLE(operand.LabelRef("single"))
		k.steps("several", n, count, body)
		k.Label("single")
		k.ADDQ(operand.U8(64*(count-1)), n)
		k.CMPQ(k.index, n)
		k.JGE(operand.LabelRef("done"))
	}
	k.steps("step", n, 1, body)
	k.Label("done")
}

func (k *kit) steps(label string, n reg.Register, count int, body func(groups []int)) {
	var groups []int
	for g := range count * k.groups() {
		groups = append(groups, g)
	}
	k.Label(label)
	body(groups)
	k.ADDQ(operand.U32(64*count), k.index)
	k.CMPQ(k.index, n)
	k.JLT(operand.LabelRef(label))
}

// at addresses group g of the running step in an array of float32.
func (k *kit) at(base reg.Register, g int) operand.Mem {
	bytes := 32
	if k.wide {
		bytes = 64
	}
	return operand.Mem{Base: base, Index: k.index, Scale: 1, Disp: bytes * g}
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

// loads reads several groups.
func (k *kit) loads(base reg.Register, groups []int) []reg.VecVirtual {
	list := make([]reg.VecVirtual, len(groups))
	for i, g := range groups {
		list[i] = k.load(base, g)
	}
	return list
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

// narrow rounds two halves of float64 to float32, into the first, which it returns.
func (k *kit) narrow(a, b reg.VecVirtual) reg.VecVirtual {
	if k.wide {
		k.VCVTPD2PS(a, a.AsY())
		k.VCVTPD2PS(b, b.AsY())
		k.VINSERTF64X4(operand.U8(1), b.AsY(), a, a)
		return a
	}
	k.VCVTPD2PSY(a, a.AsX())
	k.VCVTPD2PSY(b, b.AsX())
	k.VINSERTF128(operand.U8(1), b.AsX(), a, a)
	return a
}
