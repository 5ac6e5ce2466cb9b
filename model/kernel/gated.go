package kernel

import (
	"github.com/osft-project/osft/model/kernel/machine"
	"github.com/osft-project/osft/model/kernel/vector"
)

// SwiGLU stores silu(gate)·up in dst [n, width]; the rows of gateUp [n, 2·width] are gate|up. silu(x) = x·sigmoid(x)
// (Shazeer, arXiv:2002.05202).
func SwiGLU(dst, gateUp []float32, width int) {
	machine.Parallel(len(dst)/width, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := gateUp[2*i*width : 2*(i+1)*width]
			vector.SwiGLU(dst[i*width:(i+1)*width], row[:width], row[width:])
		}
	})
}

// SwiGLUGrad stores the gradient of gate|up in dGateUp [n, 2·width], which may be gateUp, given dy [n, width].
func SwiGLUGrad(dGateUp, dy, gateUp []float32, width int) {
	machine.Parallel(len(dy)/width, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row, grad := gateUp[2*i*width:2*(i+1)*width], dGateUp[2*i*width:2*(i+1)*width]
			vector.SwiGLUGrad(grad[:width], grad[width:], dy[i*width:(i+1)*width], row[:width], row[width:])
		}
	})
}
