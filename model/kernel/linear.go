package kernel

import (
	"github.com/osft-project/osft/model/kernel/machine"
	"github.com/osft-project/osft/model/kernel/matmul"
	"github.com/osft-project/osft/model/kernel/vector"
)

// Linear stores x·Wᵀ + b for several weights that share one input: row i of dst holds the outputs of all weights side by
// side (q|k|v, gate|up). x is [n, in]; weights[k] is [out_k, in]; biases is nil, or holds for every weight its [out_k] or
// nil; dst is [n, Σ out_k]. The bias is added to the finished product.
func Linear(dst []float32, n int, x []float32, weights []matmul.Matrix, biases [][]float32) {
	width, offset := outputs(weights), 0
	for k, w := range weights {
		matmul.Mul(dst[offset:], width, matmul.Dense(x, n, w.Cols), w.T())
		if biases != nil && biases[k] != nil {
			addBias(dst[offset:], n, width, biases[k])
		}
		offset += w.Rows
	}
}

// LinearGradX stores d loss/d x in dst [n, in]: for every weight the product dy_k·W_k is finished, then added in order.
// dy is [n, Σ out_k].
func LinearGradX(dst []float32, n int, dy []float32, weights []matmul.Matrix) {
	width, offset := outputs(weights), 0
	for k, w := range weights {
		part := matmul.Strided(dy[offset:], n, w.Rows, width)
		if k == 0 {
			matmul.Mul(dst, w.Cols, part, w)
		} else {
			matmul.MulAdd(dst, w.Cols, part, w)
		}
		offset += w.Rows
	}
}

// LinearGradW computes dW = dyᵀ·x of one weight over the n tokens in order. dst is [out, in]; dy are the out columns from
// offset of rows that lie stride apart; x is [n, in]. With add the finished product is added to dst, else stored.
func LinearGradW(dst []float32, n int, dy []float32, offset, stride, out int, x []float32, in int, add bool) {
	a, b := matmul.Strided(dy[offset:], n, out, stride).T(), matmul.Dense(x, n, in)
	if add {
		matmul.MulAdd(dst, in, a, b)
	} else {
		matmul.Mul(dst, in, a, b)
	}
}

// BiasGrad sums the len(dst) columns of dy from offset over the n tokens, in float64 in token order, rounded once. With add
// the rounded sum is added to dst, else stored.
func BiasGrad(dst []float32, n int, dy []float32, offset, stride int, add bool) {
	machine.Parallel(len(dst), func(lo, hi int) {
		acc := make([]float64, hi-lo)
		for i := range n {
			row := dy[i*stride+offset:]
			vector.AddRow64(acc, row[lo:hi])
		}
		finish(dst[lo:hi], acc, add)
	})
}

// Embed copies row ids[i] of table [vocabulary, width] to row i of dst, as float32.
func Embed(dst []float32, table matmul.Matrix, ids []int32) {
	width := table.Cols
	machine.Parallel(len(ids), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			copyRow(dst[i*width:(i+1)*width], table, int(ids[i]))
		}
	})
}

// copyRow stores row i of m in dst as float32.
func copyRow(dst []float32, m matmul.Matrix, i int) {
	if m.F32 != nil && m.ColStride == 1 {
		copy(dst, m.F32[i*m.RowStride:])
		return
	}
	for j := range dst {
		dst[j] = m.At(i, j)
	}
}

// EmbedGrad adds row i of dy to row ids[i] of dTable, in token order.
func EmbedGrad(dTable, dy []float32, ids []int32, width int) {
	machine.Parallel(width, func(lo, hi int) {
		for i, id := range ids {
			row := dTable[int(id)*width:][lo:hi]
			vector.Add(row, row, dy[i*width:][lo:hi])
		}
	})
}

// Add stores a + b in dst, which may be one of them.
func Add(dst, a, b []float32) {
	machine.Parallel(len(dst), func(lo, hi int) { vector.Add(dst[lo:hi], a[lo:hi], b[lo:hi]) })
}

func addBias(dst []float32, n, width int, bias []float32) {
	machine.Parallel(n, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := dst[i*width:][:len(bias)]
			vector.Add(row, row, bias)
		}
	})
}

// finish rounds float64 sums to float32 and stores or adds them.
func finish(dst []float32, acc []float64, add bool) {
	for j, v := range acc {
		if add {
			dst[j] += float32(v)
		} else {
			dst[j] = float32(v)
		}
	}
}

func outputs(weights []matmul.Matrix) int {
	width := 0
	for _, w := range weights {
		width += w.Rows
	}
	return width
}
