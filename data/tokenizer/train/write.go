package train

import (
	"fmt"

	"github.com/osft-project/osft/provenance/strict"
)

// write returns the tokenizer.json, on one line.
func write(v *vocabulary, merges []pair) ([]byte, error) {
	var tokens []strict.Ordered
	for id, s := range v.tokens[:v.first] {
		tokens = append(tokens, strict.Ordered{
			{Name: "id", Value: id}, {Name: "content", Value: s}, {Name: "single_word", Value: false},
			{Name: "lstrip", Value: false}, {Name: "rstrip", Value: false}, {Name: "normalized", Value: false},
			{Name: "special", Value: true},
		})
	}
	vocab := make(strict.Ordered, len(v.tokens))
	for id, s := range v.tokens {
		vocab[id] = strict.Field{Name: s, Value: id}
	}
	pairs := make([][2]string, len(merges))
	for i, m := range merges {
		pairs[i] = [2]string{v.tokens[m.left], v.tokens[m.right]}
	}
	data, err := strict.MarshalLine(strict.Ordered{
		{Name: "version", Value: "1.0"},
		{Name: "truncation"},
		{Name: "padding"},
		{Name: "added_tokens", Value: tokens},
		{Name: "normalizer"},
		{Name: "pre_tokenizer", Value: splitting},
		{Name: "post_processor"},
		{Name: "decoder", Value: byteLevel(true)},
		{Name: "model", Value: strict.Ordered{
			{Name: "type", Value: "BPE"},
			{Name: "dropout"},
			{Name: "unk_token"},
			{Name: "continuing_subword_prefix"},
			{Name: "end_of_word_suffix"},
			{Name: "fuse_unk", Value: false},
			{Name: "byte_fallback", Value: false},
			{Name: "ignore_merges", Value: false},
			{Name: "vocab", Value: vocab},
			{Name: "merges", Value: pairs},
		}},
	})
	return append(data, '\n'), err
}

// Roles are what a tokenizer_config.json says of a vocabulary.
type Roles struct {
	BOS, EOS, PAD, UNK string // special tokens; empty for none
	MaxLength          int    // tokens that the model can take
	ChatTemplate       string // empty for none
}

// Config returns the tokenizer_config.json for a vocabulary with these special tokens.
func Config(r Roles, special []string) ([]byte, error) {
	known := map[string]bool{}
	for _, s := range special {
		known[s] = true
	}
	var out strict.Ordered
	for _, role := range []strict.Field{{Name: "bos_token", Value: r.BOS}, {Name: "eos_token", Value: r.EOS},
		{Name: "pad_token", Value: r.PAD}, {Name: "unk_token", Value: r.UNK}} {
		token := role.Value.(string)
		if token == "" {
			continue
		}
		if !known[token] {
			return nil, fmt.Errorf("train: %s: %q is not one of the special tokens %q", role.Name, token, special)
		}
		out = append(out, role)
	}
	if r.ChatTemplate != "" {
		out = append(out, strict.Field{Name: "chat_template", Value: r.ChatTemplate})
	}
	out = append(out, strict.Field{Name: "clean_up_tokenization_spaces", Value: false},
		strict.Field{Name: "model_max_length", Value: r.MaxLength},
		strict.Field{Name: "tokenizer_class", Value: "PreTrainedTokenizerFast"})
	return strict.Marshal(out)
}
