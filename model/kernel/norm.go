package kernel

import (
	"math"

	"github.com/osft-project/osft/model/kernel/machine"
	"github.com/osft-project/osft/model/kernel/vector"
)

// RMSNorm stores w·(x·r) in dst for every row of len(w) elements, r = 1/√(mean(x²)+eps): Zhang and Sennrich,
// arXiv:1910.07467, as Transformers computes it. The mean is taken in float64 over 16 lanes, r is rounded once to float32.
func RMSNorm(dst, x, w []float32, eps float64) {
	d := len(w)
	machine.Parallel(len(x)/d, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := x[i*d : (i+1)*d]
			vector.Normalize(dst[i*d:(i+1)*d], row, w, float32(inverseRMS(row, eps)))
		}
	})
}

// RMSNormGradX stores d loss/d x in dst, which may be dy: with g = float32(w·dy), r as in RMSNorm and
// c = float32(r³·Σ(g·x)/len(w)), dx = float32(g·r) - float32(x·c).
func RMSNormGradX(dst, dy, x, w []float32, eps float64) {
	d := len(w)
	machine.Parallel(len(x)/d, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row, grad := x[i*d:(i+1)*d], dy[i*d:(i+1)*d]
			r := inverseRMS(row, eps)
			mean := vector.WeightedDot(w, grad, row) / float64(d)
			c := float32(r * r * r * mean)
			vector.NormalizeGrad(dst[i*d:(i+1)*d], grad, row, w, float32(r), c)
		}
	})
}

// RMSNormGradW computes dw = Σ dy·float32(x·r) over the rows in order, in float64, rounded once. With add the rounded sum
// is added to dst, else stored.
func RMSNormGradW(dst, dy, x []float32, eps float64, add bool) {
	d := len(dst)
	rows := len(x) / d
	scale := make([]float32, rows)
	machine.Parallel(rows, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			scale[i] = float32(inverseRMS(x[i*d:(i+1)*d], eps))
		}
	})
	machine.Parallel(d, func(lo, hi int) {
		acc := make([]float64, hi-lo)
		for i, r := range scale {
			vector.AddRows64(acc, dy[i*d:][lo:hi], x[i*d:][lo:hi], r)
		}
		finish(dst[lo:hi], acc, add)
	})
}

// inverseRMS is 1/√(mean(x²)+eps) in float64; both operations are IEEE's.
func inverseRMS(x []float32, eps float64) float64 {
	return 1 / math.Sqrt(vector.Squares(x)/float64(len(x))+eps)
}
