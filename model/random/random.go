// Package random makes the random numbers of a model: its first weights and its samples.
//
// A stream is ChaCha8 as specified by C2SP (https://c2sp.org/chacha8rand), keyed with the SHA-256 of the stream's name and
// the seed, so that one seed gives every purpose a stream of its own. Everything above the integers is this package's: the
// same on every machine. It refuses to be seeded by the clock.
package random

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"math/rand/v2"

	"github.com/osft-project/osft/model/kernel/elementary"
)

// Stream is a sequence of random numbers. It is not safe for concurrent use.
type Stream struct{ source *rand.ChaCha8 }

// New starts the stream of a purpose: its key is SHA-256("osft-1 random\n" + name + "\n" + the seed as 8 bytes, little-endian).
func New(name string, seed uint64) *Stream {
	text := append([]byte("osft-1 random\n"), name...)
	text = append(text, '\n')
	return &Stream{source: rand.NewChaCha8(sha256.Sum256(binary.LittleEndian.AppendUint64(text, seed)))}
}

// Bits is the next 64 bits.
func (s *Stream) Bits() uint64 { return s.source.Uint64() }

// Unit is uniform in [0, 1): the upper 53 of the next 64 bits.
func (s *Stream) Unit() float64 { return float64(s.Bits()>>11) * 0x1p-53 }

// Normal fills dst with normal numbers of mean 0: pairs by Box and Muller (1958) from the two halves of the next 64 bits, each
// cut to 24 bits; r = √(-2·ln u) with u in (0, 1], and angle 2π·v with v in [0, 1), every step in float32. The largest is 5.8
// standard deviations.
func (s *Stream) Normal(dst []float32, deviation float32) {
	for i := 0; i < len(dst); i += 2 {
		bits := s.Bits()
		u := float32(bits>>40+1) * 0x1p-24
		angle := float32(float32(uint32(bits)>>8)*0x1p-24) * float32(6.283185307179586)
		r := float32(math.Sqrt(float64(-2 * elementary.Log(u))))
		dst[i] = float32(r*elementary.Cos(angle)) * deviation
		if i+1 < len(dst) {
			dst[i+1] = float32(r*elementary.Sin(angle)) * deviation
		}
	}
}
