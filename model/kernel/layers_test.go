package kernel

import (
	"math"
	"testing"

	"github.com/osft-project/osft/model/kernel/matmul"
)

func TestLinear(t *testing.T) {
	const n, in = 7, 5
	outs := []int{4, 2, 3}
	x, dy := random(1, n*in), random(2, n*9)
	var weights []matmul.Matrix
	var biases [][]float32
	var w64 [][]float64
	for k, out := range outs {
		w := random(uint64(10+k), out*in)
		weights, w64 = append(weights, matrix(w, out, in)), append(w64, wide(w))
		biases = append(biases, random(uint64(20+k), out))
	}
	biases[1] = nil
	x64, b64 := wide(x), [][]float64{wide(biases[0]), nil, wide(biases[2])}
	forward := func() []float64 {
		y := make([]float64, n*9)
		at := 0
		for k, out := range outs {
			for i, v := range product(x64, w64[k], n, in, out) {
				if b64[k] != nil {
					v += b64[k][i%out]
				}
				y[i/out*9+at+i%out] = v
			}
			at += out
		}
		return y
	}
	loss := func() float64 { return dot(forward(), dy) }
	y, dx := make([]float32, n*9), make([]float32, n*in)
	Linear(y, n, x, weights, biases)
	near(t, "y", y, forward(), 1e-6)
	LinearGradX(dx, n, dy, weights)
	near(t, "dx", dx, gradient(x64, loss), 1e-5)
	at := 0
	for k, out := range outs {
		dw := make([]float32, out*in)
		LinearGradW(dw, n, dy, at, 9, out, x, in, false)
		near(t, "dw", dw, gradient(w64[k], loss), 1e-5)
		twice := append([]float32(nil), dw...)
		LinearGradW(twice, n, dy, at, 9, out, x, in, true)
		Add(dw, dw, dw)
		equal(t, "dw added", twice, dw)
		if b64[k] != nil {
			db := make([]float32, out)
			BiasGrad(db, n, dy, at, 9, false)
			near(t, "db", db, gradient(b64[k], loss), 1e-5)
			twice := append([]float32(nil), db...)
			BiasGrad(twice, n, dy, at, 9, true)
			Add(db, db, db)
			equal(t, "db added", twice, db)
		}
		at += out
	}
}

// TestEmbed looks up rows in float32 and bfloat16 tables and adds gradients of repeated tokens.
func TestEmbed(t *testing.T) {
	const width = 3
	ids := []int32{2, 0, 2}
	table := []float32{1, 2, 3, 4, 5, 6, 7, 8, 9}
	half := make([]uint16, len(table))
	for i, v := range table {
		half[i] = uint16(math.Float32bits(v) >> 16)
	}
	want := []float32{7, 8, 9, 1, 2, 3, 7, 8, 9}
	for _, m := range []matmul.Matrix{matrix(table, 3, width), matmul.DenseHalf(half, matmul.BF16, 3, width)} {
		got := make([]float32, len(want))
		Embed(got, m, ids)
		equal(t, "rows", got, want)
	}
	dTable := make([]float32, len(table))
	dTable[1] = 100
	EmbedGrad(dTable, []float32{1, 2, 3, 4, 5, 6, 10, 20, 30}, ids, width)
	equal(t, "gradient", dTable, []float32{4, 105, 6, 0, 0, 0, 11, 22, 33})
}

func TestRMSNorm(t *testing.T) {
	const n, d, eps = 5, 37, 1e-5
	x, w, dy := random(1, n*d), random(2, d), random(3, n*d)
	x64, w64 := wide(x), wide(w)
	forward := func() []float64 {
		y := make([]float64, n*d)
		for i := range n {
			sum := 0.0
			for _, v := range x64[i*d : (i+1)*d] {
				sum += v * v
			}
			for j := range d {
				y[i*d+j] = w64[j] * x64[i*d+j] / math.Sqrt(sum/d+eps)
			}
		}
		return y
	}
	loss := func() float64 { return dot(forward(), dy) }
	y, dx, dw := make([]float32, n*d), make([]float32, n*d), make([]float32, d)
	RMSNorm(y, x, w, eps)
	near(t, "y", y, forward(), 1e-6)
	RMSNormGradX(dx, dy, x, w, eps)
	near(t, "dx", dx, gradient(x64, loss), 1e-5)
	RMSNormGradW(dw, dy, x, eps, false)
	near(t, "dw", dw, gradient(w64, loss), 1e-5)
	twice := append([]float32(nil), dw...)
	RMSNormGradW(twice, dy, x, eps, true)
	Add(dw, dw, dw)
	equal(t, "dw added", twice, dw)
}

