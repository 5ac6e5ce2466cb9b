package family_test

import (
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/osft-project/osft/model/family"
	"github.com/osft-project/osft/model/graph"
	"github.com/osft-project/osft/model/kernel"
	"github.com/osft-project/osft/model/weights"
)

// probe is an architecture that reads every kind of key.
type probe struct {
	heads kernel.AttentionShape
	rope  family.RoPE
	bias  bool
	eps   float64
}

func (*probe) Params() iter.Seq[family.Param]     { return func(func(family.Param) bool) {} }
func (*probe) Forward(*graph.Builder) family.Head { return family.Head{} }

func init() {
	family.Register("probe", func(k *family.Keys) family.Architecture {
		heads := k.Heads(0)
		return &probe{heads: heads, rope: k.RoPE(heads.HeadDim, 10000), bias: k.BoolOr("attention_bias", false), eps: k.Positive("eps")}
	})
}

const minimal = `"model_type": "probe", "vocab_size": 100, "hidden_size": 8, "num_attention_heads": 2, "eps": 1e-5`

func read(text string) (*family.Config, *probe, error) {
	c, a, err := family.Read([]byte("{" + text + "}"))
	p, _ := a.(*probe)
	return c, p, err
}

func TestReadRefuses(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"kind", `"model_type": "probe", "hidden_size": "8"`, `config.json:1: hidden_size: is a string, must be a number`},
		{"missing", `"model_type": "probe"`, "config.json: vocab_size: is missing (the model cannot be built without it)"},
		{"fraction", minimal + `, "head_dim": 4.0`, "head_dim: 4.0 is not an integer of 64 bits"},
		{"range", minimal + `, "head_dim": 99999999999`, "head_dim: is 99999999999, must be between 1 and 16777216"},
		{"negative number", `"model_type": "probe", "eps": -1`, "eps: is -1, must be above zero"},
		{"not a number", `"model_type": "probe", "eps": "x"`, "eps: is a string, must be a number"},
		{"bool", minimal + `, "attention_bias": 1`, "attention_bias: is a number, must be a boolean"},
		{"model type kind", `"model_type": 3`, "model_type: is a number, must be a string"},
		{"model type", `"model_type": "bert"`, `model_type: "bert" is not supported (osft has probe)`},
		{"no model type", ``, "config.json: model_type: is missing"},
		{"class", minimal + `, "architectures": ["BertForMaskedLM"]`, `architectures: "BertForMaskedLM" is not a causal language model (osft trains ...ForCausalLM)`},
		{"classes", minimal + `, "architectures": 3`, "architectures: is a number, must be an array"},
		{"token", minimal + `, "eos_token_id": [1, 100]`, "eos_token_id: is 100, must be between -1 and 99"},
		{"token kind", minimal + `, "bos_token_id": "a"`, "bos_token_id: is a string, must be a number"},
		{"dtype", minimal + `, "dtype": "int8"`, `dtype: "int8" is not supported (osft has float32, float16, bfloat16)`},
		{"dtype kind", minimal + `, "dtype": 5`, `dtype: is a number, must be a string`},
		{"two dtypes", minimal + `, "dtype": "float32", "torch_dtype": "bfloat16"`, `torch_dtype: is "bfloat16" where dtype is "float32" (they are two names of one thing)`},
		{"heads", minimal + `, "num_key_value_heads": 3`, "num_key_value_heads: is 3, which does not divide the 2 of num_attention_heads"},
		{"head dim", strings.Replace(minimal, ": 8", ": 9", 1), "head_dim: is missing and hidden_size 9 is not a multiple of num_attention_heads 2"},
		{"odd", minimal + `, "head_dim": 3`, "head_dim: is 3, must be even (rotary embedding turns pairs)"},
		{"rope object", minimal + `, "rope_scaling": 3`, "rope_scaling: is a number, must be an object"},
		{"rope type", minimal + `, "rope_scaling": {"type": "yarn"}`, `config.json:1: rope_scaling.type: "yarn" is not supported (osft has default, llama3)`},
		{"rope key", minimal + `, "rope_parameters": {"rope_type": "default", "spin": 2}`, `spin: is not a key of rope type "default"`},
		{"rope twice", minimal + `, "rope_parameters": {"rope_type": "default"}, "rope_scaling": {"rope_type": "llama3"}`, "rope_scaling: differs from rope_parameters (they are two names of one thing)"},
		{"theta twice", minimal + `, "rope_parameters": {"rope_theta": 5}, "rope_theta": 6`, "rope_theta: is 6 where rope_parameters has 5"},
		{"partial", minimal + `, "rope_parameters": {"partial_rotary_factor": 0.5}`, "partial_rotary_factor: 0.5 is not supported for this model_type"},
		{"bands", minimal + `, "rope_parameters": {"rope_type": "llama3", "factor": 8, "low_freq_factor": 4, "high_freq_factor": 1, "original_max_position_embeddings": 64}`, "high_freq_factor: is 1, must be above low_freq_factor 4"},
		{"quantised", minimal + `, "quantization_config": {"bits": 4}`, "quantization_config: the checkpoint is quantised, which is not supported (fine-tune the unquantised one)"},
		{"multiplier", minimal + `, "embedding_multiplier": 12`, "embedding_multiplier: 12 is not supported for this model_type (osft would compute something else)"},
		{"dropout", minimal + `, "attention_dropout": 0.1`, "attention_dropout: 0.1 is not supported"},
		{"softcap", minimal + `, "final_logit_softcapping": 30.0`, "final_logit_softcapping: 30.0 is not supported"},
		{"duplicate", minimal + `, "eps": 1`, "the name appears twice in its object"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, _, err := read(tt.text); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	for text, want := range map[string]string{"[]": "config.json: is an array, must be an object", "\ufeff{}": "byte order mark"} {
		if _, _, err := family.Read([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v", text, err)
		}
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	_, _, err := read(`"model_type": "probe", "vocab_size": 0, "hidden_size": null, "eps": "x", "attention_multiplier": 2`)
	if err == nil {
		t.Fatal("accepted")
	}
	for _, key := range []string{"vocab_size", "hidden_size", "num_attention_heads", "eps", "attention_multiplier"} {
		if strings.Count(err.Error(), key+": ") != 1 {
			t.Errorf("%s is not named once in:\n%v", key, err)
		}
	}
}

func TestRead(t *testing.T) {
	text := minimal + `, "use_cache": true, "z_mine": 1, "logits_scaling": 1.0, "a_mine": {}, "torch_dtype": "bfloat16",
		"eos_token_id": [7, 8], "bos_token_id": -1, "pad_token_id": 3, "num_key_value_heads": null, "quantization_config": null,
		"architectures": ["ProbeForCausalLM"], "tie_word_embeddings": true, "max_position_embeddings": 64`
	c, p, err := read(text)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(c.Unknown, []string{"z_mine", "a_mine"}) {
		t.Errorf("unknown keys %q", c.Unknown)
	}
	want := "config.json: z_mine, a_mine: unknown keys (without strict-config they are kept and not looked at)"
	if err := c.RefuseUnknown(); err == nil || err.Error() != want {
		t.Errorf("strict: %v", err)
	}
	if !slices.Equal(c.EOS, []int32{7, 8}) || c.BOS != nil || c.Pad != 3 || !c.Tied || c.MaxPositions != 64 || c.DType != weights.BF16 {
		t.Errorf("config %+v", c)
	}
	if p.heads.KVHeads != 2 || p.heads.HeadDim != 4 || p.eps != 1e-5 || c.InitializerRange != 0.02 {
		t.Errorf("probe %+v", p)
	}
	if string(c.Raw) != "{"+text+"}" {
		t.Error("the file was not kept as it is")
	}
	if c, _, err = read(minimal); err != nil || c.RefuseUnknown() != nil || c.Pad != -1 || c.DType != weights.F32 {
		t.Errorf("minimal: %+v, %v", c, err)
	}
}

// TestRoPE compares with what PyTorch 2.15 computes for Transformers 5.23's rope_type default and llama3.
func TestRoPE(t *testing.T) {
	scaled := `"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 64`
	plain := []float32{1, 0.215443447, 0.046415884, 0.00999999978, 0.00215443433, 0.000464158948}
	llama3 := []float32{1, 0.244384587, 0.0130422562, 0.00395284733, 0.00124999997, 0.000395284733, 0.000125000006, 3.95284733e-05}
	tests := []struct {
		dim  int
		text string
		want []float32
	}{
		{12, ``, plain},
		{12, `, "rope_theta": 10000.0, "rope_scaling": null`, plain},
		{12, `, "rope_parameters": {"rope_theta": 10000.0, "rope_type": "default"}`, plain},
		{12, `, "rope_theta": 10000, "rope_parameters": {"rope_theta": 10000.0, "partial_rotary_factor": 1.0}`, plain},
		{16, `, "rope_parameters": {"rope_theta": 10000.0, ` + scaled + `}`, llama3},
		{16, `, "rope_theta": 10000.0, "rope_scaling": {` + scaled + `}`, llama3},
		{16, `, "rope_scaling": {` + strings.Replace(scaled, "rope_type", "type", 1) + `}`, llama3},
	}
	for _, tt := range tests {
		_, p, err := read(minimal + fmt.Sprintf(`, "head_dim": %d`, tt.dim) + tt.text)
		if err != nil {
			t.Errorf("%s: %v", tt.text, err)
			continue
		}
		for i, got := range p.rope.InvFreq {
			if math.Abs(float64(got/tt.want[i]-1)) > 2e-7 {
				t.Errorf("%s: frequency %d is %v, want %v", tt.text, i, got, tt.want[i])
			}
		}
	}
	_, p, err := read(minimal + `, "head_dim": 16, "rope_parameters": {"rope_type": "llama3", "factor": 8.0}`)
	if err == nil {
		t.Errorf("incomplete llama3 accepted: %v", p)
	}
}

func TestRegister(t *testing.T) {
	defer func() {
		if r := recover(); r != "family: model_type probe is registered twice" {
			t.Errorf("got %v", r)
		}
	}()
	family.Register("probe", nil)
}

func FuzzRead(f *testing.F) {
	f.Add("{" + minimal + "}")
	f.Add(`{"model_type": "probe", "rope_scaling": {"rope_type": "llama3", "factor": 1e308}, "rope_theta": 1e-300}`)
	f.Add(`{"model_type": "probe", "hidden_size": 16777216, "head_dim": 2, "eos_token_id": [[1]], "architectures": [1]}`)
	f.Fuzz(func(t *testing.T, text string) {
		c, a, err := family.Read([]byte(text))
		if err == nil && (c == nil || a == nil || c.VocabSize < 1) {
			t.Errorf("accepted %q as %+v", text, c)
		}
	})
}
