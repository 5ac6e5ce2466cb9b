package model_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/osft-project/osft/model"
)

func generate(t *testing.T, m *model.Model, prompt []int32, o model.GenerateOptions) (ids []int32) {
	t.Helper()
	if err := m.Generate(t.Context(), prompt, o, func(id int32) { ids = append(ids, id) }); err != nil {
		t.Fatal(err)
	}
	return ids
}

// TestCacheIsTheFullPass feeds a document in parts of several sizes: the logits after every part have the bits of the full
// pass. The models are a llama, and one whose window is shorter than the document.
func TestCacheIsTheFullPass(t *testing.T) {
	window := t.TempDir()
	copyCase(t, tiedCase, window, func(config string) string {
		return strings.Replace(config, `"model_type": "llama"`, `"sliding_window": 37, "model_type": "mistral"`, 1)
	})
	for _, dir := range []string{tiedCase, window} {
		m := load(t, dir)
		var b model.Batch
		var parts [][]int32
		for i := range 150 {
			id := int32(i*i*3+i) % 256
			b.Tokens = append(b.Tokens, id)
			if i < 45 || i >= 90 && i < 95 { // a prompt, then single tokens with one larger part among them
				if i == 0 || i == 90 {
					parts = append(parts, nil)
				}
				parts[len(parts)-1] = append(parts[len(parts)-1], id)
			} else {
				parts = append(parts, []int32{id})
			}
		}
		tokens := b.Tokens
		b = model.Batch{}
		b.Append(tokens, nil)
		full, err := m.Logits(t.Context(), b)
		if err != nil {
			t.Fatal(err)
		}
		steps, err := m.Steps(t.Context(), parts)
		if err != nil {
			t.Fatal(err)
		}
		end := 0
		for i, got := range steps {
			end += len(parts[i])
			if !slices.Equal(bitsOf(got), bitsOf(full[(end-1)*256:end*256])) {
				t.Errorf("%s: other bits after %d tokens", dir, end)
			}
		}
	}
}

func TestSampling(t *testing.T) {
	m := load(t, tiedCase)
	prompt := []int32{5, 6, 7}
	o := model.GenerateOptions{MaxTokens: 40, Temperature: 0.8, Seed: 3}
	first := generate(t, m, prompt, o)
	if !slices.Equal(first, generate(t, m, prompt, o)) {
		t.Error("one seed, two continuations")
	}
	o.Seed = 4
	if slices.Equal(first, generate(t, m, prompt, o)) {
		t.Error("two seeds, one continuation")
	}
	greedy := generate(t, m, prompt, model.GenerateOptions{MaxTokens: 40})
	for _, o := range []model.GenerateOptions{{Temperature: 3, TopK: 1}, {Temperature: 3, TopP: 1e-9}, {Temperature: 1e-4}} {
		o.MaxTokens = 40
		if !slices.Equal(generate(t, m, prompt, o), greedy) {
			t.Errorf("%+v: not the likeliest tokens", o)
		}
	}
	stopped := generate(t, m, prompt, model.GenerateOptions{MaxTokens: 40, Stop: []int32{greedy[4]}})
	if !slices.Equal(stopped, greedy[:slices.Index(greedy, greedy[4])+1]) {
		t.Errorf("stopped at %v of %v", stopped, greedy)
	}
}

// TestSamplingFollowsTheModel draws the first token many times and compares how often each comes with its probability.
func TestSamplingFollowsTheModel(t *testing.T) {
	m := load(t, tiedCase)
	prompt := []int32{5, 6, 7}
	var b model.Batch
	b.Append(prompt, nil)
	logits, err := m.Logits(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	row := logits[2*256:]
	total := 0.0
	for _, v := range row {
		total += math.Exp(float64(v) / 0.7)
	}
	const draws = 2000
	counts := make([]int, 256)
	for seed := range uint64(draws) {
		counts[generate(t, m, prompt, model.GenerateOptions{MaxTokens: 1, Temperature: 0.7, Seed: seed})[0]]++
	}
	for id, n := range counts {
		p := math.Exp(float64(row[id])/0.7) / total
		if sigma := math.Sqrt(draws*p*(1-p)) + 1; math.Abs(float64(n)-draws*p) > 5*sigma {
			t.Errorf("token %d came %d times, expected %.1f", id, n, draws*p)
		}
	}
}

func TestGenerateRefuses(t *testing.T) {
	m := load(t, tiedCase)
	tests := []struct {
		prompt []int32
		o      model.GenerateOptions
		want   string
	}{
		{nil, model.GenerateOptions{}, "generate: the prompt is empty"},
		{[]int32{1}, model.GenerateOptions{Temperature: -1}, "generate: temperature: -1 is not a number from 0"},
		{[]int32{1}, model.GenerateOptions{TopK: -1}, "generate: top_k: -1 is negative"},
		{[]int32{1}, model.GenerateOptions{TopP: 1.5}, "generate: top_p: 1.5 is not between 0 and 1"},
		{[]int32{999}, model.GenerateOptions{MaxTokens: 1}, "batch: token 0: 999 is not in the vocabulary"},
	}
	for _, tt := range tests {
		if err := m.Generate(t.Context(), tt.prompt, tt.o, func(int32) {}); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("got %v, want %q", err, tt.want)
		}
	}
	session(t, m, []string{"model.norm.weight"})
	m.Value("model.norm.weight")[0] = float32(math.NaN())
	if err := m.Generate(t.Context(), []int32{1}, model.GenerateOptions{MaxTokens: 1}, func(int32) {}); err == nil || err.Error() != "generate: the logit of token 0 is NaN" {
		t.Errorf("got %v", err)
	}
}
