package tokenizer

import (
	"fmt"

	"github.com/osft-project/osft/data/tokenizer/added"
	"github.com/osft-project/osft/data/tokenizer/bpe"
	"github.com/osft-project/osft/data/tokenizer/decoder"
	"github.com/osft-project/osft/data/tokenizer/normalizer"
	"github.com/osft-project/osft/data/tokenizer/pretokenizer"
	"github.com/osft-project/osft/data/tokenizer/section"
	"github.com/osft-project/osft/data/tokenizer/text"
	"github.com/osft-project/osft/provenance/strict"
)

// File is the name of the file that Parse reads.
const File = "tokenizer.json"

var limits = strict.Limits{Size: 256 << 20, Depth: 32, Values: 16 << 20}

// Parse reads a tokenizer.json. The error has a line for each problem (at most 20), each with its place.
func Parse(data []byte) (*Tokenizer, error) {
	if len(data) == 0 {
		return nil, fmt.Errorf("%s: the file is empty", File)
	}
	v, err := strict.Parse(data, limits)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", File, err)
	}
	r := &section.Reader{}
	t := parse(v, r)
	if err := r.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", File, err)
	}
	return t, nil
}

func parse(v strict.Value, r *section.Reader) *Tokenizer {
	t := &Tokenizer{}
	o := r.Object(v)
	if version, ok := o.String("version"); ok {
		r.Known(v, "version", version, "1.0")
	}
	for _, name := range []string{"truncation", "padding"} { // the caller's business, as for Transformers
		if s, ok := o.Get(name); ok && !s.IsNull() {
			t.notes = append(t.notes, fmt.Sprintf("%s: %s is not applied", File, name))
		}
	}
	get := func(name string) strict.Value { s, _ := o.Get(name); return s }
	t.normalizer = normalizer.Parse(get("normalizer"), r)
	t.words = pretokenizer.Parse(get("pre_tokenizer"), r)
	t.decoder = decoder.Parse(get("decoder"), r)
	list, processor := get("added_tokens"), get("post_processor")
	model, ok := o.Need("model")
	o.Done(File)
	if !ok {
		return t
	}
	t.model = bpe.Parse(model, t.words.Bytes, r)
	if !t.model.Complete() {
		return t
	}
	t.added = added.Parse(list, t.model, t.normalize, r)
	t.post = parseProcessor(processor, func(id int32) bool { _, ok := t.Token(id); return ok }, r)
	return t
}

// normalize is the normalizer on a string.
func (t *Tokenizer) normalize(s string) string { return t.normalizer.Apply(text.Text{S: s}, false).S }
