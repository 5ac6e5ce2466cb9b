package finetune

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/osft-project/osft/model/weights"
)

// refused runs a request and returns its error.
func refused(t *testing.T, q Request) string {
	t.Helper()
	_, err := Execute(t.Context(), q, func(Event) {})
	if err == nil {
		t.Fatal("not refused")
	}
	return err.Error()
}

// TestAllProblemsAtOnce: what is wrong with the recipe itself, with what it names and with the rows is told together.
func TestAllProblemsAtOnce(t *testing.T) {
	w := newWorkshop(t)
	w.write("bad.jsonl", `{"txt": "a"}`+"\n")
	w.write("recipe.yaml", `base:
  path: base
data:
  train: [bad.jsonl, gone.jsonl]
  format: text
  order: file
  order: file
train:
  what: ['model.layers.{7..9}.*', 'model.layer.0.*']
  lr: -1
  stpes: 3
output: {dir: &a out}
`)
	got := refused(t, Request{Recipe: w.path("recipe.yaml"), Overrides: []string{"train.batch=x"}})
	for _, want := range []string{
		"recipe.yaml:7: data.order: is stated twice",
		"recipe.yaml:10: train.lr:",
		"recipe.yaml:11: train.stpes: is not a key of a recipe (did you mean train.steps?)",
		"recipe.yaml:12: output.dir: has an anchor",
		"--set train.batch=x: train.batch:",
		`recipe.yaml:9: train.what: "model.layers.{7..9}.*" matches no tensor`,
		`recipe.yaml:9: train.what: "model.layer.0.*" matches no tensor`,
		"bad.jsonl:1: text: is missing (the row has txt; name the right one in the recipe)",
		"recipe.yaml:4: data.train: gone.jsonl: no such file or directory (the path is relative to the recipe)",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("missing %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, w.dir) {
		t.Errorf("names a path that nobody gave:\n%s", got)
	}
}

func TestRefusals(t *testing.T) {
	tests := []struct {
		name    string
		prepare func(w *workshop) Request
		want    string
	}{
		{"no recipe", func(w *workshop) Request { return Request{Recipe: "nowhere.yaml"} }, "nowhere.yaml: no such file or directory"},
		{"no base", func(w *workshop) Request {
			return w.recipe().with("base.path=nowhere")
		}, "--set base.path=nowhere: base.path: nowhere: no such file or directory (the path is relative to the working directory)"},
		{"no config", func(w *workshop) Request {
			_ = os.Remove(w.path("base", "config.json"))
			return w.recipe()
		}, "config.json: not found"},
		{"no tokenizer", func(w *workshop) Request {
			_ = os.Remove(w.path("base", "tokenizer.json"))
			return w.recipe()
		}, "tokenizer.json: "},
		{"unknown key of a strict config", func(w *workshop) Request {
			return w.recipe().with("base.strict_config=true")
		}, "base.strict_config: config.json: unknown keys surprise (remove them,"},
		{"rows without the field", func(w *workshop) Request {
			return w.recipe().with("data.field=txt")
		}, "rows.jsonl:1: txt: is missing (the row has text"},
		{"warm-up longer than the run", func(w *workshop) Request {
			return w.recipe().with("train.schedule=wsd", "train.warmup_steps=900")
		}, "train.decay_steps: 900 steps of warm-up and 1 of decay are more than"},
		{"warm-up longer than its epochs", func(w *workshop) Request {
			return w.recipe().with("train.warmup_steps=900")
		}, "--set train.warmup_steps=900: train.warmup_steps: 900 is longer than the run of"},
		{"overwriting the base", func(w *workshop) Request {
			q := w.recipe().with("output.dir=" + w.path("base"))
			q.Overwrite = true
			return q
		}, "output.dir: "},
		{"overwriting what is not ours", func(w *workshop) Request {
			w.write("mine/thesis.txt", "x")
			q := w.recipe().with("output.dir=" + w.path("mine"))
			q.Overwrite = true
			return q
		}, "output.dir: holds no result of osft and is not overwritten"},
		{"a linked file in the base", func(w *workshop) Request {
			path := w.path("base", weights.FileName)
			if err := errors.Join(os.Rename(path, path+"2"), os.Symlink(weights.FileName+"2", path)); err != nil {
				t.Skip("no links here: ", err)
			}
			return w.recipe()
		}, "model.safetensors: is a link (copy the folder with its links followed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorkshop(t)
			if got := refused(t, tt.prepare(w)); !strings.Contains(got, tt.want) {
				t.Errorf("got %s\nwant %s", got, tt.want)
			}
			if _, err := os.Stat(w.path("out")); err == nil {
				t.Error("there is a result")
			}
		})
	}
}

// TestNotFinite: a run that goes wrong stops with the step, the rows and the tensor, and leaves no result.
func TestNotFinite(t *testing.T) {
	w := newWorkshop(t)
	got := refused(t, w.usual().with("train.lr=1e37", "train.schedule=constant", "train.warmup_ratio=0", "eval.every=0", "train.clip=0"))
	for _, want := range []string{"step 2: rows rows.jsonl:", "model."} {
		if !strings.Contains(got, want) {
			t.Errorf("missing %q in %s", want, got)
		}
	}
	t.Log(got)
	if _, err := os.Stat(w.path("out")); err == nil {
		t.Error("there is a result")
	}
}
