package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
	"github.com/osft-project/osft/model/kernel/elementary"
)

// keepExp loads what exp needs: on AVX-512 everything, on AVX2 the bounds, which must be registers.
func (k *kit) keepExp(low, high string) {
	k.keep(low, high)
	if !k.wide {
		return
	}
	for i := range elementary.ExpPoly {
		k.keep(coefficient(i))
	}
	k.keep("log2e", "ln2", "magic", "one")
}

// exp replaces the float32 in x by e^x, step by step as elementary.Exp: clamped to the bounds, halves in float64. finish may
// change the float64 result before it is rounded.
func (k *kit) exp(x reg.VecVirtual, low, high string, finish func(p reg.VecVirtual)) {
	// The second source of a maximum is the result where one is a NaN, so NaN stays.
	k.VMAXPS(x, k.loaded[low], x)
	k.VMINPS(x, k.loaded[high], x)
	r := k.widen(x)
	var t, p [2]reg.VecVirtual
	for h := range 2 {
		t[h], p[h] = k.register(), k.register()
		n := p[h]
		k.VMULPD(k.constant("log2e"), r[h], t[h])
		k.VADDPD(k.constant("magic"), t[h], t[h])
		k.VSUBPD(k.constant("magic"), t[h], n)
		k.VMULPD(k.constant("ln2"), n, n)
		k.VSUBPD(n, r[h], r[h])
		k.VPSLLQ(operand.U8(52), t[h], t[h])
	}
	for h := range 2 {
		k.VMULPD(k.constant(coefficient(0)), r[h], p[h])
	}
	for i := 1; i < len(elementary.ExpPoly); i++ {
		for h := range 2 {
			k.VADDPD(k.constant(coefficient(i)), p[h], p[h])
			k.VMULPD(r[h], p[h], p[h])
		}
	}
	for h := range 2 {
		k.VADDPD(k.constant("one"), p[h], p[h])
		k.VPADDQ(t[h], p[h], p[h])
		if finish != nil {
			finish(p[h])
		}
	}
	k.narrow(p, x)
}

// sigmoid returns 1/(1+e^-g) of a register that stays as it is.
func (k *kit) sigmoid(g reg.VecVirtual) reg.VecVirtual {
	s := k.register()
	k.VXORPS(k.constant("sign"), g, s)
	k.exp(s, "sigmoidLow", "sigmoidHigh", func(p reg.VecVirtual) {
		k.VADDPD(k.constant("one"), p, p)
		k.VDIVPD(p, k.loaded["one"], p)
	})
	return s
}

func (k *kit) keepSigmoid() {
	k.keepExp("sigmoidLow", "sigmoidHigh")
	if k.wide {
		k.keep("sign")
	} else {
		k.keep("one")
	}
}

