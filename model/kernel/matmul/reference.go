package matmul

import "github.com/osft-project/osft/model/kernel/machine"

// Block is the length of the blocks into which the profile cuts k.
const Block = 256

// Reference is the definition: dst[m×n], with rows ldd apart, becomes
// a[m×k]·b[k×n] under profile osft-1. It is slow and simple; with k = 0 the
// product is +0.
func Reference(dst []float32, ldd int, a, b Matrix) {
	checkProduct(dst, ldd, &a, &b)
	for i := range a.Rows {
		for j := range b.Cols {
			dst[i*ldd+j] = referenceSum(&a, &b, i, j)
		}
	}
}

func referenceSum(a, b *Matrix, i, j int) float32 {
	var sum float32
	for from := 0; from < a.Cols; from += Block {
		var chain float32
		for k := from; k < min(from+Block, a.Cols); k++ {
			chain = machine.FMA(a.At(i, k), b.At(k, j), chain)
		}
		if from == 0 {
			sum = chain
		} else {
			sum += chain
		}
	}
	return sum
}
