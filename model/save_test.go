package model_test

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/osft-project/osft/model"
	"github.com/osft-project/osft/model/weights"
	"github.com/osft-project/osft/provenance/disk"
)

// copyCase copies a model to another folder and changes its config.
func copyCase(t *testing.T, from, to string, change func(config string) string) {
	t.Helper()
	for _, name := range []string{"config.json", "model.safetensors"} {
		data, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			t.Fatal(err)
		}
		if name == "config.json" {
			changed := change(string(data))
			if changed == string(data) {
				t.Fatal("the config was not changed")
			}
			data = []byte(changed)
		}
		if err := os.WriteFile(filepath.Join(to, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// save writes a model to a new folder.
func save(t *testing.T, m *model.Model, o model.SaveOptions) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "work")
	stage, err := disk.NewStage(disk.System{}, dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Save(t.Context(), stage, o); err != nil {
		t.Fatal(err)
	}
	return dir
}

func contents(t *testing.T, path ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestSaveUnchanged(t *testing.T) {
	from := t.TempDir()
	copyCase(t, tiedCase, from, func(config string) string { return config + " " })
	for name, text := range map[string]string{"tokenizer.json": "{}", "generation_config.json": "{ }", "notes.txt": "mine"} {
		if err := os.WriteFile(filepath.Join(from, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	m := load(t, from)
	s := session(t, m, names(m))
	gradient(t, s, sample(256), true) // the trained copies are made and not changed
	to := save(t, m, model.SaveOptions{})
	for _, name := range []string{"config.json", "model.safetensors", "tokenizer.json", "generation_config.json"} {
		if !bytes.Equal(contents(t, from, name), contents(t, to, name)) {
			t.Errorf("%s has other bytes", name)
		}
	}
	if _, err := os.Stat(filepath.Join(to, "notes.txt")); err == nil {
		t.Error("a file that does not belong to the model was copied")
	}
}

func TestSaveChanged(t *testing.T) {
	m := load(t, tiedCase)
	session(t, m, []string{"model.norm.weight"})
	if m.Value("model.embed_tokens.weight") != nil {
		t.Error("a frozen parameter can be changed")
	}
	m.Value("model.norm.weight")[3] = 42
	again := load(t, save(t, m, model.SaveOptions{}))
	for i, p := range again.Params() {
		got, want := make([]float32, p.Elements()), make([]float32, p.Elements())
		if err := again.Read(p, got); err != nil {
			t.Fatal(err)
		}
		if err := m.Read(m.Params()[i], want); err != nil {
			t.Fatal(err)
		}
		if maxAbs(got, want) != 0 || p.Name == "model.norm.weight" && got[3] != 42 {
			t.Errorf("%s: other values", p.Name)
		}
	}
	m.Value("model.norm.weight")[3] = float32(math.NaN())
	stage, err := disk.NewStage(disk.System{}, filepath.Join(t.TempDir(), "work"))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Save(t.Context(), stage, model.SaveOptions{}); err == nil || !strings.Contains(err.Error(), "model.norm.weight: element 3: NaN") {
		t.Errorf("got %v", err)
	}
}

func TestSaveAsOtherDType(t *testing.T) {
	m := load(t, tiedCase)
	to := save(t, m, model.SaveOptions{DType: weights.BF16})
	again := load(t, to)
	if again.Config().DType != weights.BF16 || again.Params()[0].DType != weights.BF16 {
		t.Errorf("dtype %v", again.Config().DType)
	}
	want := strings.Replace(string(m.Config().Raw), `"dtype": "float32"`, `"dtype": "bfloat16"`, 1)
	if string(contents(t, to, "config.json")) != want {
		t.Errorf("config.json:\n%s", contents(t, to, "config.json"))
	}
	b := sample(256)
	got, err := again.Logits(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	full, err := m.Logits(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	if d := maxAbs(got, full); d == 0 || d > 0.2 {
		t.Errorf("logits differ by %v", d)
	}
	stage, err := disk.NewStage(disk.System{}, filepath.Join(t.TempDir(), "work"))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Save(t.Context(), stage, model.SaveOptions{DType: weights.I64}); err == nil {
		t.Error("weights were written as integers")
	}
}

// TestFrozenHalves trains one layer of a checkpoint in 16 bits: the frozen weights are read where they lie, and give the bits
// of the same weights widened to float32.
func TestFrozenHalves(t *testing.T) {
	for _, dtype := range []weights.DType{weights.BF16, weights.F16} {
		half := load(t, save(t, load(t, tiedCase), model.SaveOptions{DType: dtype}))
		wide := load(t, save(t, half, model.SaveOptions{DType: weights.F32}))
		trained := []string{"model.layers.1.mlp.up_proj.weight", "model.layers.0.input_layernorm.weight"}
		a, b := session(t, half, trained), session(t, wide, trained)
		if gradient(t, a, sample(256), true) != gradient(t, b, sample(256), true) {
			t.Errorf("%v: another loss", dtype)
		}
		for _, name := range trained {
			if maxAbs(a.Grad(name), b.Grad(name)) != 0 {
				t.Errorf("%v: %s has other bits", dtype, name)
			}
		}
	}
}

// TestTiedHeadInFile opens a checkpoint that holds the tied head as a tensor of its own: it must be the embedding, and must
// follow it when it is written.
func TestTiedHeadInFile(t *testing.T) {
	write := func(change bool) string {
		m := load(t, tiedCase)
		var list []weights.New
		for _, tensor := range m.Checkpoint().Tensors() {
			list = append(list, weights.New{Tensor: tensor})
			if tensor.Name == "model.embed_tokens.weight" {
				head := weights.New{Tensor: tensor, Values: append([]float32{}, tensor.Float32s()...)}
				head.Name = "lm_head.weight"
				if change {
					head.Values[0]++
				}
				list = append(list, head)
			}
		}
		dir := t.TempDir()
		stage, err := disk.NewStage(disk.System{}, filepath.Join(dir, "m"))
		if err != nil {
			t.Fatal(err)
		}
		if err := weights.Write(t.Context(), stage, weights.FileName, list, nil); err != nil {
			t.Fatal(err)
		}
		if err := stage.WriteFile("config.json", contents(t, tiedCase, "config.json")); err != nil {
			t.Fatal(err)
		}
		return filepath.Join(dir, "m")
	}
	if _, err := model.Load(t.Context(), os.DirFS(write(true))); err == nil || !strings.Contains(err.Error(), "lm_head.weight: differs from model.embed_tokens.weight, to which tie_word_embeddings ties it") {
		t.Errorf("got %v", err)
	}
	m := load(t, write(false))
	if extra := m.Extra(); len(extra) != 1 || extra[0].Name != "lm_head.weight" || extra[0].Why == "" {
		t.Errorf("extra tensors %v", extra)
	}
	session(t, m, []string{"model.embed_tokens.weight"})
	m.Value("model.embed_tokens.weight")[5] = 3
	again := load(t, save(t, m, model.SaveOptions{}))
	tensor, _ := again.Checkpoint().Tensor("lm_head.weight")
	if tensor.Float32s()[5] != 3 {
		t.Error("the head has not followed the embedding")
	}
}

func TestLoadRefuses(t *testing.T) {
	if _, err := model.Load(t.Context(), os.DirFS(t.TempDir())); err == nil || err.Error() != "config.json: not found (is this the folder of a checkpoint?)" {
		t.Errorf("got %v", err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "config.json"), make([]byte, 1<<20+1), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := model.Load(t.Context(), os.DirFS(dir)); err == nil || err.Error() != "config.json: is larger than 1048576 bytes" {
		t.Errorf("got %v", err)
	}
	copyCase(t, tiedCase, dir, func(config string) string {
		return strings.Replace(config, `"num_hidden_layers": 2`, `"num_hidden_layers": 2000`, 1)
	})
	if _, err := model.Load(t.Context(), os.DirFS(dir)); err == nil || strings.Count(err.Error(), "\n") != 20 || !strings.HasSuffix(err.Error(), "and more of this kind") {
		t.Errorf("got %v", err)
	}
}