func TestRotary(t *testing.T) {
	const n, heads, dim, half, stride = 3, 2, 8, 3, 20 // the last two elements of a head and of a row's end stay
	freq := make([]float32, half)
	InverseFrequencies(freq, 10000)
	near(t, "frequencies", freq, []float64{1, math.Pow(10000, -1.0/3), math.Pow(10000, -2.0/3)}, 1e-7)
	positions := []int32{0, 5, 1000}
	cos, sin := make([]float32, n*half), make([]float32, n*half)
	RotaryTable(cos, sin, positions, freq, 1.25)
	x, dy := random(1, n*stride), random(2, n*stride)
	x64 := wide(x)
	forward := func() []float64 {
		y := append([]float64(nil), x64...)
		for i := range n {
			for h := range heads {
				for j := range half {
					a, b := i*stride+h*dim+j, i*stride+h*dim+half+j
					s, c := math.Sincos(float64(float32(positions[i]) * freq[j]))
					y[a], y[b] = 1.25*(x64[a]*c-x64[b]*s), 1.25*(x64[b]*c+x64[a]*s)
				}
			}
		}
		return y
	}
	y := append([]float32(nil), x...)
	Rotary(y, stride, heads, dim, cos, sin)
	near(t, "y", y, forward(), 1e-6)
	want := gradient(x64, func() float64 { return dot(forward(), dy) })
	RotaryGrad(dy, stride, heads, dim, cos, sin)
	near(t, "dx", dy, want, 1e-5)
}

func TestSwiGLU(t *testing.T) {
	const n, width = 4, 9
	x, dy := random(1, 2*n*width), random(2, n*width)
	x64 := wide(x)
	forward := func() []float64 {
		y := make([]float64, n*width)
		for i := range y {
			g, u := x64[i/width*2*width+i%width], x64[i/width*2*width+width+i%width]
			y[i] = g / (1 + math.Exp(-g)) * u
		}
		return y
	}
	y := make([]float32, n*width)
	SwiGLU(y, x, width)
	near(t, "y", y, forward(), 1e-6)
	SwiGLUGrad(x, dy, x, width)
	near(t, "dx", x, gradient(x64, func() float64 { return dot(forward(), dy) }), 1e-5)
}

// TestAdamW follows three steps of PyTorch's formula in float64.
func TestAdamW(t *testing.T) {
	const n = 33
	p := random(1, n)
	m, v := make([]float32, n), make([]float32, n)
	p64, m64, v64 := wide(p), make([]float64, n), make([]float64, n)
	h := Hyper{LR: 0.01, Beta1: 0.9, Beta2: 0.95, Epsilon: 1e-8, WeightDecay: 0.1, Power1: 1, Power2: 1, Clip: 0.5}
	for step := range 3 {
		g := random(uint64(2+step), n)
		h.Power1 *= h.Beta1
		h.Power2 *= h.Beta2
		AdamW(p, g, m, v, h)
		for i := range p64 {
			d := float64(g[i]) * 0.5
			m64[i] = h.Beta1*m64[i] + (1-h.Beta1)*d
			v64[i] = h.Beta2*v64[i] + (1-h.Beta2)*d*d
			p64[i] *= 1 - h.LR*h.WeightDecay
			p64[i] -= h.LR * m64[i] / (1 - h.Power1) / (math.Sqrt(v64[i]/(1-h.Power2)) + h.Epsilon)
		}
	}
	near(t, "p", p, p64, 1e-6)
	near(t, "m", m, m64, 1e-6)
	near(t, "v", v, v64, 1e-6)
}

func TestSumSquares(t *testing.T) {
	x := random(1, sumChunk*2+77)
	want := 0.0
	for _, v := range x {
		want += float64(v) * float64(v)
	}
	if got := SumSquares(x); math.Abs(got-want) > 1e-12*want {
		t.Errorf("sum of squares %v, want %v", got, want)
	}
	if got := SumSquares(nil); got != 0 {
		t.Errorf("sum of nothing is %v", got)
	}
}

// TestLogits compares with the product in float64.
func TestLogits(t *testing.T) {
	x, w := random(1, 3*5), random(2, 7*5)
	z := make([]float32, 3*7)
	Logits(z, 3, x, matrix(w, 7, 5))
	near(t, "logits", z, product(wide(x), wide(w), 3, 5, 7), 1e-6)
}

// TestProfile notices a change of the profile's text: a new text is a new profile.
func TestProfile(t *testing.T) {
	if len(ProfileText()) < 5000 || len(ProfileDigest()) != 64 {
		t.Errorf("profile text of %d bytes, digest %q", len(ProfileText()), ProfileDigest())
	}
}
