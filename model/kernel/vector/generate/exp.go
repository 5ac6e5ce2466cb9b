package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/osft-project/osft/model/kernel/elementary"
)

// exp replaces every register of float32 in x by one that holds e^x, step by step as elementary.Exp: clamped to the bounds named, in float64 by
// halves. finish, where given, changes the float64 results before they are rounded. All halves take each step together, so
// that the processor has something to do while a result is on its way.
func (k *kit) exp(x []reg.VecVirtual, low, high string, finish func(p reg.VecVirtual)) {
	var r []reg.VecVirtual
	lowest, highest := k.constant(low), k.constant(high)
	for _, v := range x {
		// The second source of a maximum is the result where one is a NaN, so NaN stays.
		k.VMAXPS(v, lowest, v)
		k.VMINPS(v, highest, v)
		h := k.widen(v)
		r = append(r, h[0], h[1])
	}
	t, p := k.registers(len(r)), k.registers(len(r))
	log2e := k.constant("log2e")
	for h := range r {
		k.VMOVAPD(r[h], t[h])
		k.with("magic", func(m operand.Op) { k.VFMADD213PD(m, log2e, t[h]) }, func(m operand.Op) { k.VFMADD213PD_BCST(m, log2e, t[h]) })
		k.with("magic", func(m operand.Op) { k.VSUBPD(m, t[h], p[h]) }, func(m operand.Op) { k.VSUBPD_BCST(m, t[h], p[h]) })
		k.with("ln2", func(m operand.Op) { k.VFNMADD231PD(m, p[h], r[h]) }, func(m operand.Op) { k.VFNMADD231PD_BCST(m, p[h], r[h]) })
		k.VPSLLQ(operand.U8(52), t[h], t[h])
	}
	for h := range r {
		k.VBROADCASTSD(k.table.Offset(k.offset[coefficient(0)]), p[h])
	}
	for i := 1; i < len(elementary.ExpPoly); i++ {
		for h := range r {
			k.multiplyAdd(coefficient(i), r[h], p[h])
		}
	}
	for h := range r {
		k.multiplyAdd("one", r[h], p[h])
		k.VPADDQ(t[h], p[h], p[h])
	}
	if finish != nil {
		for h := range r {
			finish(p[h])
		}
	}
	for i := range x {
		x[i] = k.narrow(p[2*i], p[2*i+1])
	}
}

// multiplyAdd sets p to p·r plus a constant.
func (k *kit) multiplyAdd(name string, r, p reg.VecVirtual) {
	k.with(name, func(m operand.Op) { k.VFMADD213PD(m, r, p) }, func(m operand.Op) { k.VFMADD213PD_BCST(m, r, p) })
}

// with writes an instruction whose first operand is a constant in memory: AVX-512 repeats one float64, AVX2 reads all.
func (k *kit) with(name string, plain, broadcast func(m operand.Op)) {
	at := k.table.Offset(k.offset[name])
	if k.wide {
		broadcast(at)
	} else {
		plain(at)
	}
}

// sigmoid returns 1/(1+e^-g) for registers that stay as they are.
func (k *kit) sigmoid(g []reg.VecVirtual) []reg.VecVirtual {
	sign, s := k.constant("sign"), k.registers(len(g))
	for i := range g {
		k.VXORPS(sign, g[i], s[i])
	}
	k.exp(s, "sigmoidLow", "sigmoidHigh", func(p reg.VecVirtual) {
		one := k.constant("one")
		k.VADDPD(one, p, p)
		k.VDIVPD(p, one, p)
	})
	return s
}

// gated writes the gated activation.
func (k *kit) gated() {
	k.start("swiGLU", "func(dst, gate, up *float32, n int)", "stores float32(gate·sigmoid(gate))·up.")
	dst, gate, up := k.pointer("dst"), k.pointer("gate"), k.pointer("up")
	k.unrolled(2, func(groups []int) {
		for i, s := range k.sigmoid(k.loads(gate, groups)) {
			g := groups[i]
			k.VMULPS(k.at(gate, g), s, s)
			k.VMULPS(k.at(up, g), s, s)
			k.VMOVUPS(s, k.at(dst, g))
		}
	})
	k.end()

	k.start("swiGLUGrad", "func(dg, du, dy, gate, up *float32, n int)", "stores the gradients of swiGLU.")
	dg, du, dy := k.pointer("dg"), k.pointer("du"), k.pointer("dy")
	gate, up = k.pointer("gate"), k.pointer("up")
	k.unrolled(2, func(groups []int) {
		sigmoid := k.sigmoid(k.loads(gate, groups))
		one := k.constant("single")
		for i, s := range sigmoid {
			g := groups[i]
			x, y, slope := k.load(gate, g), k.load(up, g), k.register()
			k.VMULPS(s, x, x) // a
			k.VSUBPS(s, one, slope)
			k.VMULPS(x, slope, slope)
			k.VADDPS(s, slope, slope)
			d := k.load(dy, g)
			k.VMULPS(d, y, y)
			k.VMULPS(slope, y, y)
			k.VMOVUPS(y, k.at(dg, g))
			k.VMULPS(d, x, x)
			k.VMOVUPS(x, k.at(du, g))
		}
	})
	k.end()
}
