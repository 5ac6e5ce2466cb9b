package tokenizer

import (
	"strings"

	"github.com/osft-project/osft/data/tokenizer/added"
	"github.com/osft-project/osft/data/tokenizer/section"
	"github.com/osft-project/osft/provenance/strict"
)

// parseSpecials reads a member of special_tokens_map.json, which wins over tokenizer_config.json.
func (c *Config) parseSpecials(m strict.Member, r *section.Reader) {
	if !m.Value.IsNull() {
		c.parseNames(m, r)
	}
}

// parseNames reads a member that names tokens: one with a role, such as eos_token, or several without. It is false if the
// member is none of these.
func (c *Config) parseNames(m strict.Member, r *section.Reader) bool {
	switch {
	case m.Name == "bos_token":
		c.parseRole(m.Value, &c.BOS, r)
	case m.Name == "eos_token":
		c.parseRole(m.Value, &c.EOS, r)
	case m.Name == "pad_token":
		c.parseRole(m.Value, &c.PAD, r)
	case m.Name == "unk_token":
		c.parseRole(m.Value, &c.UNK, r)
	case m.Name == "additional_special_tokens", m.Name == "extra_special_tokens":
		c.parseMore(m.Value, r)
	case strings.HasSuffix(m.Name, "_token") && (m.Value.Kind() == strict.String || m.Value.Kind() == strict.Object):
		var other *Special // sep_token, mask_token, and what a model has of its own
		c.parseRole(m.Value, &other, r)
	default:
		return false
	}
	return true
}

func (c *Config) parseRole(v strict.Value, role **Special, r *section.Reader) {
	if t, ok := parseNamed(v, r); ok {
		*role = &Special{Content: t.Content, ID: -1}
		c.named = append(c.named, t)
	}
}

// parseNamed reads a token: its content, or an object with its content and flags.
func parseNamed(v strict.Value, r *section.Reader) (added.Token, bool) {
	if v.Kind() == strict.String {
		s, _ := v.String()
		return added.Token{Content: s, Special: true}, true
	}
	o := r.Object(v)
	content, ok := o.NeedString("content")
	t := added.Token{
		Content: content, Special: o.Bool("special", true),
		SingleWord: o.Bool("single_word", false), LStrip: o.Bool("lstrip", false), RStrip: o.Bool("rstrip", false),
	}
	t.Normalized = o.Bool("normalized", !t.Special)
	return t, ok
}

// parseMore reads special tokens without a role: a list, or an object whose names are roles of the model's own.
func (c *Config) parseMore(v strict.Value, r *section.Reader) {
	list, err := v.Array()
	if members, isObject := v.Object(); isObject == nil {
		err = nil
		for _, m := range members {
			list = append(list, m.Value)
		}
	}
	if err != nil {
		r.Problem(v, "is %v, must be an array or an object", v.Kind())
	}
	for _, e := range list {
		if t, ok := parseNamed(e, r); ok {
			c.named = append(c.named, t)
		}
	}
}

// parseFlags reads added_tokens_decoder, an object of ids and tokens, whose flags win over those of tokenizer.json.
func (c *Config) parseFlags(v strict.Value, r *section.Reader) {
	c.flags = []added.Token{}
	members, err := v.Object()
	if err != nil {
		r.Problem(v, "is %v, must be an object", v.Kind())
	}
	for _, m := range members {
		if t, ok := parseNamed(m.Value, r); ok {
			c.flags = append(c.flags, t)
		}
	}
}
