// Package kernel holds every operation of a training step, forward beside backward, on plain float32 slices: embedding,
// linear layers, norms, rotary positions, attention, gated activations, the head with its loss, and AdamW.
//
// It obeys the numerics profile osft-1, written down in full in profile.md: which additions make up every result, in which
// order, with which rounding. The instruction set, the number of threads, the packing of documents, the size of a chunk and
// the blocking of a product decide how fast a result comes and never which bits it has. Products are package matmul's,
// rows package vector's, transcendental functions package elementary's; the portable Go in each is the definition, the
// assembly its equal.
//
// It refuses to know models, graphs or files. Rows are tokens; the caller owns all memory and vouches for all shapes, and a
// wrong one panics. A gradient is finished from zero before it is added to anything.
package kernel

import (
	"crypto/sha256"
	_ "embed" // for the text of the profile
	"encoding/hex"
)

// Profile names the numerics profile in records.
const Profile = "osft-1"

//go:embed profile.md
var profileText []byte

// ProfileText is the definition of the profile, profile.md.
func ProfileText() string { return string(profileText) }

// ProfileDigest is the lower-case hexadecimal SHA-256 of the profile's text.
func ProfileDigest() string {
	sum := sha256.Sum256(profileText)
	return hex.EncodeToString(sum[:])
}
