package pretokenizer

import (
	"github.com/osft-project/osft/data/tokenizer/normalizer"
	"github.com/osft-project/osft/data/tokenizer/pattern"
	"github.com/osft-project/osft/data/tokenizer/section"
	"github.com/osft-project/osft/data/tokenizer/unicode"
	"github.com/osft-project/osft/provenance/strict"
)

// Parse reads the section; null is the zero PreTokenizer.
func Parse(v strict.Value, r *section.Reader) *PreTokenizer {
	p := &PreTokenizer{}
	if !v.IsNull() {
		p.parse(v, r)
	}
	return p
}

func (p *PreTokenizer) parse(v strict.Value, r *section.Reader) {
	o := r.Object(v)
	name, ok := o.NeedString("type")
	if !ok || !r.Known(v, "pre-tokenizer", name, "Sequence", "ByteLevel", "Digits", "Split", "Metaspace") {
		return
	}
	if p.Bytes { // what follows ByteLevel sees its characters, not the bytes
		p.stages = append(p.stages, stage{change: alphabet})
		p.Bytes = false
	}
	switch name {
	case "Sequence":
		for _, part := range o.NeedArray("pretokenizers") {
			p.parse(part, r)
		}
	case "ByteLevel":
		p.parseByteLevel(o)
	case "Digits":
		p.parseDigits(o)
	case "Split":
		p.parseSplit(o, r)
	case "Metaspace":
		p.parseMetaspace(o, r)
	}
	o.Done("pre-tokenizer " + name)
}

func (p *PreTokenizer) parseByteLevel(o *section.Object) {
	prefixSpace := o.NeedBool("add_prefix_space")
	o.NeedBool("trim_offsets") // the post-processor's business
	p.stages = append(p.stages, byteLevel(prefixSpace, o.Bool("use_regex", true)))
	p.Bytes = true
}

func (p *PreTokenizer) parseDigits(o *section.Object) {
	behavior := pattern.Contiguous
	if o.NeedBool("individual_digits") {
		behavior = pattern.Isolated
	}
	p.split(&pattern.Splitter{Pattern: pattern.Class(unicode.Numeric), Behavior: behavior})
}

func (p *PreTokenizer) split(s *pattern.Splitter) { p.stages = append(p.stages, stage{split: s}) }

func (p *PreTokenizer) parseSplit(o *section.Object, r *section.Reader) {
	s := &pattern.Splitter{Invert: o.NeedBool("invert")}
	if v, ok := o.Need("pattern"); ok {
		s.Pattern = normalizer.ParsePattern(v, r)
	}
	behavior, ok := o.NeedString("behavior")
	if ok && r.Known(o.Value, "behavior", behavior, pattern.Behaviors()...) && s.Pattern != nil {
		s.Behavior = pattern.Behavior(behavior)
		p.split(s)
	}
}

func (p *PreTokenizer) parseMetaspace(o *section.Object, r *section.Reader) {
	replacement, scheme, ok := ParseMetaspace(o, r)
	split := o.Bool("split", true)
	if ok {
		p.stages = append(p.stages, metaspace(replacement, scheme, split))
		p.NeedsOrigin = p.NeedsOrigin || scheme == first
	}
}

// ParseMetaspace reads what the pre-tokenizer Metaspace shares with the decoder of that name.
func ParseMetaspace(o *section.Object, r *section.Reader) (replacement, scheme string, ok bool) {
	replacement, ok = o.NeedChar("replacement")
	scheme, given := o.String("prepend_scheme")
	if !given {
		scheme = always
	}
	known := r.Known(o.Value, "prepend_scheme", scheme, always, first, Never)
	if !o.Bool("add_prefix_space", true) && scheme != Never { // the older spelling; the library refuses it likewise
		r.Problem(o.Value, "add_prefix_space is false, but prepend_scheme is %s", scheme)
	}
	o.Get("str_rep") // the replacement again
	return replacement, scheme, ok && known
}
