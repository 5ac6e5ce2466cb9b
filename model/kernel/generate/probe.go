package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// probeChains is how many independent chains keep every multiplier busy.
const probeChains = 12

// probe writes a loop of nothing but fused multiply-adds, which measures the
// ceiling of one core: n rounds of 12 vectors each.
func probe(v vector) {
	function("probe"+v.suffix, "func(n int)", "runs n rounds of 12 fused multiply-adds on full vectors of +0.")
	n := Load(Param("n"), GP64())
	x := v.new()
	v.zero(x)
	sums := make([]reg.VecVirtual, probeChains)
	for i := range sums {
		sums[i] = v.new()
		v.zero(sums[i])
	}
	Label("round" + v.suffix)
	for _, s := range sums {
		VFMADD231PS(x, x, s)
	}
	DECQ(n)
	JNZ(LabelRef("round" + v.suffix))
	VZEROUPPER()
	RET()
}
