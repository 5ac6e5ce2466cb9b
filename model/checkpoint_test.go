package model_test

import (
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/osft-project/osft/model"
	"github.com/osft-project/osft/model/kernel"
)

// real opens SmolLM2-135M-Instruct in float32, the folder that OSFT_CHECKPOINT names.
func real(t *testing.T) *model.Model {
	t.Helper()
	dir := os.Getenv("OSFT_CHECKPOINT")
	if dir == "" {
		t.Skip("skipped: no checkpoint (OSFT_CHECKPOINT)")
	}
	return load(t, dir)
}

// drawn is a document of ids over the whole vocabulary, from a linear congruential generator that the peer can repeat.
func drawn(n int) (b model.Batch) {
	x := uint32(12345)
	var ids []int32
	for range n {
		x = x*1664525 + 1013904223
		ids = append(ids, int32((x>>8)%49152))
	}
	b.Append(ids, append(slices.Clone(ids[1:]), -1))
	return b
}

// TestCheckpointAgainstPyTorch compares the loss and the norm of the gradient of 64 tokens with what PyTorch 2.15 and
// Transformers 5.23 compute in float32 with eager attention, and a greedy continuation with theirs.
func TestCheckpointAgainstPyTorch(t *testing.T) {
	m := real(t)
	s := session(t, m, names(m))
	l, err := s.Gradient(t.Context(), drawn(64), 1.0/63, true)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, name := range names(m) {
		sum += kernel.SumSquares(s.Grad(name))
	}
	if math.Abs(l.Mean()-14.1000767) > 1e-5 || math.Abs(math.Sqrt(sum)/33.1847-1) > 1e-4 {
		t.Errorf("loss %.7f, norm %.7f; PyTorch has 14.1000767 and 33.1847", l.Mean(), math.Sqrt(sum))
	}
	prompt := []int32{17872, 42, 330, 3985, 6650, 216, 33, 34, 24193, 30, 1073, 800, 24193, 359, 281, 216, 39, 10155, 47, 198, 21350, 42}
	want := []int32{216, 39, 198, 198, 1348, 314, 253, 8170, 1183, 282, 253, 15070, 3039, 12728, 30, 378, 12728, 3073, 260, 29642, 288, 1510, 21854, 284}
	if got := generate(t, m, prompt, model.GenerateOptions{MaxTokens: len(want)}); !slices.Equal(got, want) {
		t.Errorf("greedy ids %v", got)
	}
}

// TestCheckpointMemory bounds what training needs at four rows of 256 tokens, without running it: with AdamW's two moments
// and 250 MiB for everything else (100 more than measured) it must stay below 3,000 MiB in full, and below 1,000 MiB for the
// last two layers.
func TestCheckpointMemory(t *testing.T) {
	m := real(t)
	last := slices.DeleteFunc(names(m), func(name string) bool {
		return !strings.HasPrefix(name, "model.layers.28.") && !strings.HasPrefix(name, "model.layers.29.")
	})
	for _, tt := range []struct {
		trained []string
		limit   int64
	}{{last, 1000}, {names(m), 3000}} {
		cost, err := session(t, m, tt.trained).Cost([]int{256, 256, 256, 256})
		if err != nil {
			t.Fatal(err)
		}
		if need := (cost.Weights+3*cost.Trained+cost.Arena)>>20 + 250; need > tt.limit {
			t.Errorf("%d tensors: %d MiB, limit %d", len(tt.trained), need, tt.limit)
		} else {
			t.Logf("%d tensors: %d MiB, %d GFLOP", len(tt.trained), need, cost.Work/1e9)
		}
	}
}
