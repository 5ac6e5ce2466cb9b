package matmul

import "github.com/osft-project/osft/model/kernel/machine"

// portableKernel runs four chains at a time; it is always four columns wide.
func portableKernel(t *tile, _ int) {
	for i := range t.rows {
		var sums [4]float32
		chains(&sums, t, t.a[i*t.rs:])
		t.put(i, &sums)
	}
}

// put writes one row of sums.
func (t *tile) put(i int, sums *[4]float32) {
	c := t.c[i*t.ldc:][:t.cols]
	if t.mode == modeStore {
		copy(c, sums[:])
		return
	}
	s := t.s[i*t.lds:][:t.cols]
	for j := range c {
		sum := s[j] + sums[j]
		if t.mode == modeAdd {
			sum = c[j] + sum
		}
		c[j] = sum
	}
}

// chains computes one row of four outputs. Each step is machine.FMA written
// out: the accumulators stay in float64 registers, always holding float32
// values, and only the rare sum that might round twice leaves the loop.
func chains(sums *[4]float32, t *tile, a []float32) {
	var s0, s1, s2, s3 float64
	b := t.b
	for k := range t.k {
		x := float64(a[k*t.cs])
		v := b[k*t.ldb:][:4:4]
		s0 = step(x, float64(v[0]), s0)
		s1 = step(x, float64(v[1]), s1)
		s2 = step(x, float64(v[2]), s2)
		s3 = step(x, float64(v[3]), s3)
	}
	*sums = [4]float32{float32(s0), float32(s1), float32(s2), float32(s3)}
}

// step is one fused multiply-add on float32 values held in float64.
func step(x, y, chain float64) float64 {
	p := float64(x * y)
	s := p + chain
	if machine.NeedsRoundSum(s) {
		return float64(machine.RoundSum(p, chain, s))
	}
	return float64(float32(s))
}
