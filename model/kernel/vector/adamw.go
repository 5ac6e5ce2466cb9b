package vector

import "math"

// AdamW holds the factors of one update as float32: see kernel.AdamW for where they come from.
type AdamW struct {
	Clip    float32 // factor of the gradient
	Decay   float32 // 1 - lr·weight decay
	Beta1   float32 // 1 - β₁
	Beta2   float32 // β₂
	Square  float32 // 1 - β₂
	Root    float32 // √(1 - β₂^t)
	Epsilon float32
	Step    float32 // lr / (1 - β₁^t)
}

// Update performs one AdamW step on parameters p with gradient g and moments m and v, in one pass, every operation rounded:
//
//	g' = g·Clip;  m += Beta1·(g'-m);  v = v·Beta2 + (g'·g')·Square
//	p = p·Decay - (Step·m)/(√v/Root + Epsilon)
func (a *AdamW) Update(p, g, m, v []float32) {
	g, m, v = g[:len(p)], m[:len(p)], v[:len(p)]
	for i := adamwTwin(a, p, g, m, v); i < len(p); i++ {
		d := float32(g[i] * a.Clip)
		mi := m[i] + float32(a.Beta1*(d-m[i]))
		vi := float32(v[i]*a.Beta2) + float32(float32(d*d)*a.Square)
		m[i], v[i] = mi, vi
		root := float32(math.Sqrt(float64(vi))) // the correctly rounded float32 root
		den := root/a.Root + a.Epsilon
		p[i] = float32(p[i]*a.Decay) - float32(float32(a.Step*mi)/den)
	}
}
