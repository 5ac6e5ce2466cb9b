package kernel

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"runtime"
	"testing"

	"github.com/osft-project/osft/model/kernel/machine"
	"github.com/osft-project/osft/model/kernel/matmul"
)

// stepBits runs every operation once in a small layer of odd sizes, documents packed, and digests all results.
func stepBits() string {
	const in, ffn, vocabulary = 50, 45, 71
	s := AttentionShape{Heads: 4, KVHeads: 2, HeadDim: 10, Scale: 0.3, Window: 90}
	docs := packed(130, 1, 64, 75)
	n := len(docs)
	h := sha256.New()
	note := func(x []float32) {
		for _, v := range x {
			_ = binary.Write(h, binary.LittleEndian, math.Float32bits(v))
		}
	}
	ids, targets := someTargets(n, vocabulary), someTargets(n, vocabulary)
	for i := range ids {
		ids[i] = max(ids[i], 0)
	}
	table, wq, wo := random(1, vocabulary*in), random(2, s.width()*in), random(3, in*s.Heads*s.HeadDim)
	gate, norm := random(4, 2*ffn*in), random(5, in)
	x, y := make([]float32, n*in), make([]float32, n*in)
	Embed(x, matrix(table, vocabulary, in), ids)
	RMSNorm(y, x, norm, 1e-5)
	qkv, out, lse := make([]float32, n*s.width()), make([]float32, n*s.Heads*s.HeadDim), make([]float32, n*s.Heads)
	Linear(qkv, n, y, []matmul.Matrix{matrix(wq, s.width(), in)}, [][]float32{random(6, s.width())})
	freq, cos, sin := make([]float32, 5), make([]float32, n*5), make([]float32, n*5)
	InverseFrequencies(freq, 10000)
	RotaryTable(cos, sin, docs, freq, 1)
	Rotary(qkv, s.width(), s.Heads+s.KVHeads, s.HeadDim, cos, sin)
	Attention(out, lse, qkv, docs, s)
	Linear(y, n, out, []matmul.Matrix{matrix(wo, in, s.Heads*s.HeadDim)}, nil)
	Add(x, x, y)
	gu, act := make([]float32, n*2*ffn), make([]float32, n*ffn)
	Linear(gu, n, x, []matmul.Matrix{matrix(gate[:ffn*in], ffn, in), matrix(gate[ffn*in:], ffn, in)}, nil)
	SwiGLU(act, gu, ffn)
	var space HeadSpace
	dx, dw := make([]float32, n*in), make([]float32, vocabulary*in)
	sum, _ := space.Loss(nil, HeadGrads{dx, dw}, x, matrix(table, vocabulary, in), targets, 0.01)
	for _, part := range [][]float32{freq, cos, sin, qkv, out, lse, x, gu, act, {float32(sum)}, dx, dw} {
		note(part)
	}
	dact, dgu, dqkv := random(7, n*ffn), make([]float32, n*2*ffn), make([]float32, n*s.width())
	SwiGLUGrad(dgu, dact, gu, ffn)
	dgate := make([]float32, ffn*in)
	LinearGradW(dgate, n, dgu, ffn, 2*ffn, ffn, x, in, false)
	LinearGradX(dx, n, dgu, []matmul.Matrix{matrix(gate[:ffn*in], ffn, in), matrix(gate[ffn*in:], ffn, in)})
	AttentionGrad(dqkv, random(8, len(out)), out, qkv, lse, docs, s)
	RotaryGrad(dqkv, s.width(), s.Heads+s.KVHeads, s.HeadDim, cos, sin)
	bias, dnorm := make([]float32, s.width()), make([]float32, in)
	BiasGrad(bias, n, dqkv, 0, s.width(), false)
	RMSNormGradW(dnorm, dx, x, 1e-5, false)
	RMSNormGradX(dx, dx, x, norm, 1e-5)
	EmbedGrad(dw, dx, ids, in)
	m, v := make([]float32, len(dw)), make([]float32, len(dw))
	clip := float32(1 / math.Sqrt(SumSquares(dw)))
	AdamW(table, dw, m, v, Hyper{LR: 0.1, Beta1: 0.9, Beta2: 0.99, Epsilon: 1e-8, WeightDecay: 0.1, Power1: 0.9, Power2: 0.99, Clip: clip})
	for _, part := range [][]float32{dgu, dgate, dqkv, bias, dnorm, dx, dw, m, v, table} {
		note(part)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// goldenBits is stepBits' digest under profile osft-1. It may only change with the profile.
const goldenBits = "55490952b036efae52634ad3136bbe557f654464967937ca1363496e0755d937"

// TestBits wants one digest from every instruction set and number of threads.
func TestBits(t *testing.T) {
	for _, isa := range machine.Supported() {
		for _, threads := range []int{1, 2, 3, 7} {
			t.Run(fmt.Sprint(isa, threads), func(t *testing.T) {
				restore, err := machine.Force(isa)
				if err != nil {
					t.Fatal(err)
				}
				defer restore()
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(threads))
				if got := stepBits(); got != goldenBits {
					t.Errorf("digest %s, want %s", got, goldenBits)
				}
			})
		}
	}
}
