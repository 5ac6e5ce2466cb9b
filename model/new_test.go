package model_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/osft-project/osft/model"
)

func TestInit(t *testing.T) {
	config := strings.Replace(string(contents(t, "../testdata/vectors/models/llama_tied/config.json")), `"pad_token_id": null`, `"pad_token_id": 9`, 1)
	config = strings.Replace(config, `"attention_bias": false`, `"attention_bias": true`, 1)
	m, err := model.Init(t.Context(), []byte(config), 1)
	if err != nil {
		t.Fatal(err)
	}
	var all []float64
	for _, p := range m.Params() {
		v := m.Value(p.Name)
		switch {
		case strings.HasSuffix(p.Name, "norm.weight"):
			if slices.Min(v) != 1 || slices.Max(v) != 1 {
				t.Errorf("%s is not 1", p.Name)
			}
		case strings.HasSuffix(p.Name, ".bias"):
			if slices.Min(v) != 0 || slices.Max(v) != 0 {
				t.Errorf("%s is not 0", p.Name)
			}
		default:
			for _, x := range v {
				all = append(all, float64(x))
			}
		}
	}
	if pad := m.Value("model.embed_tokens.weight")[9*32 : 10*32]; slices.Max(pad) != 0 || slices.Min(pad) != 0 {
		t.Error("the padding token's embedding is not 0")
	}
	var sum, squares float64
	for _, x := range all {
		sum += x
		squares += x * x
	}
	n := float64(len(all))
	if mean, deviation := sum/n, math.Sqrt(squares/n); math.Abs(mean) > 0.02*5/math.Sqrt(n) || math.Abs(deviation-0.02) > 0.0005 {
		t.Errorf("mean %v, deviation %v", mean, deviation)
	}
	again, err := model.Init(t.Context(), []byte(config), 1)
	if err != nil {
		t.Fatal(err)
	}
	other, err := model.Init(t.Context(), []byte(config), 2)
	if err != nil {
		t.Fatal(err)
	}
	const q = "model.layers.1.self_attn.q_proj.weight"
	if !slices.Equal(m.Value(q), again.Value(q)) || slices.Equal(m.Value(q), other.Value(q)) {
		t.Error("weights do not follow the seed")
	}
	trainNew(t, m)
}

// trainNew computes a gradient of a new model, writes it and reads it again.
func trainNew(t *testing.T, m *model.Model) {
	t.Helper()
	gradient(t, session(t, m, names(m)), sample(256), true)
	again := load(t, save(t, m, model.SaveOptions{}))
	for _, p := range again.Params() {
		got := make([]float32, p.Elements())
		if err := again.Read(p, got); err != nil {
			t.Fatal(err)
		}
		if maxAbs(got, m.Value(p.Name)) != 0 {
			t.Errorf("%s: other values after reading again", p.Name)
		}
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}

func TestInitRefuses(t *testing.T) {
	if _, err := model.Init(t.Context(), []byte("{}"), 1); err == nil {
		t.Error("accepted an empty config")
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	config := contents(t, tiedCase, "config.json")
	if _, err := model.Init(stopped, config, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
