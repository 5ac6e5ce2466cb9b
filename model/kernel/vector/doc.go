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

// fold adds the 16 lanes in the profile's fixed tree: lane i takes lane i+8, then i+4, i+2, i+1.
func fold[T float32 | float64](lane *[Lanes]T) T {
	for half := Lanes / 2; half > 0; half /= 2 {
		for i := range half {
			lane[i] += lane[i+half]
		}
	}
	return lane[0]
}
