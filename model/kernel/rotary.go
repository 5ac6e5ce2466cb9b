package kernel

import (
	"github.com/osft-project/osft/model/kernel/elementary"
	"github.com/osft-project/osft/model/kernel/machine"
	"github.com/osft-project/osft/model/kernel/vector"
)

// InverseFrequencies stores base^(-2i/dim) for i = 0 … dim/2-1 in dst, dim = 2·len(dst): the angle per position of each
// rotary pair (Su et al., arXiv:2104.09864). As in Transformers the exponent, the power and its inverse are float32.
func InverseFrequencies(dst []float32, base float64) {
	log := elementary.Log64(base)
	for i := range dst {
		e := float32(i) / float32(len(dst))
		dst[i] = 1 / float32(elementary.Exp64(float64(e)*log))
	}
}

// RotaryTable stores the cosine and sine of positions[i]·invFreq[j] (a float32 product) times scaling at [i, j] of cos and
// sin, both [len(positions), len(invFreq)]. The products must stay below elementary.CircleLimit.
func RotaryTable(cos, sin []float32, positions []int32, invFreq []float32, scaling float32) {
	half := len(invFreq)
	machine.Parallel(len(positions), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			for j, f := range invFreq {
				angle := float32(positions[i]) * f
				cos[i*half+j] = elementary.Cos(angle) * scaling
				sin[i*half+j] = elementary.Sin(angle) * scaling
			}
		}
	})
}

// Rotary rotates the first heads heads of headDim elements in every row of x in place; rows lie stride apart, so that q and
// k heads of a packed q|k|v row turn together. Element j of a head's first half pairs with element j of its second half
// (Transformers' rotate_half); the table's width is half of the part that turns, the rest of a head stays. cos and sin are
// RotaryTable's for the rows of x.
func Rotary(x []float32, stride, heads, headDim int, cos, sin []float32) {
	rotate(x, stride, heads, headDim, cos, sin, vector.Rotate)
}

// RotaryGrad turns the gradient of Rotary's output into that of its input, in place: the rotation by the negative angles.
func RotaryGrad(dx []float32, stride, heads, headDim int, cos, sin []float32) {
	rotate(dx, stride, heads, headDim, cos, sin, vector.RotateBack)
}

func rotate(x []float32, stride, heads, headDim int, cos, sin []float32, turn func(a, b, cos, sin []float32)) {
	rows := len(x) / stride
	half := len(cos) / rows
	machine.Parallel(rows, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			c, s := cos[i*half:(i+1)*half], sin[i*half:(i+1)*half]
			for h := range heads {
				head := x[i*stride+h*headDim:][:headDim]
				turn(head[:half], head[half:2*half], c, s)
			}
		}
	})
}
