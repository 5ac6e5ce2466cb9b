package kernel

import (
	"math"

	"github.com/osft-project/osft/model/kernel/machine"
	"github.com/osft-project/osft/model/kernel/vector"
)

// Hyper are the numbers of one AdamW step. Power1 and Power2 are β₁^t and β₂^t, running float64 products that the caller
// keeps (t counts from 1). Clip multiplies the gradient; 1 leaves it alone.
type Hyper struct {
	LR, Beta1, Beta2, Epsilon, WeightDecay float64
	Power1, Power2                         float64
	Clip                                   float32
}

// AdamW updates the parameters p and the moments m and v from the gradient g in one pass: Loshchilov and Hutter,
// arXiv:1711.05101, in PyTorch's arithmetic: p ·= 1-lr·wd, then p -= lr·m̂/(√v̂+ε) with the bias corrections taken into the
// step and the root. The factors are computed in float64 and rounded once to float32; see vector.AdamW for the rest.
func AdamW(p, g, m, v []float32, h Hyper) {
	step := vector.AdamW{
		Clip:    h.Clip,
		Decay:   float32(1 - float64(h.LR*h.WeightDecay)),
		Beta1:   float32(1 - h.Beta1),
		Beta2:   float32(h.Beta2),
		Square:  float32(1 - h.Beta2),
		Root:    float32(math.Sqrt(1 - h.Power2)),
		Epsilon: float32(h.Epsilon),
		Step:    float32(h.LR / (1 - h.Power1)),
	}
	machine.Parallel(len(p), func(lo, hi int) {
		step.Update(p[lo:hi], g[lo:hi], m[lo:hi], v[lo:hi])
	})
}

// sumChunk is the number of elements that SumSquares adds before it adds chunks.
const sumChunk = 1 << 16

// SumSquares is Σ x² in float64: chunks of 65536 elements from the start, each over 16 lanes, the chunks added in order.
func SumSquares(x []float32) float64 {
	parts := make([]float64, (len(x)+sumChunk-1)/sumChunk)
	machine.ParallelEach(len(parts), func(i, _ int) {
		chunk := x[i*sumChunk : min((i+1)*sumChunk, len(x))]
		parts[i] = vector.Squares(chunk)
	})
	sum := 0.0
	for _, p := range parts {
		sum += p
	}
	return sum
}
