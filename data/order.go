package data

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
)

// generator is SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014): the state
// grows by a constant and is mixed by shifts and products. It is integers only, so it gives the same order everywhere.
type generator struct{ state uint64 }

// stream is the generator of one purpose: its state is the first 8 bytes, big-endian, of the sha256 of the purpose's name, a
// zero byte, and the seed and the index as big-endian 64-bit integers.
func stream(purpose string, seed, index uint64) *generator {
	text := append([]byte(purpose), 0)
	text = binary.BigEndian.AppendUint64(text, seed)
	text = binary.BigEndian.AppendUint64(text, index)
	sum := sha256.Sum256(text)
	return &generator{state: binary.BigEndian.Uint64(sum[:])}
}

func (g *generator) next() uint64 {
	g.state += 0x9e3779b97f4a7c15
	z := g.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below is an even choice of 0 to n-1: the high word of a product, rejecting the part that would be uneven (Lemire, "Fast
// random integer generation in an interval", 2019).
func (g *generator) below(n uint64) uint64 {
	for {
		high, low := bits.Mul64(g.next(), n)
		if low >= -n%n {
			return high
		}
	}
}

// permutation is the order of n things: from the last place down, each place gets one of those not yet placed (Fisher-Yates).
func (g *generator) permutation(n int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	for i := n - 1; i > 0; i-- {
		j := int(g.below(uint64(i + 1)))
		order[i], order[j] = order[j], order[i]
	}
	return order
}

// order is the order of the training examples in an epoch.
func (s *Set) order(epoch int) []int {
	if s.spec.Order == "shuffled" {
		return stream("data.order", s.spec.Seed, uint64(epoch)).permutation(len(s.Train))
	}
	order := make([]int, len(s.Train))
	for i := range order {
		order[i] = i
	}
	return order
}
