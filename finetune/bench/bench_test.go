package bench

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/osft-project/osft/model"
	"github.com/osft-project/osft/model/weights"
	"github.com/osft-project/osft/provenance"
	"github.com/osft-project/osft/provenance/disk"
)

const tinyConfig = `{"model_type": "llama", "vocab_size": 40, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 3,
 "num_attention_heads": 2, "num_key_value_heads": 1, "max_position_embeddings": 64, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
 "hidden_act": "silu", "tie_word_embeddings": true}`

// tiny writes a small model to a folder.
func tiny(t *testing.T) *provenance.Folder {
	t.Helper()
	m, err := model.Init(t.Context(), []byte(tinyConfig), 1)
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "model")
	stage, err := disk.NewStage(disk.System{}, out)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Save(t.Context(), stage, model.SaveOptions{DType: weights.BF16}); err != nil {
		t.Fatal(err)
	}
	folder, err := provenance.OpenFolder(out)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = folder.Close() })
	return folder
}

func TestRun(t *testing.T) {
	for mode, trained := range map[string]int{"full": 29, "top1": 9, "top3": 27} {
		folder := tiny(t)
		steps := 0
		o := Options{Mode: mode, Batch: 2, Seq: 8, Steps: 4, Now: time.Now}
		r, err := Run(t.Context(), folder, o, func(step int, seconds float64) { steps = step })
		if err != nil {
			t.Fatal(err)
		}
		if steps != 4 || !(r.Best > 0) || r.Median < r.Best || r.TokensPerS != 16/r.Best || !(r.Share > 0) || r.Loss < 3 || r.Loss > 4.5 {
			t.Errorf("%s: %d steps, %+v", mode, steps, r)
		}
		m, err := model.Load(t.Context(), folder)
		if err != nil {
			t.Fatal(err)
		}
		names, err := o.trained(m)
		if err != nil || len(names) != trained {
			t.Errorf("%s: trains %d, want %d: %v, %v", mode, len(names), trained, names, err)
		}
		_ = m.Close()
	}
}

func TestRunRefuses(t *testing.T) {
	folder := tiny(t)
	tests := []struct {
		o    Options
		want string
	}{
		{Options{Mode: "ful", Batch: 1, Seq: 2, Steps: 2}, `bench: --mode: "ful" is not known (use full, or top2 for the last two layers)`},
		{Options{Mode: "top0", Batch: 1, Seq: 2, Steps: 2}, `bench: --mode: "top0" is not known`},
		{Options{Mode: "full"}, "bench: --batch: 0, must be at least 1\nbench: --seq: 0, must be at least 2\nbench: --steps: 0, must be at least 2"},
		{Options{Mode: "top4", Batch: 1, Seq: 2, Steps: 2}, "bench: --mode: top4, the model has 3 layers"},
	}
	for _, tt := range tests {
		tt.o.Now = time.Now
		if _, err := Run(t.Context(), folder, tt.o, func(int, float64) {}); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v, want %q", tt.o, err, tt.want)
		}
	}
	o := Options{Mode: "full", Batch: 1, Seq: 2, Steps: 2, Now: time.Now}
	if _, err := Run(t.Context(), os.DirFS(t.TempDir()), o, nil); err == nil || !strings.Contains(err.Error(), "config.json: not found") {
		t.Error(err)
	}
}
