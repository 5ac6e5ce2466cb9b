package kernel

import (
	"math"
	"testing"
)

// refLoss is the summed cross-entropy of x·wᵀ over counted targets in float64.
func refLoss(x, w []float64, targets []int32, d, vocabulary int) float64 {
	z := product(x, w, len(targets), d, vocabulary)
	sum := 0.0
	for i, t := range targets {
		if t < 0 {
			continue
		}
		row, total := z[i*vocabulary:(i+1)*vocabulary], 0.0
		for _, v := range row {
			total += math.Exp(v)
		}
		sum += math.Log(total) - row[t]
	}
	return sum
}

// someTargets counts about two tokens in three.
func someTargets(n, vocabulary int) []int32 {
	targets := make([]int32, n)
	for i := range targets {
		targets[i] = int32((i*7+3)%vocabulary) | -int32((i%3)>>1)
	}
	return targets
}

func TestHeadLoss(t *testing.T) {
	const n, d, vocabulary, scale = 11, 6, 19, 0.25
	x, w, targets := random(1, n*d), random(2, vocabulary*d), someTargets(n, vocabulary)
	dx, dw, losses := make([]float32, n*d), make([]float32, vocabulary*d), make([]float64, n)
	var space HeadSpace
	sum, counted := space.Loss(losses, HeadGrads{dx, dw}, x, matrix(w, vocabulary, d), targets, scale)
	x64, w64 := wide(x), wide(w)
	f := func() float64 { return scale * refLoss(x64, w64, targets, d, vocabulary) }
	if want := f() / scale; math.Abs(sum-want) > 1e-5*want {
		t.Errorf("loss %v, want %v", sum, want)
	}
	near(t, "dx", dx, gradient(x64, f), 1e-5)
	near(t, "dw", dw, gradient(w64, f), 1e-5)
	total, number := 0.0, 0
	for i, l := range losses {
		total += l
		if targets[i] >= 0 {
			number++
		} else if l != 0 {
			t.Errorf("token %d does not count but has loss %v", i, l)
		}
	}
	if math.Abs(total-sum) > 1e-12*sum || number != counted {
		t.Errorf("losses add up to %v of %d tokens, reported are %v of %d", total, number, sum, counted)
	}
}

// TestHeadLossNoTargets wants zero gradients, not old ones.
func TestHeadLossNoTargets(t *testing.T) {
	dx, dw := []float32{1, 2}, []float32{1, 2, 3, 4}
	var space HeadSpace
	sum, counted := space.Loss(nil, HeadGrads{dx, dw}, []float32{1, 2}, matrix([]float32{1, 2, 3, 4}, 2, 2), []int32{-1}, 1)
	if sum != 0 || counted != 0 {
		t.Errorf("loss %v of %d tokens, want nothing", sum, counted)
	}
	equal(t, "dx", dx, make([]float32, 2))
	equal(t, "dw", dw, make([]float32, 4))
}

// TestHeadLossChunks wants the same bits whatever the chunk, as long as it is a multiple of 256.
func TestHeadLossChunks(t *testing.T) {
	const n, d, vocabulary = 1201, 3, 5
	x, w, targets := random(1, n*d), random(2, vocabulary*d), someTargets(n, vocabulary)
	var wantX, wantW []float32
	var want float64
	for _, limit := range []int{0, 256, 512, 768} {
		dx, dw := make([]float32, n*d), make([]float32, vocabulary*d)
		space := HeadSpace{chunkLimit: limit}
		sum, _ := space.Loss(nil, HeadGrads{dx, dw}, x, matrix(w, vocabulary, d), targets, 0.5)
		if limit == 0 {
			wantX, wantW, want = dx, dw, sum
		}
		if sum != want {
			t.Errorf("chunks of %d: loss %v, want %v", limit, sum, want)
		}
		equal(t, "dx", dx, wantX)
		equal(t, "dw", dw, wantW)
	}
}
