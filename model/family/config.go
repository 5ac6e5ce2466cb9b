package family

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/osft-project/osft/model/weights"
	"github.com/osft-project/osft/provenance/strict"
)

// Config is what every architecture's config.json says, and the file itself.
type Config struct {
	ModelType        string
	VocabSize        int
	MaxPositions     int           // max_position_embeddings: what the model was made for; nothing breaks beyond
	BOS, EOS         []int32       // empty where the file has none
	Pad              int32         // -1 where the file has none; its embedding is not trained by its own occurrences
	Tied             bool          // the head is the embedding
	DType            weights.DType // of the published weights; F32 where the file does not say
	InitializerRange float64       // standard deviation of random weights
	Unknown          []string      // keys that nothing here knows, in the order of the file
	Raw              []byte        // the file as it was read
}

// Read reads a config.json: the architecture that its model_type names, and what all of them share. The error joins all
// problems of the file.
func Read(data []byte) (*Config, Architecture, error) {
	if bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) {
		return nil, nil, errors.New("config.json: begins with a byte order mark (JSON has none: RFC 8259 §8.1; save it without)")
	}
	object, err := strict.Parse(data, strict.Limits{Size: 1 << 20})
	if err != nil {
		return nil, nil, fmt.Errorf("config.json: %w", err)
	}
	if object.Kind() != strict.Object {
		return nil, nil, fmt.Errorf("config.json: is %v, must be an object", object.Kind())
	}
	var problems []error
	k := &Keys{object: object, used: map[string]bool{}, problems: &problems}
	build := k.architecture()
	if build == nil {
		return nil, nil, joined(problems)
	}
	c := k.shared(data)
	a := build(k)
	c.Unknown = k.common()
	return c, a, joined(problems)
}

// RefuseUnknown is an error that names the keys that nothing here knows, nil where there are none.
func (c *Config) RefuseUnknown() error {
	if len(c.Unknown) == 0 {
		return nil
	}
	names := strings.Join(c.Unknown, ", ")
	return fmt.Errorf("config.json: %s: unknown keys (without strict-config they are kept and not looked at)", names)
}

// joined joins problems, each once: two readers of one key find the same.
func joined(problems []error) error {
	seen := map[string]bool{}
	return errors.Join(slices.DeleteFunc(problems, func(err error) bool {
		again := seen[err.Error()]
		seen[err.Error()] = true
		return again
	})...)
}

// architecture finds the constructor of the file's model_type.
func (k *Keys) architecture() func(*Keys) Architecture {
	v, ok := k.required("model_type")
	if !ok {
		return nil
	}
	name, err := v.String()
	if err != nil {
		k.wrong("model_type", err)
		return nil
	}
	build, ok := architectures[name]
	if !ok {
		k.problem("model_type", "%q is not supported (osft has %s)", name, strings.Join(Registered(), ", "))
		return nil
	}
	k.causal()
	return build
}

// causal checks that the file is about a causal language model: `architectures` names the class that saved it.
func (k *Keys) causal() {
	v, ok := k.get("architectures")
	if !ok {
		return
	}
	list, err := v.Array()
	if err != nil {
		k.wrong("architectures", err)
		return
	}
	for _, e := range list {
		if class, err := e.String(); err != nil || !strings.HasSuffix(class, "ForCausalLM") {
			k.problem("architectures", "%s is not a causal language model (osft trains ...ForCausalLM)", e.Raw())
		}
	}
}

// shared reads what all architectures have.
func (k *Keys) shared(data []byte) *Config {
	modelType, _ := k.object.Get("model_type")
	c := &Config{Raw: bytes.Clone(data), Pad: -1}
	c.ModelType, _ = modelType.String()
	c.VocabSize = k.Count("vocab_size")
	c.MaxPositions = k.CountOr("max_position_embeddings", 2048)
	c.BOS = k.Tokens("bos_token_id", c.VocabSize)
	c.EOS = k.Tokens("eos_token_id", c.VocabSize)
	if pad := k.Tokens("pad_token_id", c.VocabSize); len(pad) > 0 {
		c.Pad = pad[0]
	}
	c.Tied = k.BoolOr("tie_word_embeddings", false)
	c.InitializerRange = k.PositiveOr("initializer_range", 0.02)
	c.DType = k.dtype()
	return c
}

// dtype reads the published weights' type: `dtype` (Transformers 5) or `torch_dtype` (4).
func (k *Keys) dtype() weights.DType {
	names := []string{"float32", "float16", "bfloat16"}
	types := map[string]weights.DType{"float32": weights.F32, "float16": weights.F16, "bfloat16": weights.BF16}
	new, old := k.ChoiceOr("dtype", "", names...), k.ChoiceOr("torch_dtype", "", names...)
	if new != "" && old != "" && new != old {
		k.problem("torch_dtype", "is %q where dtype is %q (they are two names of one thing)", old, new)
	}
	if new == "" {
		new = old
	}
	if new == "" {
		return weights.F32
	}
	return types[new]
}
