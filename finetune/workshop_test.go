package finetune

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/osft-project/osft/data/tokenizer/train"
	"github.com/osft-project/osft/model"
	"github.com/osft-project/osft/model/weights"
	"github.com/osft-project/osft/provenance"
	"github.com/osft-project/osft/provenance/disk"
)

const tinyConfig = `{"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 270, "hidden_size": 16,
 "intermediate_size": 24, "num_hidden_layers": 3, "num_attention_heads": 2, "num_key_value_heads": 1, "max_position_embeddings": 128,
 "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "hidden_act": "silu", "tie_word_embeddings": true, "bos_token_id": 0,
 "eos_token_id": 1, "torch_dtype": "bfloat16", "surprise": 1}`

// workshop is a folder with a tiny base, data and a recipe.
type workshop struct {
	t   *testing.T
	dir string
}

// newWorkshop makes one with a bfloat16 base.
func newWorkshop(t *testing.T) *workshop {
	t.Helper()
	w := &workshop{t: t, dir: t.TempDir()}
	specials := []string{"<s>", "</s>"}
	vocabulary, err := train.Train([]string{strings.Repeat("the cat sat on the mat ", 20)}, 262, specials)
	if err != nil {
		t.Fatal(err)
	}
	config, err := train.Config(train.Roles{BOS: "<s>", EOS: "</s>"}, specials)
	if err != nil {
		t.Fatal(err)
	}
	w.write("language/tokenizer.json", string(vocabulary))
	w.write("language/tokenizer_config.json", string(config))
	w.write("base/tokenizer.json", string(vocabulary))
	w.write("base/tokenizer_config.json", string(config))
	w.write("base/generation_config.json", `{"eos_token_id": 1}`)
	w.write("config.json", tinyConfig)
	w.base(3)
	var rows strings.Builder
	for i := range 23 {
		fmt.Fprintf(&rows, `{"text": "row %d: %s"}`+"\n", i, strings.Repeat("the cat sat on the mat ", 1+i%3))
	}
	w.write("rows.jsonl", rows.String())
	return w
}

// base writes the weights and config of the base.
func (w *workshop) base(seed uint64) {
	w.t.Helper()
	m, err := model.Init(w.t.Context(), []byte(tinyConfig), seed)
	if err != nil {
		w.t.Fatal(err)
	}
	stage, err := disk.NewStage(disk.System{}, w.path("weights"))
	if err == nil {
		err = m.Save(w.t.Context(), stage, model.SaveOptions{})
	}
	if err != nil {
		w.t.Fatal(err)
	}
	for _, name := range []string{"config.json", weights.FileName} {
		if err := os.Rename(w.path("weights", name), w.path("base", name)); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *workshop) path(elements ...string) string {
	return filepath.Join(append([]string{w.dir}, elements...)...)
}

func (w *workshop) write(name, text string) {
	w.t.Helper()
	path := w.path(filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// recipe writes a recipe of whole lines and returns a request that runs it to dir/out.
func (w *workshop) recipe(lines ...string) Request {
	w.t.Helper()
	text := `base:
  path: base
data:
  train: rows.jsonl
  format: text
  validation_share: 0.2
`
	w.write("recipe.yaml", text+strings.Join(lines, "\n")+"\n")
	return Request{Recipe: w.path("recipe.yaml"), Overrides: []string{"output.dir=" + w.path("out")}}
}

// usual is a run of nine steps over two epochs that trains a part of the model.
func (w *workshop) usual() Request {
	return w.recipe(
		"train:", "  what: ['model.layers.{1..2}.*', model.embed_tokens.weight]", "  epochs: 2", "  lr: 1e-2", "  schedule: cosine",
		"  warmup_ratio: 0.1", "  batch: 2", "  accumulate: 2", "  seed: 5", "  checkpoint_every: 2",
		"eval:", "  every: 3", "  samples: [the cat]", "  max_tokens: 6",
	)
}

// with adds overrides to a request.
func (q Request) with(overrides ...string) Request {
	q.Overrides = slices.Concat(q.Overrides, overrides)
	return q
}

// must runs a request to its end.
func (w *workshop) must(q Request) Finished {
	w.t.Helper()
	f, err := Execute(w.t.Context(), q, func(Event) {})
	if err != nil {
		w.t.Fatal(err)
	}
	return f
}

// until runs a request and cancels it once stop says so of an event.
func (w *workshop) until(q Request, stop func(Event) bool) error {
	ctx, cancel := context.WithCancel(w.t.Context())
	defer cancel()
	_, err := Execute(ctx, q, func(e Event) {
		if stop(e) {
			cancel()
		}
	})
	return err
}

// contents is the digest of every file below a folder but what is observed.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		if name != filepath.Join("provenance", "observed.json") {
			files[filepath.ToSlash(name)] = provenance.SHA256(data)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// same compares two results.
func same(t *testing.T, got, want string) {
	t.Helper()
	a, b := contents(t, got), contents(t, want)
	for name := range b {
		if a[name] != b[name] {
			t.Errorf("%s differs", name)
		}
	}
	if len(a) != len(b) {
		t.Errorf("%d files, want %d", len(a), len(b))
	}
}
