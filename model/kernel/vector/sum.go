package vector

// Dot is Σ a[i]·b[i] in float64 over 16 lanes. A product of two float32 is exact in float64, so only the additions round.
func Dot(a, b []float32) float64 {
	var lane [Lanes]float64
	b = b[:len(a)]
	for i, x := range a {
		lane[i%Lanes] += float64(float64(x) * float64(b[i]))
	}
	return fold(&lane)
}

// WeightedDot is Σ float32(w[i]·dy[i])·x[i] in float64 over 16 lanes.
func WeightedDot(w, dy, x []float32) float64 {
	var lane [Lanes]float64
	dy, x = dy[:len(w)], x[:len(w)]
	for i := range w {
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
	m := float32(Lowest)
	for _, v := range x {
		if v > m {
			m = v
		}
	}
	return m
}

// AddRows64 adds float32(x[i]·r)·dy[i] to acc[i] in float64, the product exact.
func AddRows64(acc []float64, dy, x []float32, r float32) {
	dy, x = dy[:len(acc)], x[:len(acc)]
	for i := range acc {
		acc[i] += float64(float64(dy[i]) * float64(x[i]*r))
	}
}

// AddRow64 adds dy[i] to acc[i] in float64.
func AddRow64(acc []float64, dy []float32) {
	dy = dy[:len(acc)]
	for i := range acc {
		acc[i] += float64(dy[i])
	}
}
