// Package elementary holds the transcendental functions of the numerics profile osft-1: exp, log, sin, cos, tanh, erf and
// the logistic sigmoid of a float32.
//
// Every function converts its argument to float64, evaluates one fixed sequence of float64 operations (sum, product,
// quotient, fused multiply-add; no table, no library call), each rounded as IEEE 754 says, and rounds once to float32. So
// the result is the same on every platform, a vector unit can follow the same steps lane by lane, and nearly every result is
// the correctly rounded one. What it refuses to be: a replacement for package math. There is no float64 accuracy, no pow,
// and arguments outside the stated domain give what is stated and no more.
//
// math.FMA is exact by its definition, in hardware or not; it is the only function of package math in use whose result is
// not a choice of bits.
//
// The polynomials are near-minimax (Chebyshev interpolation at 50 digits, coefficients rounded to float64).
package elementary

import "math"

// Constants of the exponential that the vector twins share.
const (
	// ExpLow and ExpHigh bound the argument of the exponential: below, e^x rounds to +0 as float32, above to +Inf.
	ExpLow, ExpHigh = -104, 89

	// Log2E is 1/ln 2, Ln2 is ln 2, both rounded to float64.
	Log2E = 0x1.71547652b82fep+0
	Ln2   = 0x1.62e42fefa39efp-1

	// Magic is 1.5·2^52: adding it rounds a float64 to an integer (half to even) that stands in the low bits.
	Magic = 0x1.8p+52
)

// ExpPoly are the coefficients of (e^r-1)/r on |r| <= ln2/2, highest power first; error 2^-45 of e^r.
var ExpPoly = [9]float64{
	0x1.72c79824255e0p-19,
	0x1.a15af3e6562d7p-16,
	0x1.a019ad55d1aa7p-13,
	0x1.6c164d7dbdce2p-10,
	0x1.1111111c5719ap-7,
	0x1.555555745858dp-5,
	0x1.5555555553b48p-3,
	0x1.fffffffff70abp-2,
	1,
}

// Exp is e^x. Domain: every float32. Error at most 0.500001 ulp; results below 2^-126 are rounded once to the denormal
// grid, e^x below 2^-150 is +0, above the largest float32 +Inf; NaN gives NaN.
func Exp(x float32) float32 {
	return float32(expOf(clamp(float64(x), ExpLow, ExpHigh)))
}

// Sigmoid is 1/(1+e^-x). Domain: every float32. Error at most 0.500001 ulp; NaN gives NaN.
func Sigmoid(x float32) float32 {
	return float32(1 / (1 + expOf(clamp(-float64(x), -ExpHigh, -ExpLow))))
}

// Exp64 is e^x for |x| <= 700 in float64 with a relative error of about 2^-44: for tables made once, such as rotary
// frequencies. It is not accurate to float64.
func Exp64(x float64) float64 {
	return expOf(clamp(x, -700, 700))
}

// expOf evaluates e^x = 2^n · e^r with n = round(x/ln 2); x must be finite and within ±700, or NaN.
func expOf(x float64) float64 {
	t := math.FMA(x, Log2E, Magic)
	n := t - Magic
	r := math.FMA(-n, Ln2, x)
	p := math.FMA(horner(ExpPoly[:], r), r, 1)
	// n's low bits moved to the exponent field multiply by 2^n exactly.
	return math.Float64frombits(math.Float64bits(p) + math.Float64bits(t)<<52)
}

// horner evaluates a polynomial, highest power first, one fused multiply-add a coefficient.
func horner(c []float64, x float64) float64 {
	p := c[0]
	for _, a := range c[1:] {
		p = math.FMA(p, x, a)
	}
	return p
}

// clamp keeps NaN.
func clamp(x, lo, hi float64) float64 {
	if x < lo {
		return lo
	}
	if x > hi {
		return hi
	}
	return x
}
