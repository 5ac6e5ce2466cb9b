package model_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/osft-project/osft/model"
)

// TestBroken opens every broken config and every broken checkpoint of the vectors, and every broken index, and compares the
// outcome with the verdict that lies beside it.
func TestBroken(t *testing.T) {
	root := filepath.Join(vectors(t), "broken")
	ran := 0
	for _, group := range []string{"config", "safetensors", "index"} {
		found, err := filepath.Glob(filepath.Join(root, group, "*", "expect.txt"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range found {
			dir := filepath.Dir(path)
			ran++
			t.Run(group+"/"+filepath.Base(dir), func(t *testing.T) { judge(t, root, group, dir) })
		}
	}
	if ran == 0 {
		t.Skip("skipped: no vectors")
	}
	t.Logf("%d cases ran", ran)
}

// named is what the message must contain, where the verdict says that it must name something.
var named = map[string]string{
	"layers_too_many":     "model.layers.1.",
	"missing_tensor":      "model.layers.0.mlp.up_proj.weight: is missing",
	"wrong_shape":         "model.layers.0.self_attn.q_proj.weight: has the shape [10 8] (config.json asks for [8 8])",
	"transposed_shape":    "model.layers.0.mlp.down_proj.weight: has the shape [12 8] (config.json asks for [8 12])",
	"flattened_shape":     "model.layers.0.self_attn.q_proj.weight: has the shape [64]",
	"dtype_int_weight":    "model.layers.0.input_layernorm.weight: is I32 (weights must be F32, F16 or BF16)",
	"quantized":           "quantised",
	"unknown_rope_type":   `rope_parameters.rope_type: "spiral" is not supported`,
	"unknown_activation":  "hidden_act: ",
	"hidden_size_huge":    "hidden_size: is 4611686018427387904, must be between",
	"vocab_mismatch":      "model.embed_tokens.weight: has the shape",
	"missing_hidden_size": "hidden_size: is missing",
	"bom":                 "byte order mark",
}

func judge(t *testing.T, root, group, dir string) {
	text, err := os.ReadFile(filepath.Join(dir, "expect.txt"))
	if err != nil {
		t.Fatal(err)
	}
	folder := os.DirFS(dir)
	if group == "config" {
		folder = borrowed(t, root, dir)
	}
	m, err := model.Load(t.Context(), folder)
	if err == nil {
		defer m.Close()
	}
	verdict, _, _ := strings.Cut(string(text), ":")
	switch {
	case verdict == "accept" && err != nil, verdict == "accept-or-warn" && err != nil:
		t.Errorf("refused: %v", err)
	case verdict == "reject" && err == nil:
		t.Errorf("accepted, but: %s", text)
	}
	if want := named[filepath.Base(dir)]; want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
		t.Errorf("got %v, want %q", err, want)
	}
	if err == nil {
		accepted(t, filepath.Base(dir), m)
	}
}

// borrowed is a folder with a broken config.json and the weights of the valid model.
func borrowed(t *testing.T, root, dir string) fstest.MapFS {
	t.Helper()
	folder := fstest.MapFS{}
	for name, path := range map[string]string{
		"model.safetensors": filepath.Join(root, "valid_model", "model.safetensors"), "config.json": filepath.Join(dir, "config.json"),
	} {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		folder[name] = &fstest.MapFile{Data: data}
	}
	return folder
}

// accepted looks at what was accepted although something is odd about it: it must be said, or stop the training.
func accepted(t *testing.T, name string, m *model.Model) {
	t.Helper()
	var b model.Batch
	b.Append([]int32{1, 2, 3}, []int32{2, 3, 4})
	s, err := m.Session(names(m))
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Gradient(t.Context(), b, 1, true)
	want := map[string]string{
		"nan_weight": "model.layers.0.self_attn.q_proj.weight: element [1 2] is NaN",
		"inf_weight": "lm_head.weight: element [0 0] is -Inf",
	}[name]
	if (err == nil) != (want == "") || want != "" && !strings.Contains(err.Error(), want) {
		t.Errorf("training: %v, want %q", err, want)
	}
	extra := m.Extra()
	switch name {
	case "extra_tensor":
		if len(extra) == 0 || extra[0].Name != "model.layers.9.self_attn.q_proj.weight" || extra[0].Why != "" {
			t.Errorf("extra tensors %v", extra)
		}
	case "extra_inv_freq":
		if len(extra) == 0 || extra[0].Why == "" {
			t.Errorf("extra tensors %v", extra)
		}
	case "extra_keys":
		if m.Config().RefuseUnknown() == nil {
			t.Error("the unknown key is not named")
		}
	default:
		if len(extra) > 0 {
			t.Errorf("extra tensors %v", extra)
		}
	}
}
