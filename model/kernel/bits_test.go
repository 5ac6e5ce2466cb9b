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

// layer is a small model of odd sizes with every operation in it, and all that one step over packed documents computes.
type layer struct {
	shape                   AttentionShape
	docs, ids, targets      []int32
	cos, sin                []float32
	table, wq, wo, gu, norm []float32
	x, qkv, out, lse        []float32
	gateUp, act             []float32
	dx, dTable              []float32
	sum                     float64
}

const layerIn, layerHidden, layerVocabulary = 50, 45, 71

func newLayer() *layer {
	l := &layer{shape: AttentionShape{Heads: 4, KVHeads: 2, HeadDim: 10, Scale: 0.3, Window: 90}, docs: packed(130, 1, 64, 75)}
	n, s := len(l.docs), l.shape
	l.ids, l.targets = someTargets(n, layerVocabulary), someTargets(n, layerVocabulary)
	for i := range l.ids {
		l.ids[i] = max(l.ids[i], 0)
	}
	l.table, l.wq = random(1, layerVocabulary*layerIn), random(2, s.width()*layerIn)
	l.wo, l.gu, l.norm = random(3, layerIn*s.Heads*s.HeadDim), random(4, 2*layerHidden*layerIn), random(5, layerIn)
	freq := make([]float32, s.HeadDim/2)
	InverseFrequencies(freq, 10000)
	l.cos, l.sin = make([]float32, n*len(freq)), make([]float32, n*len(freq))
	RotaryTable(l.cos, l.sin, l.docs, freq, 1)
	return l
}

// gates are the two weights that share x.
func (l *layer) gates() []matmul.Matrix {
	half := layerHidden * layerIn
	return []matmul.Matrix{matrix(l.gu[:half], layerHidden, layerIn), matrix(l.gu[half:], layerHidden, layerIn)}
}

func (l *layer) forward() {
	n, s := len(l.docs), l.shape
	l.x = make([]float32, n*layerIn)
	y := make([]float32, n*layerIn)
	Embed(l.x, matrix(l.table, layerVocabulary, layerIn), l.ids)
	RMSNorm(y, l.x, l.norm, 1e-5)
	l.qkv, l.out, l.lse = make([]float32, n*s.width()), make([]float32, n*s.Heads*s.HeadDim), make([]float32, n*s.Heads)
	Linear(l.qkv, n, y, []matmul.Matrix{matrix(l.wq, s.width(), layerIn)}, [][]float32{random(6, s.width())})
	Rotary(l.qkv, s.width(), s.Heads+s.KVHeads, s.HeadDim, l.cos, l.sin)
	Attention(l.out, l.lse, l.qkv, l.docs, s)
	Linear(y, n, l.out, []matmul.Matrix{matrix(l.wo, layerIn, s.Heads*s.HeadDim)}, nil)
	Add(l.x, l.x, y)
	l.gateUp, l.act = make([]float32, n*2*layerHidden), make([]float32, n*layerHidden)
	Linear(l.gateUp, n, l.x, l.gates(), nil)
	SwiGLU(l.act, l.gateUp, layerHidden)
	var space HeadSpace
	l.dx, l.dTable = make([]float32, n*layerIn), make([]float32, layerVocabulary*layerIn)
	l.sum, _ = space.Loss(nil, HeadGrads{l.dx, l.dTable}, l.x, matrix(l.table, layerVocabulary, layerIn), l.targets, 0.01)
}

// backward returns all gradients and what the optimizer makes of them.
func (l *layer) backward() [][]float32 {
	n, s := len(l.docs), l.shape
	dgu, dqkv := make([]float32, n*2*layerHidden), make([]float32, n*s.width())
	SwiGLUGrad(dgu, random(7, n*layerHidden), l.gateUp, layerHidden)
	dUp := make([]float32, layerHidden*layerIn)
	LinearGradW(dUp, n, dgu, layerHidden, 2*layerHidden, layerHidden, l.x, layerIn, false)
	LinearGradX(l.dx, n, dgu, l.gates())
	AttentionGrad(dqkv, random(8, len(l.out)), l.out, l.qkv, l.lse, l.docs, s)
	RotaryGrad(dqkv, s.width(), s.Heads+s.KVHeads, s.HeadDim, l.cos, l.sin)
	bias, dnorm := make([]float32, s.width()), make([]float32, layerIn)
	BiasGrad(bias, n, dqkv, 0, s.width(), false)
	RMSNormGradW(dnorm, l.dx, l.x, 1e-5, false)
	RMSNormGradX(l.dx, l.dx, l.x, l.norm, 1e-5)
	EmbedGrad(l.dTable, l.dx, l.ids, layerIn)
	m, v := make([]float32, len(l.table)), make([]float32, len(l.table))
	clip := float32(1 / math.Sqrt(SumSquares(l.dTable)))
	h := Hyper{LR: 0.1, Beta1: 0.9, Beta2: 0.99, Epsilon: 1e-8, WeightDecay: 0.1, Power1: 0.9, Power2: 0.99, Clip: clip}
	AdamW(l.table, l.dTable, m, v, h)
	return [][]float32{dgu, dUp, dqkv, bias, dnorm, l.dx, l.dTable, m, v, l.table}
}

// stepBits digests everything that one step computes.
func stepBits(t *testing.T) string {
	l := newLayer()
	l.forward()
	all := [][]float32{l.cos, l.sin, l.qkv, l.out, l.lse, l.x, l.gateUp, l.act, {float32(l.sum)}}
	h := sha256.New()
	for _, part := range append(all, l.backward()...) {
		for _, v := range part {
			if v != v {
				t.Fatal("a result is not a number")
			}
			_ = binary.Write(h, binary.LittleEndian, math.Float32bits(v))
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// goldenBits is stepBits' digest under profile osft-1. It may only change with the profile.
const goldenBits = "51901715d29cc85e7d1a9a9615d16372a8f11c11a228fa6ffe4e5512f2d5d095"

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
				if got := stepBits(t); got != goldenBits {
					t.Errorf("digest %s, want %s", got, goldenBits)
				}
			})
		}
	}
}
