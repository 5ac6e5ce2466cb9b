package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// block is vector.Block, the scores of one row. This program does not import what it writes.
const block = 64

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

	k.expSums()
	k.attention()
}

// expSums writes e^(x-m) with its sum over sixteen lanes, in float64 and in float32.
func (k *kit) expSums() {
	k.start("expSum", "func(lane *float64, x *float32, m float32, n int)", "replaces x by e^(x-m) and adds it to sixteen float64 lanes.")
	lane, x, m := k.pointer("lane"), k.pointer("x"), k.factor("m")
	lanes := k.lanes64(lane)
	k.unrolled(2, func(groups []int) {
		for _, together := range k.fewer(groups) {
			for i, y := range k.expBelow(x, m, together) {
				for h, w := range k.widen(y) {
					l := lanes[2*((together[0]+i)%k.groups())+h]
					k.VADDPD(w, l, l)
				}
			}
		}
	})
	k.store(lanes, lane)
	k.end()

	k.start("expSum32", "func(lane, x *float32, m float32, n int)", "replaces x by e^(x-m) and adds it to sixteen float32 lanes.")
	lane, x, m = k.pointer("lane"), k.pointer("x"), k.factor("m")
	lanes = k.lanes32(lane)
	k.unrolled(4, func(groups []int) {
		for i, y := range k.expBelow(x, m, groups) {
			l := lanes[i%k.groups()]
			k.VADDPS(y, l, l)
		}
	})
	k.store(lanes, lane)
	k.end()
}

// fewer takes the groups one by one on AVX2, whose registers do not hold more beside four float64 lanes.
func (k *kit) fewer(groups []int) [][]int {
	if k.wide {
		return [][]int{groups}
	}
	var list [][]int
	for _, g := range groups {
		list = append(list, []int{g})
	}
	return list
}

// expBelow replaces groups of x by e^(x-m) and returns them.
func (k *kit) expBelow(x reg.Register, m reg.VecVirtual, groups []int) []reg.VecVirtual {
	y := k.loads(x, groups)
	for _, v := range y {
		k.VSUBPS(m, v, v)
	}
	k.exp(y, "expLow", "expHigh", nil)
	for i, v := range y {
		k.VMOVUPS(v, k.at(x, groups[i]))
	}
	return y
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
	k.online()
	k.attentionGrad()
}

// fold32 adds the sixteen lanes in the profile's tree and returns the sum in the lowest element of an XMM register.
func (k *kit) fold32(lanes []reg.VecVirtual) reg.VecVirtual {
	x := lanes[0]
	high := k.register()
	if k.wide {
		k.VEXTRACTF64X4(operand.U8(1), x, high.AsY())
		k.VADDPS(high.AsY(), x.AsY(), x.AsY())
	} else {
		k.VADDPS(lanes[1], x, x)
	}
	k.VEXTRACTF128(operand.U8(1), x.AsY(), high.AsX())
	k.VADDPS(high.AsX(), x.AsX(), x.AsX())
	k.VPERMILPS(operand.U8(0b1110), x.AsX(), high.AsX())
	k.VADDPS(high.AsX(), x.AsX(), x.AsX())
	k.VPERMILPS(operand.U8(0b01), x.AsX(), high.AsX())
	k.VADDSS(high.AsX(), x.AsX(), x.AsX())
	return x
}

// largest32 returns the largest of sixteen lanes in the lowest element of an XMM register.
func (k *kit) largest32(lanes []reg.VecVirtual) reg.VecVirtual {
	x := lanes[0]
	high := k.register()
	if k.wide {
		k.VEXTRACTF64X4(operand.U8(1), x, high.AsY())
		k.VMAXPS(high.AsY(), x.AsY(), x.AsY())
	} else {
		k.VMAXPS(lanes[1], x, x)
	}
	k.VEXTRACTF128(operand.U8(1), x.AsY(), high.AsX())
	k.VMAXPS(high.AsX(), x.AsX(), x.AsX())
	k.VPERMILPS(operand.U8(0b1110), x.AsX(), high.AsX())
	k.VMAXPS(high.AsX(), x.AsX(), x.AsX())
	k.VPERMILPS(operand.U8(0b01), x.AsX(), high.AsX())
	k.VMAXSS(high.AsX(), x.AsX(), x.AsX())
	return x
}

