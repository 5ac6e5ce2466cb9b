package kernel

import (
	"fmt"
	"math"
	"testing"
)

// refAttention is attention in float64 by the textbook.
func refAttention(qkv []float64, docs []int32, s AttentionShape) []float64 {
	n, d := len(docs), s.HeadDim
	out := make([]float64, n*s.Heads*d)
	for i := range n {
		for h := range s.Heads {
			q := qkv[i*s.width()+h*d:][:d]
			at := (s.Heads + s.keyHead(h)) * d
			var p []float64
			var rows []int
			total := 0.0
			for j := int(docs[i]); j <= i; j++ {
				if s.Window > 0 && j <= i-s.Window {
					continue
				}
				score := 0.0
				for e, v := range qkv[j*s.width()+at:][:d] {
					score += v * q[e]
				}
				w := math.Exp(score * float64(s.Scale))
				p, rows, total = append(p, w), append(rows, j), total+w
			}
			for k, j := range rows {
				for e, v := range qkv[j*s.width()+at+s.KVHeads*d:][:d] {
					out[(i*s.Heads+h)*d+e] += p[k] / total * v
				}
			}
		}
	}
	return out
}

// packed returns the document starts of documents of the given lengths.
func packed(lengths ...int) []int32 {
	var docs []int32
	for _, n := range lengths {
		start := int32(len(docs))
		for range n {
			docs = append(docs, start)
		}
	}
	return docs
}

var attentionCases = []struct {
	lengths []int
	shape   AttentionShape
}{
	{[]int{1}, AttentionShape{Heads: 1, KVHeads: 1, HeadDim: 4, Scale: 0.5}},
	{[]int{7, 3}, AttentionShape{Heads: 4, KVHeads: 2, HeadDim: 8, Scale: 0.35}},
	{[]int{70, 1, 64}, AttentionShape{Heads: 3, KVHeads: 1, HeadDim: 4, Scale: 0.5}},
	{[]int{150}, AttentionShape{Heads: 2, KVHeads: 2, HeadDim: 6, Scale: 0.5, Window: 5}},
	{[]int{130, 66}, AttentionShape{Heads: 2, KVHeads: 1, HeadDim: 4, Scale: 0.7, Window: 70}},
	{[]int{90}, AttentionShape{Heads: 1, KVHeads: 1, HeadDim: 4, Scale: 0.7, Window: 1}},
}

func runAttention(qkv, dout []float32, docs []int32, s AttentionShape) (out, lse, dqkv []float32) {
	n := len(docs)
	out, lse, dqkv = make([]float32, n*s.Heads*s.HeadDim), make([]float32, n*s.Heads), make([]float32, len(qkv))
	Attention(out, lse, qkv, docs, s)
	AttentionGrad(dqkv, dout, out, qkv, lse, docs, s)
	return out, lse, dqkv
}

func TestAttention(t *testing.T) {
	for _, c := range attentionCases {
		t.Run(fmt.Sprint(c.lengths, c.shape), func(t *testing.T) {
			docs := packed(c.lengths...)
			n := len(docs)
			qkv, dout := random(1, n*c.shape.width()), random(2, n*c.shape.Heads*c.shape.HeadDim)
			out, _, dqkv := runAttention(qkv, dout, docs, c.shape)
			x := wide(qkv)
			near(t, "output", out, refAttention(x, docs, c.shape), 1e-6)
			if n > 100 {
				// Differences of the whole input would take minutes: every 37th element stands for all.
				var some []float32
				var want []float64
				for i := 0; i < len(x); i += 37 {
					some = append(some, dqkv[i])
					want = append(want, gradient(x[i:i+1], func() float64 { return dot(refAttention(x, docs, c.shape), dout) })[0])
				}
				near(t, "gradient", some, want, 1e-5)
				return
			}
			near(t, "gradient", dqkv, gradient(x, func() float64 { return dot(refAttention(x, docs, c.shape), dout) }), 1e-5)
		})
	}
}

// TestAttentionPacked compares a packed row with its documents alone.
func TestAttentionPacked(t *testing.T) {
	for _, c := range attentionCases {
		docs, s := packed(c.lengths...), c.shape
		qkv, dout := random(3, len(docs)*s.width()), random(4, len(docs)*s.Heads*s.HeadDim)
		out, lse, dqkv := runAttention(qkv, dout, docs, s)
		at := 0
		for _, n := range c.lengths {
			o, l, d := runAttention(qkv[at*s.width():(at+n)*s.width()], dout[at*s.Heads*s.HeadDim:], packed(n), s)
			equal(t, "output", out[at*s.Heads*s.HeadDim:], o)
			equal(t, "log-sum-exp", lse[at*s.Heads:], l)
			equal(t, "gradient", dqkv[at*s.width():], d)
			at += n
		}
	}
}

// TestAttentionStep compares decoding with a cache to the full pass, token by token.
func TestAttentionStep(t *testing.T) {
	for _, c := range attentionCases {
		s, n := c.shape, c.lengths[0]
		qkv := random(5, n*s.width())
		out, lse := make([]float32, n*s.Heads*s.HeadDim), make([]float32, n*s.Heads)
		Attention(out, lse, qkv, packed(n), s)
		var keys, values []float32
		step := make([]float32, s.Heads*s.HeadDim)
		for i := range n {
			row := qkv[i*s.width():][:s.width()]
			q, kv := row[:s.Heads*s.HeadDim], row[s.Heads*s.HeadDim:]
			keys, values = append(keys, kv[:len(kv)/2]...), append(values, kv[len(kv)/2:]...)
			AttentionStep(step, q, keys, values, i+1, s)
			equal(t, fmt.Sprint("token ", i), step, out[i*len(step):(i+1)*len(step)])
		}
	}
}
