package vector

import "github.com/osft-project/osft/model/kernel/machine"

// A twin handles the elements that fill whole steps of sixteen lanes and returns how many these are; 0 means that the
// active instruction set has none. The caller's loop, which is the definition, does the rest.

// steps is the part of n that a twin can handle on the active instruction set.
func steps(n int) (whole int, isa machine.ISA) {
	if whole = n &^ (Lanes - 1); whole == 0 {
		return 0, machine.Generic
	}
	if isa = machine.Active(); isa == machine.Generic {
		return 0, isa
	}
	return whole, isa
}

func dotTwin(lane *[Lanes]float64, a, b []float32) int {
	n, isa := steps(len(a))
	switch isa {
	case machine.AVX512:
		dotAVX512(&lane[0], &a[0], &b[0], n)
	case machine.AVX2:
		dotAVX2(&lane[0], &a[0], &b[0], n)
	}
	return n
}

func squaresTwin(lane *[Lanes]float64, x []float32) int {
	n, isa := steps(len(x))
	switch isa {
	case machine.AVX512:
		squaresAVX512(&lane[0], &x[0], n)
	case machine.AVX2:
		squaresAVX2(&lane[0], &x[0], n)
	}
	return n
}

func weightedDotTwin(lane *[Lanes]float64, w, dy, x []float32) int {
	n, isa := steps(len(w))
	switch isa {
	case machine.AVX512:
		weightedDotAVX512(&lane[0], &w[0], &dy[0], &x[0], n)
	case machine.AVX2:
		weightedDotAVX2(&lane[0], &w[0], &dy[0], &x[0], n)
	}
	return n
}

func addRows64Twin(acc []float64, dy, x []float32, r float32) int {
	n, isa := steps(len(acc))
	switch isa {
	case machine.AVX512:
		addRows64AVX512(&acc[0], &dy[0], &x[0], r, n)
	case machine.AVX2:
		addRows64AVX2(&acc[0], &dy[0], &x[0], r, n)
	}
	return n
}

func addRow64Twin(acc []float64, dy []float32) int {
	n, isa := steps(len(acc))
	switch isa {
	case machine.AVX512:
		addRow64AVX512(&acc[0], &dy[0], n)
	case machine.AVX2:
		addRow64AVX2(&acc[0], &dy[0], n)
	}
	return n
}

func addTwin(dst, a, b []float32) int {
	n, isa := steps(len(dst))
	switch isa {
	case machine.AVX512:
		addAVX512(&dst[0], &a[0], &b[0], n)
	case machine.AVX2:
		addAVX2(&dst[0], &a[0], &b[0], n)
	}
	return n
}

func scaleTwin(x []float32, r float32) int {
	n, isa := steps(len(x))
	switch isa {
	case machine.AVX512:
		scaleAVX512(&x[0], r, n)
	case machine.AVX2:
		scaleAVX2(&x[0], r, n)
	}
	return n
}

func normalizeTwin(dst, x, w []float32, r float32) int {
	n, isa := steps(len(dst))
	switch isa {
	case machine.AVX512:
		normalizeAVX512(&dst[0], &x[0], &w[0], r, n)
	case machine.AVX2:
		normalizeAVX2(&dst[0], &x[0], &w[0], r, n)
	}
	return n
}

func normalizeGradTwin(dst, dy, x, w []float32, r, c float32) int {
	n, isa := steps(len(dst))
	switch isa {
	case machine.AVX512:
		normalizeGradAVX512(&dst[0], &dy[0], &x[0], &w[0], r, c, n)
	case machine.AVX2:
		normalizeGradAVX2(&dst[0], &dy[0], &x[0], &w[0], r, c, n)
	}
	return n
}

func rotateTwin(a, b, cos, sin []float32) int {
	n, isa := steps(len(a))
	switch isa {
	case machine.AVX512:
		rotateAVX512(&a[0], &b[0], &cos[0], &sin[0], n)
	case machine.AVX2:
		rotateAVX2(&a[0], &b[0], &cos[0], &sin[0], n)
	}
	return n
}

func rotateBackTwin(a, b, cos, sin []float32) int {
	n, isa := steps(len(a))
	switch isa {
	case machine.AVX512:
		rotateBackAVX512(&a[0], &b[0], &cos[0], &sin[0], n)
	case machine.AVX2:
		rotateBackAVX2(&a[0], &b[0], &cos[0], &sin[0], n)
	}
	return n
}