// scoreRows runs body for the rows of a block of scores; body is given the row's number in a register. The groups of one
// row are the groups of the running step.
func (k *kit) scoreRows(body func(row reg.Register)) {
	rows, row := k.pointer("rows"), k.GP64()
	k.index = k.GP64()
	k.XORQ(k.index, k.index)
	k.XORQ(row, row)
	k.Label("row")
	body(row)
	k.ADDQ(operand.U32(4*block), k.index)
	k.INCQ(row)
	k.CMPQ(row, rows)
	k.JLT(operand.LabelRef("row"))
}

// together lists the groups of a row of scores by those that exp can take at once.
func (k *kit) together() [][]int {
	if k.wide {
		return [][]int{{0, 1, 2, 3}}
	}
	return [][]int{{0, 1}, {2, 3}, {4, 5}, {6, 7}}
}

// element addresses a row's number in an array of one float32 a row.
func element(base, row reg.Register) operand.Mem {
	return operand.Mem{Base: base, Index: row, Scale: 4}
}

// spread broadcasts a row's number.
func (k *kit) spread(base, row reg.Register) reg.VecVirtual {
	r := k.register()
	k.VBROADCASTSS(element(base, row), r)
	return r
}

// online writes the two passes over a block of scores between which the rescaling factors are made.
func (k *kit) online() {
	k.start("onlineMax", "func(score, peak, rescale *float32, scale float32, rows int)",
		"multiplies rows of scores by scale, raises each row's peak to its largest score and stores old minus new peak in rescale.")
	score, peak, rescale, scale := k.pointer("score"), k.pointer("peak"), k.pointer("rescale"), k.factor("scale")
	k.scoreRows(func(row reg.Register) {
		lanes, lowest := k.registers(k.groups()), k.constant("lowest")
		for _, groups := range k.together() {
			for _, g := range groups {
				y := k.load(score, g)
				k.VMULPS(scale, y, y)
				k.VMOVUPS(y, k.at(score, g))
				l := lanes[g%k.groups()]
				if g < k.groups() {
					k.VMOVAPS(lowest, l)
				}
				k.VMAXPS(l, y, l)
			}
		}
		m, old := k.largest32(lanes), k.XMM()
		k.VMOVSS(element(peak, row), old)
		k.VMAXSS(old, m.AsX(), m.AsX())
		k.VMOVSS(m.AsX(), element(peak, row))
		k.VSUBSS(m.AsX(), old, old)
		k.VMOVSS(old, element(rescale, row))
	})
	k.end()

	k.start("onlineExp", "func(score, peak, rescale, sum *float32, rows int)",
		"replaces rows of scores by p = e^(score-peak) and each row's sum by sum·rescale plus the sum of p over sixteen lanes.")
	score, peak, rescale = k.pointer("score"), k.pointer("peak"), k.pointer("rescale")
	sum := k.pointer("sum")
	k.scoreRows(func(row reg.Register) {
		lanes := k.registers(k.groups())
		m := k.spread(peak, row)
		for _, groups := range k.together() {
			for i, p := range k.expBelow(score, m, groups) {
				if groups[i] < k.groups() {
					k.VMOVAPS(p, lanes[groups[i]])
				} else {
					l := lanes[groups[i]%k.groups()]
					k.VADDPS(p, l, l)
				}
			}
		}
		total, old := k.fold32(lanes), k.XMM()
		k.VMOVSS(element(sum, row), old)
		k.VMULSS(element(rescale, row), old, old)
		k.VADDSS(total.AsX(), old, old)
		k.VMOVSS(old, element(sum, row))
	})
	k.end()
}

func (k *kit) attentionGrad() {
	k.start("onlineGrad", "func(score, dp, lse, delta *float32, scale float32, rows int)",
		"replaces rows of scores by p = e^(score·scale-lse) and of dp by p·(dp-delta)·scale.")
	score, dp, lse, delta := k.pointer("score"), k.pointer("dp"), k.pointer("lse"), k.pointer("delta")
	scale := k.factor("scale")
	k.scoreRows(func(row reg.Register) {
		for _, groups := range k.together() {
			y := k.loads(score, groups)
			l := k.spread(lse, row)
			for _, v := range y {
				k.VMULPS(scale, v, v)
				k.VSUBPS(l, v, v)
			}
			k.exp(y, "expLow", "expHigh", nil)
			shift := k.spread(delta, row)
			for i, p := range y {
				g := groups[i]
				k.VMOVUPS(p, k.at(score, g))
				d := k.load(dp, g)
				k.VSUBPS(shift, d, d)
				k.VMULPS(d, p, p)
				k.VMULPS(scale, p, p)
				k.VMOVUPS(p, k.at(dp, g))
			}
		}
	})
	k.end()
}
