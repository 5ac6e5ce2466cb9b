package finetune

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/osft-project/osft/finetune/material"
	"github.com/osft-project/osft/provenance"
)

// opened opens a request's material.
func opened(t *testing.T, q Request) *material.Material {
	t.Helper()
	m, err := Open(t.Context(), q.Recipe, q.Overrides)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	return m
}

// TestIdentity: everything counts but where the result goes and how often it is saved.
func TestIdentity(t *testing.T) {
	w := newWorkshop(t)
	keys := func(overrides ...string) (list []string) {
		for _, f := range opened(t, w.usual().with(overrides...)).Identity() {
			list = append(list, f.Key+"="+f.Value)
		}
		return list
	}
	base := keys()
	if other := keys("output.dir=elsewhere", "train.checkpoint_every=7", "train.keep_checkpoints=9"); !slices.Equal(base, other) {
		t.Errorf("got %v\nwant %v", other, base)
	}
	for _, o := range []string{"train.lr=1", "train.steps=3", "eval.every=4", "data.order=file", "output.weights=best", "train.batch=1"} {
		if slices.Equal(base, keys(o)) {
			t.Errorf("%s makes no difference", o)
		}
	}
	for _, want := range []string{"base: model.safetensors=sha256 ", "base: tokenizer.json=sha256 ", "data: rows.jsonl=sha256 ", "numerics=osft-1, sha256 "} {
		if !slices.ContainsFunc(base, func(s string) bool { return strings.HasPrefix(s, want) }) {
			t.Errorf("nothing begins with %s: %v", want, base)
		}
	}
}

// TestPublishedRecipe: what is recorded names no place of this machine, and reads as a recipe.
func TestPublishedRecipe(t *testing.T) {
	w := newWorkshop(t)
	w.write("more/rows.jsonl", `{"text": "more of the cat"}`+"\n")
	w.write("held.jsonl", `{"text": "held out"}`+"\n")
	q := w.recipe().with("base.path="+w.path("base"), "data.train=["+w.path("rows.jsonl")+", "+w.path("more", "rows.jsonl")+"]",
		"data.validation="+w.path("held.jsonl"), "data.validation_share=0")
	m := opened(t, q)
	text := string(m.Published().Resolved())
	for _, want := range []string{`path: "{base}"`, `train: ["{data.0}.jsonl", "{data.1}.jsonl"]`, `validation: "{validation}.jsonl"`, `dir: "{output}"`} {
		if !strings.Contains(text, want) {
			t.Errorf("missing %s in\n%s", want, text)
		}
	}
	if strings.Contains(text, w.dir) {
		t.Errorf("names a place:\n%s", text)
	}
	if m.Set.Count().Rows != 25 || len(m.Set.Validation) != 1 || m.Recipe.Base.Path != w.path("base") {
		t.Errorf("rows %+v, path %s", m.Set.Count(), m.Recipe.Base.Path)
	}
	out := w.must(q)
	var files []string
	for _, f := range out.Run.Data.Files {
		files = append(files, f.Path)
	}
	if want := []string{"1/rows.jsonl", "held.jsonl", "rows.jsonl"}; !slices.Equal(files, want) {
		t.Errorf("files %v, want %v", files, want)
	}
	for _, f := range out.Run.Recipe.Fields {
		if want := map[string]string{"data.train": "overridden", "data.format": "stated", "train.lr": "default"}[f.Key]; want != "" && f.Origin != want {
			t.Errorf("%s is %s, want %s", f.Key, f.Origin, want)
		}
		if f.Key == "output.dir" {
			t.Error("the record names the output's folder")
		}
	}
}

func TestPrompt(t *testing.T) {
	w := newWorkshop(t)
	m := opened(t, w.recipe())
	tokens, err := m.Prompt("the cat</s>")
	if err != nil || len(tokens) == 0 || slices.Contains(tokens, 1) {
		t.Errorf("%v, %v: control tokens in a text are text", tokens, err)
	}
	if _, err := m.Prompt(""); err == nil || err.Error() != "has no tokens (write a longer prompt)" {
		t.Error(err)
	}
	bos := opened(t, w.recipe().with("data.add_bos=true"))
	if again, err := bos.Prompt("the cat</s>"); err != nil || !slices.Equal(again, append([]int32{0}, tokens...)) {
		t.Errorf("%v, %v", again, err)
	}
	if !slices.Equal(m.Stop(), []int32{1}) {
		t.Errorf("stops at %v", m.Stop())
	}
}

// TestFromScratch: a new model has its config's dtype, its tokenizer's files, and no base.
func TestFromScratch(t *testing.T) {
	w := newWorkshop(t)
	f := w.must(kinds(w)["scratch"])
	if !f.Run.Base.Scratch || f.Run.Base.Files[0].Path != "config.json" || len(f.Run.Base.Files) != 3 {
		t.Errorf("base %+v", f.Run.Base)
	}
	files := contents(t, f.Out)
	for _, name := range []string{"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"} {
		if files[name] == "" {
			t.Errorf("%s is missing", name)
		}
	}
	for _, d := range f.Run.Result.Tensors {
		if d.Base != "" || !d.Trains || d.DType != "BF16" {
			t.Errorf("%+v", d)
		}
	}
}

// TestGivenRecipe: the copy of the recipe has no absolute path either, and both digests are kept.
func TestGivenRecipe(t *testing.T) {
	w := newWorkshop(t)
	q := w.usual()
	given, err := os.ReadFile(q.Recipe)
	if err != nil {
		t.Fatal(err)
	}
	copied := func(text string) (string, provenance.Recipe) {
		w.write("recipe.yaml", text)
		f := w.must(q)
		out, err := os.ReadFile(filepath.Join(f.Out, "provenance", "recipe.yaml"))
		if err != nil || f.Run.Recipe.Given != provenance.SHA256([]byte(text)) || f.Run.Recipe.File.SHA256 != provenance.SHA256(out) {
			t.Errorf("%v: record %+v", err, f.Run.Recipe)
		}
		return string(out), f.Run.Recipe
	}
	if text, _ := copied(string(given)); text != string(given) {
		t.Errorf("a recipe without absolute paths is changed:\n%s", text)
	}
	places := strings.NewReplacer("path: base", "path: "+w.path("base"), "train: rows.jsonl", "train: ['"+w.path("rows.jsonl")+"']")
	text, _ := copied(places.Replace(string(given)))
	want := strings.NewReplacer("path: base", `path: "{base}"`, "train: rows.jsonl", "train: ['{data.0}.jsonl']").Replace(string(given))
	if text != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
	hidden := strings.Replace(string(given), "path: base", `path: "\x2f`+w.path("base")[1:]+`"`, 1)
	if text, r := copied(hidden); r.File.SHA256 != r.Resolved.SHA256 || strings.Contains(text, w.dir) {
		t.Errorf("got\n%s", text)
	}
}
