package machine

import "math"

// FMA returns a*b+c rounded once to float32 (IEEE 754 fusedMultiplyAdd, round
// to nearest, ties to even), in portable Go and exact for every input,
// including signed zeros and denormal operands and results.
//
// The product of two float32 is exact in float64, so only the sum is rounded
// before the conversion to float32 rounds again. Rounding twice is harmless
// unless the float64 sum falls exactly half way between two float32 values,
// because these points are float64 values and rounding never crosses one. Such
// sums are redone with rounding to odd (S. Boldo, G. Melquiond, "Emulation of
// FMA and correctly rounded sums: proved algorithms using rounding to odd",
// 2008).
func FMA(a, b, c float32) float32 {
	p := float64(a) * float64(b)
	s := float64(p) + float64(c)
	r := float32(s)
	if Halfway(s - float64(r)) {
		return roundSum(p, float64(c), s)
	}
	return r
}

// Halfway reports whether lost, what a float64 loses when it is converted to
// float32, may be half the distance between two float32 values: half a distance
// is a power of two, in the denormal range too. Zero and other powers of two
// are reported as well, which costs time and is not wrong.
func Halfway(lost float64) bool { return math.Float64bits(lost)<<12 == 0 }

// roundSum is the careful end of FMA.
//
//go:noinline
func roundSum(p, c, s float64) float32 { return float32(RoundOdd(p, c, s)) }

// RoundOdd returns p+c as a float64 that is rounded to odd where it is inexact,
// given p, an exact product of two float32, c, a float32, and their ordinary
// sum s: converted to float32 it gives p+c rounded once. It is for loops that
// keep float32 values in float64 registers.
func RoundOdd(p, c, s float64) float64 {
	// The error of the sum, exact whichever operand is larger (Knuth's
	// TwoSum). Nothing here is a product, so nothing can be fused.
	t := s - p
	e := (p - (s - t)) + (c - t)
	u := math.Float64bits(s)
	if u&1 != 0 || e == 0 || e != e { // odd, exact, or an infinity or NaN took part
		return s
	}
	if (e > 0) == (s > 0) { // move towards the part that was lost
		return math.Float64frombits(u + 1)
	}
	return math.Float64frombits(u - 1)
}
