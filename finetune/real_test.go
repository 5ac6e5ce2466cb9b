package finetune

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/osft-project/osft/finetune/evaluate"
	"github.com/osft-project/osft/model"
	"github.com/osft-project/osft/provenance"
)

// realRuns is real/smollm2-gsm8k.json of the vectors: eight steps each on the real checkpoint.
type realRuns struct {
	Runs []struct {
		Name    string
		Losses  []float64
		Norms   []float64 `json:"grad_norms"`
		Rates   []float64 `json:"lrs"`
		Targets []int     `json:"target_tokens"`
		Trained []string  `json:"trained_tensors"`
		Greedy  *struct {
			Prompt []int32 `json:"prompt_ids"`
			IDs    []int32 `json:"ids"`
		}
	}
}

// realRecipes are those runs as recipes.
var realRecipes = map[string]string{
	"full-text": `data:
  format: text
  template: "Question: {question}\nAnswer: {answer}"
  rows: 0..32
  order: file
  too_long: truncate
train:
  steps: 8
  batch: 2
  accumulate: 2
  max_length: 192
  lr: 2e-5
  warmup_steps: 2
  weight_decay: 0.01
`,
	"last2-chat": `data:
  format: chat
  fields: {user: question, assistant: answer}
  rows: 0..16
  order: file
  too_long: truncate
train:
  what: ['model.layers.{28..29}.*']
  steps: 8
  batch: 2
  max_length: 256
  lr: 1e-4
  weight_decay: 0
`,
}

// TestReal trains SmolLM2 on GSM8K as PyTorch did: losses within 1e-3, norms within 1 %, the same greedy ids. It takes minutes.
func TestReal(t *testing.T) {
	checkpoint, vectors := os.Getenv("OSFT_CHECKPOINT"), os.Getenv("OSFT_VECTORS")
	if checkpoint == "" || vectors == "" {
		t.Skip("skipped: no checkpoint (OSFT_CHECKPOINT) or no vectors (OSFT_VECTORS)")
	}
	var peer realRuns
	readJSON(t, &peer, vectors, "real", "smollm2-gsm8k.json")
	rows, err := filepath.Abs(filepath.Join(vectors, "..", "data", "gsm8k-train.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range peer.Runs {
		t.Run(want.Name, func(t *testing.T) {
			dir := t.TempDir()
			q := Request{Recipe: filepath.Join(dir, "recipe.yaml"), Overrides: []string{
				"base.path=" + checkpoint, "data.train=" + rows, "output.dir=" + filepath.Join(dir, "out"), "train.checkpoint_every=0",
			}}
			if err := os.WriteFile(q.Recipe, []byte(realRecipes[want.Name]), 0o644); err != nil {
				t.Fatal(err)
			}
			f, err := Execute(t.Context(), q, func(Event) {})
			if err != nil {
				t.Fatal(err)
			}
			compareReal(t, f.Run.Steps, want.Losses, want.Norms, want.Rates, want.Targets)
			var trained []string
			for _, p := range f.Run.Plan {
				if p.Trains {
					trained = append(trained, p.Name)
				}
			}
			slices.Sort(trained)
			if slices.Sort(want.Trained); !slices.Equal(trained, want.Trained) {
				t.Errorf("trained %v", trained)
			}
			if want.Greedy != nil {
				compareGreedy(t, f.Out, want.Greedy.Prompt, want.Greedy.IDs)
			}
		})
	}
}

func compareReal(t *testing.T, steps []provenance.Step, losses, norms, rates []float64, targets []int) {
	t.Helper()
	if len(steps) != len(losses) {
		t.Fatalf("%d steps, want %d", len(steps), len(losses))
	}
	for i, s := range steps {
		loss, norm := math.Abs(s.Loss-losses[i]), math.Abs(s.GradNorm-norms[i])/norms[i]
		t.Logf("step %d: loss %.6f (off by %.1e), norm %.5f (off by %.1e of it)", s.Number, s.Loss, loss, s.GradNorm, norm)
		if loss > 1e-3 || norm > 1e-2 || math.Abs(s.Rate-rates[i]) > 1e-15 || s.Targets != targets[i] {
			t.Errorf("step %d: %+v, want loss %v, norm %v, rate %v, %d targets", s.Number, s, losses[i], norms[i], rates[i], targets[i])
		}
	}
}

func compareGreedy(t *testing.T, out string, prompt, want []int32) {
	t.Helper()
	m, err := model.Load(t.Context(), os.DirFS(out))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	got, err := evaluate.Continue(t.Context(), m, prompt, len(want), nil)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v: greedy ids %v, want %v", err, got, want)
	}
}