// exponentials writes the gated activation.
func (k *kit) exponentials() {
	k.start("swiGLU", "func(dst, gate, up *float32, n int)", "stores float32(gate·sigmoid(gate))·up.")
	k.keepSigmoid()
	dst, gate, up := k.pointer("dst"), k.pointer("gate"), k.pointer("up")
	k.loop(func() {
		for g := range k.groups() {
			x := k.load(gate, g)
			s := k.sigmoid(x)
			k.VMULPS(x, s, s)
			k.VMULPS(k.at(up, g), s, s)
			k.VMOVUPS(s, k.at(dst, g))
		}
	})
	k.end()

	k.start("swiGLUGrad", "func(dg, du, dy, gate, up *float32, n int)", "stores the gradients of swiGLU.")
	k.keepSigmoid()
	dg, du, dy := k.pointer("dg"), k.pointer("du"), k.pointer("dy")
	gate, up = k.pointer("gate"), k.pointer("up")
	one := k.register()
	k.VBROADCASTSS(k.table.Offset(k.offset["single"]), one)
	k.loop(func() {
		for g := range k.groups() {
			x, y := k.load(gate, g), k.load(up, g)
			s := k.sigmoid(x)
			k.VMULPS(s, x, x) // a
			slope := k.register()
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

// softmax writes the rows of softmax, whole and streaming.
func (k *kit) softmax() {
	k.start("maximum", "func(lane, x *float32, n int)", "takes n elements into sixteen running maxima.")
	lane, x := k.pointer("lane"), k.pointer("x")
	lanes := k.lanes32(lane)
	k.loop(func() {
		for g := range k.groups() {
			k.VMAXPS(lanes[g], k.load(x, g), lanes[g])
		}
	})
	k.store(lanes, lane)
	k.end()

	k.start("scaleMaximum", "func(lane, x *float32, r float32, n int)", "multiplies x by r and takes it into sixteen running maxima.")
	lane, x, r := k.pointer("lane"), k.pointer("x"), k.factor("r")
	lanes = k.lanes32(lane)
	k.loop(func() {
		for g := range k.groups() {
			y := k.load(x, g)
			k.VMULPS(r, y, y)
			k.VMOVUPS(y, k.at(x, g))
			k.VMAXPS(lanes[g], y, lanes[g])
		}
	})
	k.store(lanes, lane)
	k.end()
	k.expSums()
	k.attention()
}

// expSums writes e^(x-m) with its sum over sixteen lanes, in float64 and in float32.
func (k *kit) expSums() {
	k.start("expSum", "func(lane *float64, x *float32, m float32, n int)", "replaces x by e^(x-m) and adds it to sixteen float64 lanes.")
	k.keepExp("expLow", "expHigh")
	lane, x, m := k.pointer("lane"), k.pointer("x"), k.factor("m")
	lanes := k.lanes64(lane)
	k.loop(func() {
		for g := range k.groups() {
			y := k.load(x, g)
			k.VSUBPS(m, y, y)
			k.exp(y, "expLow", "expHigh", nil)
			k.VMOVUPS(y, k.at(x, g))
			for h, w := range k.widen(y) {
				k.VADDPD(w, lanes[2*g+h], lanes[2*g+h])
			}
		}
	})
	k.store(lanes, lane)
	k.end()

	k.start("expSum32", "func(lane, x *float32, m float32, n int)", "replaces x by e^(x-m) and adds it to sixteen float32 lanes.")
	k.keepExp("expLow", "expHigh")
	lane, x, m = k.pointer("lane"), k.pointer("x"), k.factor("m")
	lanes = k.lanes32(lane)
	k.loop(func() {
		for g := range k.groups() {
			y := k.load(x, g)
			k.VSUBPS(m, y, y)
			k.exp(y, "expLow", "expHigh", nil)
			k.VMOVUPS(y, k.at(x, g))
			k.VADDPS(y, lanes[g], lanes[g])
		}
	})
	k.store(lanes, lane)
	k.end()
}

// attention writes the rows of streaming attention.
func (k *kit) attention() {
	k.start("rescale", "func(o, s *float32, c float32, n int)", "stores float32(o·c) + s in o.")
	o, s, c := k.pointer("o"), k.pointer("s"), k.factor("c")
	k.loop(func() {
		for g := range k.groups() {
			y := k.register()
			k.VMULPS(k.at(o, g), c, y)
			k.VADDPS(k.at(s, g), y, y)
			k.VMOVUPS(y, k.at(o, g))
		}
	})
	k.end()

	k.start("divide", "func(dst, o *float32, l float32, n int)", "stores o/l + 0.")
	dst, o, l := k.pointer("dst"), k.pointer("o"), k.factor("l")
	zero := k.register()
	k.VXORPS(zero, zero, zero)
	k.loop(func() {
		for g := range k.groups() {
			y := k.load(o, g)
			k.VDIVPS(l, y, y)
			k.VADDPS(zero, y, y)
			k.VMOVUPS(y, k.at(dst, g))
		}
	})
	k.end()

	k.start("onlineGrad", "func(score, dp *float32, lse, delta, scale float32, n int)",
		"replaces scores by probabilities p = e^(score·scale-lse) and dp by p·(dp-delta)·scale.")
	k.keepExp("expLow", "expHigh")
	score, dp := k.pointer("score"), k.pointer("dp")
	lse, delta, factor := k.factor("lse"), k.factor("delta"), k.factor("scale")
	k.loop(func() {
		for g := range k.groups() {
			p := k.load(score, g)
			k.VMULPS(factor, p, p)
			k.VSUBPS(lse, p, p)
			k.exp(p, "expLow", "expHigh", nil)
			k.VMOVUPS(p, k.at(score, g))
			d := k.load(dp, g)
			k.VSUBPS(delta, d, d)
			k.VMULPS(d, p, p)
			k.VMULPS(factor, p, p)
			k.VMOVUPS(p, k.at(dp, g))
		}
	})
	k.end()
}
