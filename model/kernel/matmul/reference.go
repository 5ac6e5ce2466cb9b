// Package matmul is the matrix product of the numerics profile osft-1, and
// nothing else: every output is the same bits on every instruction set, for
// every blocking of rows and columns and for every number of threads.
//
// The profile: k is cut into blocks of 256 from index 0; inside a block one
// float32 fused-multiply-add chain runs from +0 with k ascending; the first
// block's sum is stored, each later one is added to it with a plain float32
// addition. Kernels therefore vectorise across outputs and never along k.
// Reference is that definition in a dozen lines; everything else in the package
// is a faster way to the same bits.
//
// Sources may be float32, bfloat16 or IEEE half precision with any strides;
// they are converted, exactly, while they are packed. Sizes that do not fit
// together are a mistake of the caller and panic. The package refuses to be a
// BLAS: no alpha and beta, no triangular or complex products, no choice of the
// order of sums.
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
