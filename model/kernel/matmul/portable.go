package matmul

import "github.com/osft-project/osft/model/kernel/machine"

// portableKernel runs eight chains at a time, four of two rows; it is always
// four columns wide.
func portableKernel(t *tile, _ int) {
	var sums [8]float32
	for i := 0; i < t.rows; i += 2 {
		pair := min(i+1, t.rows-1) // the last row may be its own partner
		chains(&sums, t, t.a[i*t.rs:], t.a[pair*t.rs:])
		t.put(i, sums[:4])
		if pair > i {
			t.put(pair, sums[4:])
		}
	}
}

// put writes one row of sums.
func (t *tile) put(i int, sums []float32) {
	c := t.c[i*t.ldc:][:t.cols]
	if t.mode == modeStore {
		copy(c, sums)
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

// chains sums two rows of four outputs. Each step is machine.FMA written out:
// the accumulators stay in float64 registers, always holding float32 values,
// and no call makes them leave.
func chains(sums *[8]float32, t *tile, x, y []float32) {
	var x0, x1, x2, x3, y0, y1, y2, y3 float64
	b, cs, ldb := t.b, t.cs, t.ldb
	for k := range t.k {
		v := b[k*ldb:][:4:4]
		l, m := float64(x[k*cs]), float64(y[k*cs])
		w := float64(v[0])
		p, s, f := multiply(l, w, x0)
		if machine.Halfway(s - f) {
			f = float64(float32(machine.RoundOdd(p, x0, s)))
		}
		x0 = f
		p, s, f = multiply(m, w, y0)
		if machine.Halfway(s - f) {
			f = float64(float32(machine.RoundOdd(p, y0, s)))
		}
		y0 = f
		w = float64(v[1])
		p, s, f = multiply(l, w, x1)
		if machine.Halfway(s - f) {
			f = float64(float32(machine.RoundOdd(p, x1, s)))
		}
		x1 = f
		p, s, f = multiply(m, w, y1)
		if machine.Halfway(s - f) {
			f = float64(float32(machine.RoundOdd(p, y1, s)))
		}
		y1 = f
		w = float64(v[2])
		p, s, f = multiply(l, w, x2)
		if machine.Halfway(s - f) {
			f = float64(float32(machine.RoundOdd(p, x2, s)))
		}
		x2 = f
		p, s, f = multiply(m, w, y2)
		if machine.Halfway(s - f) {
			f = float64(float32(machine.RoundOdd(p, y2, s)))
		}
		y2 = f
		w = float64(v[3])
		p, s, f = multiply(l, w, x3)
		if machine.Halfway(s - f) {
			f = float64(float32(machine.RoundOdd(p, x3, s)))
		}
		x3 = f
		p, s, f = multiply(m, w, y3)
		if machine.Halfway(s - f) {
			f = float64(float32(machine.RoundOdd(p, y3, s)))
		}
		y3 = f
	}
	*sums = [8]float32{float32(x0), float32(x1), float32(x2), float32(x3),
		float32(y0), float32(y1), float32(y2), float32(y3)}
}

// multiply returns the exact product of two float32, its sum with a third, and
// that sum rounded to float32.
func multiply(x, y, chain float64) (p, s, rounded float64) {
	p = float64(x * y)
	s = p + chain
	return p, s, float64(float32(s))
}
