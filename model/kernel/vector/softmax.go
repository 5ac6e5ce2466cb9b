package vector

import (
	"math"

	"github.com/osft-project/osft/model/kernel/elementary"
)

// Lowest is the running maximum before anything was seen: finite, so that no difference of maxima is a NaN.
const Lowest = -math.MaxFloat32

// Block is the number of queries and of keys of one attention block, and the row stride of a block of scores.
const Block = 64

// ExpSum replaces x[i] by e^(x[i]-m) and returns the sum of the float32 results in float64 over 16 lanes.
func ExpSum(x []float32, m float32) float64 {
	var lane [Lanes]float64
	for i := expSumTwin(&lane, x, m); i < len(x); i++ {
		x[i] = elementary.Exp(x[i] - m)
		lane[i%Lanes] += float64(x[i])
	}
	return fold(&lane)
}

// expSum32 is ExpSum with the sum in float32.
func expSum32(x []float32, m float32) float32 {
	var lane [Lanes]float32
	for i := expSum32Twin(&lane, x, m); i < len(x); i++ {
		x[i] = elementary.Exp(x[i] - m)
		lane[i%Lanes] += x[i]
	}
	return fold(&lane)
}

// Online is one step of the streaming softmax over len(peak) rows of Block scores each. A masked score is -Inf. For every
// row: s = float32(score·scale); m = max(peak, s); p = e^(s-m) replaces the score; c = e^(peak-m) goes to rescale;
// sum = float32(sum·c) + the float32 sum of p over 16 lanes; peak = m. Before the first step peak is Lowest and sum is 0.
func Online(score, peak, sum, rescale []float32, scale float32) {
	sum, rescale, score = sum[:len(peak)], rescale[:len(peak)], score[:len(peak)*Block]
	if len(peak) == 0 {
		return
	}
	for r := onlineMaxTwin(score, peak, rescale, scale); r < len(peak); r++ {
		row := score[r*Block : (r+1)*Block]
		Scale(row, scale)
		m := larger(Max(row), peak[r])
		peak[r], rescale[r] = m, peak[r]-m
	}
	expSum32(rescale, 0)
	for r := onlineExpTwin(score, peak, rescale, sum); r < len(peak); r++ {
		p := expSum32(score[r*Block:(r+1)*Block], peak[r])
		sum[r] = float32(sum[r]*rescale[r]) + p
	}
}

// Rescale stores float32(o·c) + s over rows of the given width: row r of o is scaled by c[r], then row r of s is added.
// Rows of both lie width apart.
func Rescale(o, s, c []float32, width int) {
	for r, f := range c {
		row, add := o[r*width:(r+1)*width], s[r*width:(r+1)*width]
		for j := rescaleTwin(row, add, f); j < len(row); j++ {
			row[j] = float32(row[j]*f) + add[j]
		}
	}
}

// Divide stores o[j]/l + 0 in dst. Adding +0 turns -0 into +0, so that a masked key, which can only change the sign of a
// zero, changes nothing.
func Divide(dst, o []float32, l float32) {
	o = o[:len(dst)]
	for j := divideTwin(dst, o, l); j < len(dst); j++ {
		dst[j] = o[j]/l + 0
	}
}

// OnlineGrad recomputes the probabilities of len(lse) rows of Block scores and turns dp into the gradient of the scores:
// p = e^(float32(score·scale)-lse) replaces the score, and dp becomes float32(p·(dp-delta))·scale.
func OnlineGrad(score, dp, lse, delta []float32, scale float32) {
	delta, score, dp = delta[:len(lse)], score[:len(lse)*Block], dp[:len(lse)*Block]
	if len(lse) == 0 {
		return
	}
	for r := onlineGradTwin(score, dp, lse, delta, scale); r < len(lse); r++ {
		row, grad := score[r*Block:(r+1)*Block], dp[r*Block:(r+1)*Block]
		for i, s := range row {
			p := elementary.Exp(float32(s*scale) - lse[r])
			row[i] = p
			grad[i] = float32(p*(grad[i]-delta[r])) * scale
		}
	}
}
