// Package vector holds the row operations of the numerics profile osft-1: everything in training that is not a matrix
// product and walks over a row of float32.
//
// Each operation has one portable definition in Go, written so that no platform can fuse or reorder it, and on amd64 twins
// in assembly for AVX2 and AVX-512 (made by the command in generate) that give the same bits: sums run over 16 lanes whatever
// the width of the machine, and exponentials follow package elementary step by step. The package does not start goroutines,
// keeps no memory and checks no shapes beyond slice lengths: it is package kernel's inner loop and of no use without it.
package vector

//go:generate go run ./generate -out vector_amd64.s -stubs stubs_amd64.go -pkg vector

// Lanes is the number of partial sums of every reduction: element i belongs to lane i mod 16.
const Lanes = 16

// fold adds the 16 lanes in the profile's fixed tree: lane i takes lane i+8, then i+4, i+2, i+1. It is written out because
// short rows notice.
func fold[T float32 | float64](l *[Lanes]T) T {
	a0, a1, a2, a3 := l[0]+l[8], l[1]+l[9], l[2]+l[10], l[3]+l[11]
	a4, a5, a6, a7 := l[4]+l[12], l[5]+l[13], l[6]+l[14], l[7]+l[15]
	b0, b1, b2, b3 := a0+a4, a1+a5, a2+a6, a3+a7
	return (b0 + b2) + (b1 + b3)
}