func swiGLUTwin(dst, g, u []float32) int {
	n, isa := steps(len(dst))
	switch isa {
	case machine.AVX512:
		swiGLUAVX512(&dst[0], &g[0], &u[0], n)
	case machine.AVX2:
		swiGLUAVX2(&dst[0], &g[0], &u[0], n)
	}
	return n
}

func swiGLUGradTwin(dg, du, dy, g, u []float32) int {
	n, isa := steps(len(dg))
	switch isa {
	case machine.AVX512:
		swiGLUGradAVX512(&dg[0], &du[0], &dy[0], &g[0], &u[0], n)
	case machine.AVX2:
		swiGLUGradAVX2(&dg[0], &du[0], &dy[0], &g[0], &u[0], n)
	}
	return n
}

func maximumTwin(lane *[Lanes]float32, x []float32) int {
	n, isa := steps(len(x))
	switch isa {
	case machine.AVX512:
		maximumAVX512(&lane[0], &x[0], n)
	case machine.AVX2:
		maximumAVX2(&lane[0], &x[0], n)
	}
	return n
}

func expSumTwin(lane *[Lanes]float64, x []float32, m float32) int {
	n, isa := steps(len(x))
	switch isa {
	case machine.AVX512:
		expSumAVX512(&lane[0], &x[0], m, n)
	case machine.AVX2:
		expSumAVX2(&lane[0], &x[0], m, n)
	}
	return n
}

func expSum32Twin(lane *[Lanes]float32, x []float32, m float32) int {
	n, isa := steps(len(x))
	switch isa {
	case machine.AVX512:
		expSum32AVX512(&lane[0], &x[0], m, n)
	case machine.AVX2:
		expSum32AVX2(&lane[0], &x[0], m, n)
	}
	return n
}

func rescaleTwin(o, s []float32, c float32) int {
	n, isa := steps(len(o))
	switch isa {
	case machine.AVX512:
		rescaleAVX512(&o[0], &s[0], c, n)
	case machine.AVX2:
		rescaleAVX2(&o[0], &s[0], c, n)
	}
	return n
}

func divideTwin(dst, o []float32, l float32) int {
	n, isa := steps(len(dst))
	switch isa {
	case machine.AVX512:
		divideAVX512(&dst[0], &o[0], l, n)
	case machine.AVX2:
		divideAVX2(&dst[0], &o[0], l, n)
	}
	return n
}

func adamwTwin(f *AdamW, p, g, m, v []float32) int {
	n, isa := steps(len(p))
	switch isa {
	case machine.AVX512:
		adamwAVX512(&f.Clip, &p[0], &g[0], &m[0], &v[0], n)
	case machine.AVX2:
		adamwAVX2(&f.Clip, &p[0], &g[0], &m[0], &v[0], n)
	}
	return n
}

// The twins of the streaming softmax do whole rows: all of them or, on Generic, none.

func onlineMaxTwin(score, peak, rescale []float32, scale float32) int {
	n := len(peak)
	switch machine.Active() {
	case machine.AVX512:
		onlineMaxAVX512(&score[0], &peak[0], &rescale[0], scale, n)
	case machine.AVX2:
		onlineMaxAVX2(&score[0], &peak[0], &rescale[0], scale, n)
	default:
		return 0
	}
	return n
}

func onlineExpTwin(score, peak, rescale, sum []float32) int {
	n := len(peak)
	switch machine.Active() {
	case machine.AVX512:
		onlineExpAVX512(&score[0], &peak[0], &rescale[0], &sum[0], n)
	case machine.AVX2:
		onlineExpAVX2(&score[0], &peak[0], &rescale[0], &sum[0], n)
	default:
		return 0
	}
	return n
}

func onlineGradTwin(score, dp, lse, delta []float32, scale float32) int {
	n := len(lse)
	switch machine.Active() {
	case machine.AVX512:
		onlineGradAVX512(&score[0], &dp[0], &lse[0], &delta[0], scale, n)
	case machine.AVX2:
		onlineGradAVX2(&score[0], &dp[0], &lse[0], &delta[0], scale, n)
	default:
		return 0
	}
	return n
}
