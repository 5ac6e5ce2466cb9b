package vector

import (
	"testing"
)

// BenchmarkRows reports nanoseconds an element for rows that lie in the first-level cache.
func BenchmarkRows(b *testing.B) {
	const n = 1536
	a, c, d, e, f := values(1, n), values(2, n), values(3, n), values(4, n), values(5, n)
	acc := make([]float64, n)
	peak, sum, rescale := make([]float32, 24), make([]float32, 24), make([]float32, 24)
	opt := AdamW{1, 1, 0.1, 0.95, 0.05, 0.5, 1e-8, 1e-9}
	for i := range e {
		e[i], d[i], a[i], c[i], f[i] = 1, 0.5, float32(i%17)/17, float32(i%13)/13, 0.3
	}
	for name, run := range map[string]func(){
		"Dot":           func() { Dot(a, c) },
		"WeightedDot":   func() { WeightedDot(a, c, d) },
		"Max":           func() { Max(a) },
		"AddRows64":     func() { AddRows64(acc, a, c, 1e-9) },
		"Add":           func() { Add(d, a, c) },
		"Normalize":     func() { Normalize(d, a, c, 1) },
		"NormalizeGrad": func() { NormalizeGrad(d, a, c, e, 1, 1) },
		"Rotate":        func() { Rotate(a[:32], c[:32], d[:32], e[:32]) },
		"SwiGLU":        func() { SwiGLU(d, a, c) },
		"SwiGLUGrad":    func() { SwiGLUGrad(d, e, f, a, c) },
		"ExpSum":        func() { copy(d, a); ExpSum(d, 1) },
		"Online":        func() { copy(d, a); Online(d, peak, sum, rescale, 1) },
		"OnlineGrad":    func() { copy(d, a); OnlineGrad(d, e, peak, sum, 0.1) },
		"AdamW":         func() { opt.Update(a, c, d, e) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				run()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/element")
		})
	}
}
