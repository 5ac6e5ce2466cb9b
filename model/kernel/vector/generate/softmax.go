package main

import "github.com/mmcloughlin/avo/reg"

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
	k.attentionGrad()
}

func (k *kit) attentionGrad() {
	k.start("onlineGrad", "func(score, dp *float32, lse, delta, scale float32, n int)",
		"replaces scores by probabilities p = e^(score·scale-lse) and dp by p·(dp-delta)·scale.")
	score, dp := k.pointer("score"), k.pointer("dp")
	lse, delta, factor := k.factor("lse"), k.factor("delta"), k.factor("scale")
	k.unrolled(4, func(groups []int) {
		y := k.loads(score, groups)
		for _, v := range y {
			k.VMULPS(factor, v, v)
			k.VSUBPS(lse, v, v)
		}
		k.exp(y, "expLow", "expHigh", nil)
		for i, p := range y {
			g := groups[i]
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
