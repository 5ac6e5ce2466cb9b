package elementary

import "math"

// Tanh is the hyperbolic tangent. Domain: every float32; NaN gives NaN. Error at most 0.50001 ulp: x-x³/3 below 2^-12,
// else 1-2/(e^2|x|+1) with x's sign.
func Tanh(x float32) float32 {
	a := math.Abs(float64(x))
	if a < 0x1p-12 {
		y := math.FMA(float64(float64(a*a)*a), -1.0/3, a)
		return float32(math.Copysign(y, float64(x)))
	}
	y := 1 - 2/(expOf(clamp(2*a, 0, 40))+1)
	return float32(math.Copysign(y, float64(x)))
}

// erfPoly are the coefficients of erf(x)/x in x² on |x| < 1, error 2^-50; erfcPoly of e^(x²)·erfc(x) in (x-2)/(x+2) on
// 1 <= x <= 4, error 2^-47 of erf. Highest power first.
var (
	erfPoly = [11]float64{
		0x1.43f6d0dee7032p-27,
		-0x1.462a758d4591dp-23,
		0x1.b5d3ea9fd0b5ap-20,
		-0x1.f4684782919e8p-17,
		0x1.f99c295886f05p-14,
		-0x1.c02d67e37081ep-11,
		0x1.565bcb082cca2p-8,
		-0x1.b82ce3026aae0p-6,
		0x1.ce2f21a000d30p-4,
		-0x1.812746b037352p-2,
		0x1.20dd750429b6bp+0,
	}
	erfcPoly = [12]float64{
		-0x1.c5a29c2de9f49p-16,
		0x1.83ff173e28d5ap-16,
		0x1.6d8382032a909p-13,
		0x1.71e5c3f448efap-15,
		-0x1.016b158edda79p-10,
		-0x1.bc29c73722b56p-11,
		0x1.ca95ecdb27d40p-8,
		0x1.e9471c73f5948p-9,
		-0x1.437f0b68ae5e8p-4,
		0x1.eeea7dc864c96p-3,
		-0x1.b57034efd3f8fp-2,
		0x1.058671b52c849p-2,
	}
)

// Erf is the error function. Domain: every float32; NaN gives NaN. Error at most 0.500001 ulp.
func Erf(x float32) float32 {
	a := math.Abs(float64(x))
	z := float64(a * a)
	switch {
	case a < 1:
		return float32(horner(erfPoly[:], z) * float64(x))
	case a >= 4:
		return float32(math.Copysign(1, float64(x)))
	}
	y := math.FMA(-expOf(-z), horner(erfcPoly[:], (a-2)/(a+2)), 1)
	return float32(math.Copysign(y, float64(x)))
}
