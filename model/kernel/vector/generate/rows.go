package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// lanes64 loads the sixteen float64 lanes at base, in order.
func (k *kit) lanes64(base reg.Register) []reg.VecVirtual {
	lanes := make([]reg.VecVirtual, 2*k.groups())
	for i := range lanes {
		lanes[i] = k.register()
		k.VMOVUPD(k.lane(base, i), lanes[i])
	}
	return lanes
}

// lanes32 loads the sixteen float32 lanes at base.
func (k *kit) lanes32(base reg.Register) []reg.VecVirtual {
	lanes := make([]reg.VecVirtual, k.groups())
	for i := range lanes {
		lanes[i] = k.register()
		k.VMOVUPS(k.lane(base, i), lanes[i])
	}
	return lanes
}

// store writes lanes back.
func (k *kit) store(lanes []reg.VecVirtual, base reg.Register) {
	for i, r := range lanes {
		k.VMOVUPS(r, k.lane(base, i))
	}
}

func (k *kit) lane(base reg.Register, i int) operand.Mem {
	bytes := 32
	if k.wide {
		bytes = 64
	}
	return operand.Mem{Base: base, Disp: bytes * i}
}

// sums writes the reductions. Products of two float32 are exact in float64, so a fused addition rounds like a plain one.
func (k *kit) sums() {
	k.start("dot", "func(lane *float64, a, b *float32, n int)", "adds a·b of n elements to sixteen lanes.")
	a, b, lane := k.pointer("a"), k.pointer("b"), k.pointer("lane")
	lanes := k.lanes64(lane)
	k.loop(func() {
		for g := range k.groups() {
			x, y := k.widen(k.load(a, g)), k.widen(k.load(b, g))
			for h := range 2 {
				k.VFMADD231PD(x[h], y[h], lanes[2*g+h])
			}
		}
	})
	k.store(lanes, lane)
	k.end()

	k.start("squares", "func(lane *float64, x *float32, n int)", "adds x² of n elements to sixteen lanes.")
	x, lane := k.pointer("x"), k.pointer("lane")
	lanes = k.lanes64(lane)
	k.loop(func() {
		for g := range k.groups() {
			for h, v := range k.widen(k.load(x, g)) {
				k.VFMADD231PD(v, v, lanes[2*g+h])
			}
		}
	})
	k.store(lanes, lane)
	k.end()

	k.start("weightedDot", "func(lane *float64, w, dy, x *float32, n int)", "adds float32(w·dy)·x of n elements to sixteen lanes.")
	w, dy := k.pointer("w"), k.pointer("dy")
	x, lane = k.pointer("x"), k.pointer("lane")
	lanes = k.lanes64(lane)
	k.loop(func() {
		for g := range k.groups() {
			p := k.load(w, g)
			k.VMULPS(k.at(dy, g), p, p)
			u, v := k.widen(p), k.widen(k.load(x, g))
			for h := range 2 {
				k.VFMADD231PD(u[h], v[h], lanes[2*g+h])
			}
		}
	})
	k.store(lanes, lane)
	k.end()
	k.columns()
}

// columns writes the sums that run down the rows, one accumulator a column.
func (k *kit) columns() {
	k.start("addRows64", "func(acc *float64, dy, x *float32, r float32, n int)", "adds dy·float32(x·r) of n elements to acc.")
	acc, dy, x, r := k.pointer("acc"), k.pointer("dy"), k.pointer("x"), k.factor("r")
	k.loop(func() {
		for g := range k.groups() {
			s := k.load(x, g)
			k.VMULPS(r, s, s)
			u, v := k.widen(s), k.widen(k.load(dy, g))
			for h := range 2 {
				sum := k.register()
				k.VMOVUPD(k.at64(acc, g, h), sum)
				k.VFMADD231PD(u[h], v[h], sum)
				k.VMOVUPD(sum, k.at64(acc, g, h))
			}
		}
	})
	k.end()

	k.start("addRow64", "func(acc *float64, dy *float32, n int)", "adds n elements of dy to acc.")
	acc, dy = k.pointer("acc"), k.pointer("dy")
	k.loop(func() {
		for g := range k.groups() {
			for h, u := range k.widen(k.load(dy, g)) {
				k.VADDPD(k.at64(acc, g, h), u, u)
				k.VMOVUPD(u, k.at64(acc, g, h))
			}
		}
	})
	k.end()
}

