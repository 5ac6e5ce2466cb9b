package elementary

import "math"

// CircleLimit is the largest magnitude of an argument of Sin and Cos: a rotary position beyond four million.
const CircleLimit = 1 << 22

// π/2 in three parts of 30, 30 and 53 bits, so that products with a quarter-turn count below 2^22 are exact in the first
// two; twoOverPi is 2/π.
const (
	halfPiHigh = 0x1.921fb54p+0
	halfPiMid  = 0x1.10b46118p-30
	halfPiLow  = 0x1.313198a2e0370p-61
	twoOverPi  = 0x1.45f306dc9c883p-1
)

// sinPoly are the coefficients of (sin(r)/r-1)/r² in r² on |r| <= π/4, error 2^-55 of the sine; cosPoly of (cos(r)-1)/r²,
// error 2^-51 of the cosine. Highest power first.
var (
	sinPoly = [6]float64{
		0x1.5e098556d302ep-33,
		-0x1.ae60069e53ef1p-26,
		0x1.71de379252004p-19,
		-0x1.a01a019e80693p-13,
		0x1.1111111110ba5p-7,
		-0x1.5555555555555p-3,
	}
	cosPoly = [6]float64{
		0x1.1c04cd182d06dp-29,
		-0x1.27e0f15bb1c0cp-22,
		0x1.a019fc7364c4bp-16,
		-0x1.6c16c16917713p-10,
		0x1.5555555554103p-5,
		-0x1.ffffffffffffap-2,
	}
)

// Sin is the sine of x radians. Domain: |x| <= CircleLimit; outside, and for NaN, the result is NaN. Error at most
// 0.500001 ulp.
func Sin(x float32) float32 {
	if x == 0 {
		return x // keeps the sign of zero
	}
	return float32(quarter(float64(x), 0))
}

// Cos is the cosine of x radians. Domain: |x| <= CircleLimit; outside, and for NaN, the result is NaN. Error at most
// 0.500001 ulp.
func Cos(x float32) float32 {
	return float32(quarter(float64(x), 1))
}

// Cos64 is the cosine of x radians before the last rounding, for tables made of float64. Domain as for Cos; error below 2^-50.
func Cos64(x float64) float64 { return quarter(x, 1) }

// quarter is the sine of x plus the given number of quarter turns.
func quarter(x float64, turns uint64) float64 {
	if !(x >= -CircleLimit && x <= CircleLimit) {
		return math.NaN()
	}
	t := math.FMA(x, twoOverPi, Magic)
	n := t - Magic
	r := math.FMA(-n, halfPiHigh, x)
	r = math.FMA(-n, halfPiMid, r)
	r = math.FMA(-n, halfPiLow, r)
	turns += math.Float64bits(t)
	z := float64(r * r)
	var y float64
	if turns&1 == 0 {
		y = math.FMA(float64(horner(sinPoly[:], z)*z), r, r)
	} else {
		y = math.FMA(horner(cosPoly[:], z), z, 1)
	}
	if turns&2 != 0 {
		y = -y
	}
	return y
}
