package vector

// Dot is Σ a[i]·b[i] in float64 over 16 lanes. A product of two float32 is exact in float64, so only the additions round.
func Dot(a, b []float32) float64 {
	var lane [Lanes]float64
	b = b[:len(a)]
	for i := dotTwin(&lane, a, b); i < len(a); i++ {
		lane[i%Lanes] += float64(float64(a[i]) * float64(b[i]))
	}
	return fold(&lane)
}

// Squares is Dot(x, x).
func Squares(x []float32) float64 {
	var lane [Lanes]float64
	for i := squaresTwin(&lane, x); i < len(x); i++ {
		lane[i%Lanes] += float64(float64(x[i]) * float64(x[i]))
	}
	return fold(&lane)
}

// WeightedDot is Σ float32(w[i]·dy[i])·x[i] in float64 over 16 lanes.
func WeightedDot(w, dy, x []float32) float64 {
	var lane [Lanes]float64
	dy, x = dy[:len(w)], x[:len(w)]
	for i := weightedDotTwin(&lane, w, dy, x); i < len(w); i++ {
		lane[i%Lanes] += float64(float64(w[i]*dy[i]) * float64(x[i]))
	}
	return fold(&lane)
}

// Sum64 is Σ x[i] of float64 values over 16 lanes.
func Sum64(x []float64) float64 {
	var lane [Lanes]float64
	for i, v := range x {
		lane[i%Lanes] += v
	}
	return fold(&lane)
}

// Max is the largest element of x, or -MaxFloat32 when every element is less, a NaN or missing.
func Max(x []float32) float32 {
	lane := lowest()
	for i := maximumTwin(&lane, x); i < len(x); i++ {
		lane[i%Lanes] = larger(x[i], lane[i%Lanes])
	}
	return largest(&lane)
}

// larger is a, or b where a is less or a NaN.
func larger(a, b float32) float32 {
	if a > b {
		return a
	}
	return b
}

func lowest() (lane [Lanes]float32) {
	for i := range lane {
		lane[i] = Lowest
	}
	return lane
}

func largest(lane *[Lanes]float32) float32 {
	m := float32(Lowest)
	for _, v := range lane {
		m = larger(v, m)
	}
	return m
}

// AddRows64 adds float32(x[i]·r)·dy[i] to acc[i] in float64, the product exact.
func AddRows64(acc []float64, dy, x []float32, r float32) {
	dy, x = dy[:len(acc)], x[:len(acc)]
	for i := addRows64Twin(acc, dy, x, r); i < len(acc); i++ {
		acc[i] += float64(float64(dy[i]) * float64(x[i]*r))
	}
}

// AddRow64 adds dy[i] to acc[i] in float64.
func AddRow64(acc []float64, dy []float32) {
	dy = dy[:len(acc)]
	for i := addRow64Twin(acc, dy); i < len(acc); i++ {
		acc[i] += float64(dy[i])
	}
}
