package machine

import "math"

const (
	// tieMask and tie: a float64 lies exactly half way between two normal
	// float32 values when the 29 bits that float32 drops are 1 followed by
	// zeros.
	tieMask = 1<<29 - 1
	tie     = 1 << 28
	// smallest is twice the bit pattern of 2^-126, the smallest normal float32:
	// doubling drops the sign.
	smallest = (1023 - 126) << 53
)

// FMA returns a*b+c rounded once to float32 (IEEE 754 fusedMultiplyAdd, round
// to nearest, ties to even), in portable Go and exact for every input,
// including signed zeros and denormal operands and results.
//
// The product of two float32 is exact in float64, so only the sum is rounded
// before the conversion to float32 rounds again. Rounding twice is harmless
// unless the float64 sum falls exactly on a float32 rounding boundary, because
// boundaries are float64 values and rounding never crosses one. Such sums and
// those below the normal range, where the boundaries lie elsewhere, are redone
// with rounding to odd (S. Boldo, G. Melquiond, "Emulation of FMA and correctly
// rounded sums: proved algorithms using rounding to odd", 2008).
func FMA(a, b, c float32) float32 {
	p := float64(a) * float64(b)
	s := float64(p) + float64(c)
	if NeedsRoundSum(s) {
		return RoundSum(p, float64(c), s)
	}
	return float32(s)
}

// RoundSum is the careful end of FMA for callers that keep the operands in
// float64: p is an exact product of two float32, c a float32, s their float64
// sum; the result is p+c rounded once to float32. See NeedsRoundSum.
//
//go:noinline
func RoundSum(p, c, s float64) float32 {
	// The error of the sum, exact whichever operand is larger (Knuth's
	// TwoSum). Nothing here is a product, so nothing can be fused.
	t := s - p
	e := (p - (s - t)) + (c - t)
	if e == 0 || e != e { // exact, or an infinity or NaN took part
		return float32(s)
	}
	u := math.Float64bits(s)
	if u&1 == 0 { // round to odd: the sum moves towards the lost part
		if (e > 0) == (s > 0) {
			u++
		} else {
			u--
		}
	}
	return float32(math.Float64frombits(u))
}

// NeedsRoundSum reports whether the float64 sum s of a product and a float32
// may round wrongly when converted to float32, so that RoundSum must do it.
func NeedsRoundSum(s float64) bool {
	u := math.Float64bits(s)
	return u&tieMask == tie || u<<1 < smallest
}
