package llama

import (
	"slices"
	"strings"
	"testing"

	"github.com/osft-project/osft/model/family"
)

const config = `{"vocab_size": 32, "hidden_size": 8, "intermediate_size": 12, "num_hidden_layers": 2, "num_attention_heads": 4,
	"rms_norm_eps": 1e-5, "model_type": `

func read(t *testing.T, text string) *decoder {
	t.Helper()
	_, a, err := family.Read([]byte(config + text + "}"))
	if err != nil {
		t.Fatal(err)
	}
	return a.(*decoder)
}

// TestDefaults compares with the defaults of Transformers' LlamaConfig and MistralConfig.
func TestDefaults(t *testing.T) {
	l := read(t, `"llama"`)
	if l.heads.KVHeads != 4 || l.heads.HeadDim != 2 || l.heads.Window != 0 || l.attentionBias || l.mlpBias || l.tied || l.pad != -1 {
		t.Errorf("llama %+v", l)
	}
	for text, want := range map[string][2]int{
		`"mistral", "num_key_value_heads": 2`:                            {2, 4096},
		`"mistral", "num_key_value_heads": null, "sliding_window": null`: {4, 0},
		`"mistral", "num_key_value_heads": 1, "sliding_window": 7`:       {1, 7},
	} {
		if m := read(t, text); m.heads.KVHeads != want[0] || m.heads.Window != want[1] {
			t.Errorf("%s: %+v", text, m.heads)
		}
	}
	if _, _, err := family.Read([]byte(config + `"mistral"}`)); err == nil || !strings.Contains(err.Error(), "num_key_value_heads: is 8, which does not divide the 4") {
		t.Errorf("mistral's default of 8 key heads: %v", err)
	}
}

func TestRefuses(t *testing.T) {
	for text, want := range map[string]string{
		`"llama", "hidden_act": "gelu"`:                                      `hidden_act: "gelu" is not supported (osft has silu, swish)`,
		`"mistral", "num_key_value_heads": 2, "attention_bias": true`:        "attention_bias: true is not supported for this model_type",
		`"mistral", "num_key_value_heads": 2, "sliding_window": 0`:           "sliding_window: is 0, must be between 1",
		`"llama", "residual_multiplier": 0.22, "tie_word_embeddings": "yes"`: "residual_multiplier: 0.22 is not supported",
	} {
		if _, _, err := family.Read([]byte(config + text + "}")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}

func TestParams(t *testing.T) {
	var names []string
	for p := range read(t, `"llama", "attention_bias": true`).Params() {
		names = append(names, p.Name)
	}
	want := []string{"model.embed_tokens.weight", "model.layers.0.input_layernorm.weight", "model.layers.0.self_attn.q_proj.weight", "model.layers.0.self_attn.q_proj.bias"}
	if !slices.Equal(names[:4], want) || len(names) != 1+2*13+2 || names[len(names)-1] != "lm_head.weight" {
		t.Errorf("%d parameters: %v", len(names), names)
	}
	for range read(t, `"llama"`).Params() { // whoever stops early is not given more
		break
	}
	count := 0
	for range read(t, `"llama", "tie_word_embeddings": true`).Params() {
		if count++; count == 5 {
			break
		}
	}
}
