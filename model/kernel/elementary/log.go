package elementary

import "math"

// logPoly are the coefficients of (atanh(s)/s-1)/s² in s², highest first, for |s| <= 3-2√2; error 2^-50 of the logarithm.
var logPoly = [6]float64{
	0x1.54710166f7a8cp-4,
	0x1.7382687cd8370p-4,
	0x1.c71fcf7df6060p-4,
	0x1.24924627dc195p-3,
	0x1.9999999b88f9dp-3,
	0x1.55555555553b6p-2,
}

// Log is the natural logarithm. Domain: every float32; ±0 gives -Inf, +Inf gives +Inf, negative numbers and NaN give NaN.
// Error at most 0.500001 ulp.
func Log(x float32) float32 {
	return float32(Log64(float64(x)))
}

// Log64 is the natural logarithm of a positive normal float64 with a relative error of about 2^-49: for sums of
// exponentials and for tables made once. Zero gives -Inf, +Inf gives +Inf, negative numbers and NaN give NaN.
func Log64(x float64) float64 {
	switch {
	case x == 0:
		return math.Inf(-1)
	case !(x > 0):
		return math.NaN()
	case x > math.MaxFloat64:
		return x
	}
	// x = m·2^e with m in [√½, √2); ln x = e·ln 2 + 2·atanh((m-1)/(m+1)).
	bits := math.Float64bits(x)
	e := int64(bits>>52) - 1023
	m := math.Float64frombits(bits&(1<<52-1) | 1023<<52)
	if m > math.Sqrt2 {
		m *= 0.5
		e++
	}
	s := (m - 1) / (m + 1)
	z := float64(s * s)
	p := math.FMA(horner(logPoly[:], z), z, 1)
	return math.FMA(float64(e), Ln2, float64(float64(2*s)*p))
}
