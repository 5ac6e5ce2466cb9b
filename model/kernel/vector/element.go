package vector

import "github.com/osft-project/osft/model/kernel/elementary"

// Add stores a[i]+b[i] in dst; dst may be a or b.
func Add(dst, a, b []float32) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := addTwin(dst, a, b); i < len(dst); i++ {
		dst[i] = a[i] + b[i]
	}
}

// Scale multiplies x by r in place.
func Scale(x []float32, r float32) {
	for i := scaleTwin(x, r); i < len(x); i++ {
		x[i] *= r
	}
}

// Normalize stores w[i]·float32(x[i]·r) in dst.
func Normalize(dst, x, w []float32, r float32) {
	x, w = x[:len(dst)], w[:len(dst)]
	for i := normalizeTwin(dst, x, w, r); i < len(dst); i++ {
		dst[i] = w[i] * float32(x[i]*r)
	}
}

// NormalizeGrad stores float32(float32(w[i]·dy[i])·r) - float32(x[i]·c) in dst.
func NormalizeGrad(dst, dy, x, w []float32, r, c float32) {
	dy, x, w = dy[:len(dst)], x[:len(dst)], w[:len(dst)]
	for i := normalizeGradTwin(dst, dy, x, w, r, c); i < len(dst); i++ {
		dst[i] = float32(float32(w[i]*dy[i])*r) - float32(x[i]*c)
	}
}

// Rotate turns the pairs (a[i], b[i]) by the angles whose cosine and sine are given, in place:
// a' = a·cos - b·sin, b' = b·cos + a·sin, every product rounded.
func Rotate(a, b, cos, sin []float32) {
	b, cos, sin = b[:len(a)], cos[:len(a)], sin[:len(a)]
	for i := rotateTwin(a, b, cos, sin); i < len(a); i++ {
		x, y := a[i], b[i]
		a[i] = float32(x*cos[i]) - float32(y*sin[i])
		b[i] = float32(y*cos[i]) + float32(x*sin[i])
	}
}

// RotateBack turns by the negative angles: a' = a·cos + b·sin, b' = b·cos - a·sin.
func RotateBack(a, b, cos, sin []float32) {
	b, cos, sin = b[:len(a)], cos[:len(a)], sin[:len(a)]
	for i := rotateBackTwin(a, b, cos, sin); i < len(a); i++ {
		x, y := a[i], b[i]
		a[i] = float32(x*cos[i]) + float32(y*sin[i])
		b[i] = float32(y*cos[i]) - float32(x*sin[i])
	}
}

// SwiGLU stores float32(g[i]·sigmoid(g[i]))·u[i] in dst.
func SwiGLU(dst, g, u []float32) {
	g, u = g[:len(dst)], u[:len(dst)]
	for i := swiGLUTwin(dst, g, u); i < len(dst); i++ {
		dst[i] = float32(g[i]*elementary.Sigmoid(g[i])) * u[i]
	}
}

// SwiGLUGrad stores the gradients of SwiGLU with respect to g and u: with s = sigmoid(g) and a = float32(g·s),
// du = dy·a and dg = float32(dy·u)·(s + float32(a·(1-s))).
func SwiGLUGrad(dg, du, dy, g, u []float32) {
	du, dy, g, u = du[:len(dg)], dy[:len(dg)], g[:len(dg)], u[:len(dg)]
	for i := swiGLUGradTwin(dg, du, dy, g, u); i < len(dg); i++ {
		s := elementary.Sigmoid(g[i])
		a := float32(g[i] * s)
		k := s + float32(a*(1-s))
		d := dy[i]
		dg[i] = float32(d*u[i]) * k
		du[i] = d * a
	}
}
