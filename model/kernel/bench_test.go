package kernel

import (
	"testing"

	"github.com/osft-project/osft/model/kernel/matmul"
)

// The sizes of SmolLM2-135M with a micro-batch of 1024 tokens in four documents.
const (
	benchTokens     = 1024
	benchWidth      = 576
	benchHidden     = 1536
	benchVocabulary = 49152
)

var benchShape = AttentionShape{Heads: 9, KVHeads: 3, HeadDim: 64, Scale: 0.125}

func BenchmarkLinear(b *testing.B) {
	x, w, y := random(1, benchTokens*benchWidth), random(2, benchHidden*benchWidth), make([]float32, benchTokens*benchHidden)
	dx := make([]float32, len(x))
	weights := []matmul.Matrix{matrix(w, benchHidden, benchWidth)}
	flops := func(b *testing.B) {
		b.ReportMetric(2*benchTokens*benchWidth*benchHidden*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
	}
	b.Run("forward", func(b *testing.B) {
		for b.Loop() {
			Linear(y, benchTokens, x, weights, nil)
		}
		flops(b)
	})
	b.Run("gradX", func(b *testing.B) {
		for b.Loop() {
			LinearGradX(dx, benchTokens, y, weights)
		}
		flops(b)
	})
	b.Run("gradW", func(b *testing.B) {
		for b.Loop() {
			LinearGradW(w, benchTokens, y, 0, benchHidden, benchHidden, x, benchWidth, false)
		}
		flops(b)
	})
}

func BenchmarkEmbed(b *testing.B) {
	ids, table := someTargets(benchTokens, 5000), random(1, 5000*benchWidth)
	for i := range ids {
		ids[i] = max(ids[i], 0)
	}
	x := make([]float32, benchTokens*benchWidth)
	b.Run("forward", func(b *testing.B) {
		for b.Loop() {
			Embed(x, matrix(table, 5000, benchWidth), ids)
		}
	})
	b.Run("grad", func(b *testing.B) {
		for b.Loop() {
			EmbedGrad(table, x, ids, benchWidth)
		}
	})
}

func BenchmarkRMSNorm(b *testing.B) {
	x, w, y := random(1, benchTokens*benchWidth), random(2, benchWidth), make([]float32, benchTokens*benchWidth)
	for name, f := range map[string]func(){
		"forward": func() { RMSNorm(y, x, w, 1e-5) },
		"gradX":   func() { RMSNormGradX(y, x, x, w, 1e-5) },
		"gradW":   func() { RMSNormGradW(w, x, x, 1e-5, false) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				f()
			}
		})
	}
}

func BenchmarkRotary(b *testing.B) {
	s := benchShape
	x := random(1, benchTokens*s.width())
	freq, cos, sin := make([]float32, 32), make([]float32, benchTokens*32), make([]float32, benchTokens*32)
	InverseFrequencies(freq, 10000)
	b.Run("table", func(b *testing.B) {
		for b.Loop() {
			RotaryTable(cos, sin, packed(benchTokens), freq, 1)
		}
	})
	b.Run("forward", func(b *testing.B) {
		for b.Loop() {
			Rotary(x, s.width(), s.Heads+s.KVHeads, s.HeadDim, cos, sin)
		}
	})
}

func BenchmarkAttention(b *testing.B) {
	for name, docs := range map[string][]int32{"4x256": packed(256, 256, 256, 256), "1x1024": packed(1024)} {
		s := benchShape
		qkv, dout := random(1, benchTokens*s.width()), random(2, benchTokens*benchWidth)
		out, lse, dqkv := make([]float32, len(dout)), make([]float32, benchTokens*s.Heads), make([]float32, len(qkv))
		b.Run(name+"/forward", func(b *testing.B) {
			for b.Loop() {
				Attention(out, lse, qkv, docs, s)
			}
		})
		b.Run(name+"/grad", func(b *testing.B) {
			for b.Loop() {
				AttentionGrad(dqkv, dout, out, qkv, lse, docs, s)
			}
		})
	}
}

func BenchmarkSwiGLU(b *testing.B) {
	x, y := random(1, benchTokens*2*benchHidden), make([]float32, benchTokens*benchHidden)
	dx := make([]float32, len(x))
	b.Run("forward", func(b *testing.B) {
		for b.Loop() {
			SwiGLU(y, x, benchHidden)
		}
	})
	b.Run("grad", func(b *testing.B) {
		for b.Loop() {
			SwiGLUGrad(dx, y, x, benchHidden)
		}
	})
}

func BenchmarkHeadLoss(b *testing.B) {
	x, w := random(1, benchTokens*benchWidth), random(2, benchVocabulary*benchWidth)
	for i := range w {
		w[i] *= 0.02
	}
	targets := make([]int32, benchTokens)
	for i := range targets {
		targets[i] = int32(i * 37 % benchVocabulary)
		if i%256 == 255 {
			targets[i] = -1
		}
	}
	dx, dw := make([]float32, len(x)), make([]float32, len(w))
	var space HeadSpace
	for name, grads := range map[string]HeadGrads{"loss": {}, "frozen": {X: dx}, "full": {X: dx, W: dw}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				space.Loss(nil, grads, x, matrix(w, benchVocabulary, benchWidth), targets, 0.001)
			}
		})
	}
}

func BenchmarkAdamW(b *testing.B) {
	const n = 16 << 20
	p, g, m, v := make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)
	h := Hyper{LR: 1e-3, Beta1: 0.9, Beta2: 0.95, Epsilon: 1e-8, WeightDecay: 0.1, Power1: 0.9, Power2: 0.95, Clip: 1}
	for i := range g {
		g[i] = float32(i%1000) / 1000
	}
	b.Run("update", func(b *testing.B) {
		b.SetBytes(n * 28)
		for b.Loop() {
			AdamW(p, g, m, v, h)
		}
	})
	b.Run("norm", func(b *testing.B) {
		b.SetBytes(n * 4)
		for b.Loop() {
			SumSquares(g)
		}
	})
}

func BenchmarkAdd(b *testing.B) {
	x, y := random(1, benchTokens*benchWidth), random(2, benchTokens*benchWidth)
	for b.Loop() {
		Add(y, x, y)
	}
}