// elements writes the element-wise rows without transcendental functions.
func (k *kit) elements() {
	k.start("add", "func(dst, a, b *float32, n int)", "stores a + b.")
	dst, a, b := k.pointer("dst"), k.pointer("a"), k.pointer("b")
	k.loop(func() {
		for g := range k.groups() {
			x := k.load(a, g)
			k.VADDPS(k.at(b, g), x, x)
			k.VMOVUPS(x, k.at(dst, g))
		}
	})
	k.end()

	k.start("scale", "func(x *float32, r float32, n int)", "multiplies x by r.")
	x, r := k.pointer("x"), k.factor("r")
	k.loop(func() {
		for g := range k.groups() {
			y := k.register()
			k.VMULPS(k.at(x, g), r, y)
			k.VMOVUPS(y, k.at(x, g))
		}
	})
	k.end()

	k.start("normalize", "func(dst, x, w *float32, r float32, n int)", "stores w·float32(x·r).")
	dst, x, w, r := k.pointer("dst"), k.pointer("x"), k.pointer("w"), k.factor("r")
	k.loop(func() {
		for g := range k.groups() {
			y := k.register()
			k.VMULPS(k.at(x, g), r, y)
			k.VMULPS(k.at(w, g), y, y)
			k.VMOVUPS(y, k.at(dst, g))
		}
	})
	k.end()

	k.start("normalizeGrad", "func(dst, dy, x, w *float32, r, c float32, n int)", "stores float32(float32(w·dy)·r) - float32(x·c).")
	dst, dy, x, w := k.pointer("dst"), k.pointer("dy"), k.pointer("x"), k.pointer("w")
	r, c := k.factor("r"), k.factor("c")
	k.loop(func() {
		for g := range k.groups() {
			y, z := k.load(w, g), k.register()
			k.VMULPS(k.at(dy, g), y, y)
			k.VMULPS(r, y, y)
			k.VMULPS(k.at(x, g), c, z)
			k.VSUBPS(z, y, y)
			k.VMOVUPS(y, k.at(dst, g))
		}
	})
	k.end()
	k.rotation("rotate", "turns the pairs (a, b) by angles.", false)
	k.rotation("rotateBack", "turns the pairs (a, b) by negative angles.", true)
}

func (k *kit) rotation(name, doc string, back bool) {
	k.start(name, "func(a, b, cos, sin *float32, n int)", doc)
	a, b, cos, sin := k.pointer("a"), k.pointer("b"), k.pointer("cos"), k.pointer("sin")
	k.loop(func() {
		for g := range k.groups() {
			x, y, c, s := k.load(a, g), k.load(b, g), k.load(cos, g), k.load(sin, g)
			xs, ys := k.register(), k.register()
			k.VMULPS(x, s, xs)
			k.VMULPS(y, s, ys)
			k.VMULPS(c, x, x)
			k.VMULPS(c, y, y)
			if back {
				k.VADDPS(ys, x, x)
				k.VSUBPS(xs, y, y)
			} else {
				k.VSUBPS(ys, x, x)
				k.VADDPS(xs, y, y)
			}
			k.VMOVUPS(x, k.at(a, g))
			k.VMOVUPS(y, k.at(b, g))
		}
	})
	k.end()
}

// adamw writes the optimizer's row; f points at the factors in the order of vector.AdamW's fields.
func (k *kit) adamw() {
	k.start("adamw", "func(f, p, grad, m, v *float32, n int)", "performs one AdamW step on n elements.")
	f := k.pointer("f")
	var factors [8]reg.VecVirtual
	for i := range factors {
		factors[i] = k.register()
		k.VBROADCASTSS(operand.Mem{Base: f, Disp: 4 * i}, factors[i])
	}
	clip, decay, beta1, beta2 := factors[0], factors[1], factors[2], factors[3]
	square, root, epsilon, step := factors[4], factors[5], factors[6], factors[7]
	p, grad, m, v := k.pointer("p"), k.pointer("grad"), k.pointer("m"), k.pointer("v")
	k.loop(func() {
		for g := range k.groups() {
			d, first, second := k.register(), k.load(m, g), k.register()
			k.VMULPS(k.at(grad, g), clip, d)
			delta := k.register()
			k.VSUBPS(first, d, delta)
			k.VMULPS(beta1, delta, delta)
			k.VADDPS(delta, first, first)
			k.VMOVUPS(first, k.at(m, g))
			k.VMULPS(k.at(v, g), beta2, second)
			k.VMULPS(d, d, d)
			k.VMULPS(square, d, d)
			k.VADDPS(d, second, second)
			k.VMOVUPS(second, k.at(v, g))
			k.VSQRTPS(second, second)
			k.VDIVPS(root, second, second)
			k.VADDPS(epsilon, second, second)
			k.VMULPS(step, first, first)
			k.VDIVPS(second, first, first)
			value := k.register()
			k.VMULPS(k.at(p, g), decay, value)
			k.VSUBPS(first, value, value)
			k.VMOVUPS(value, k.at(p, g))
		}
	})
	k.end()
}
