package tokenizer

import (
	"github.com/osft-project/osft/data/tokenizer/section"
	"github.com/osft-project/osft/provenance/strict"
)

// processor is the "post_processor" section: the tokens around a text, and whether spaces are left out of offsets.
type processor struct {
	before, after []int32
	template      bool // there is a template
	trim          bool // spaces are left out
	prefixSpace   bool // but for one that the pre-tokenizer may have put at the start
}

// parseProcessor reads the section; null is the zero processor. Known says which ids there are.
func parseProcessor(v strict.Value, known func(int32) bool, r *section.Reader) processor {
	var p processor
	if !v.IsNull() {
		p.parse(v, known, r)
	}
	return p
}

func (p *processor) parse(v strict.Value, known func(int32) bool, r *section.Reader) {
	o := r.Object(v)
	name, ok := o.NeedString("type")
	if !ok || !r.Known(v, "post-processor", name, "Sequence", "ByteLevel", "TemplateProcessing") {
		return
	}
	switch name {
	case "Sequence":
		for _, part := range o.NeedArray("processors") {
			p.parse(part, known, r)
		}
	case "ByteLevel":
		if p.trim {
			r.Problem(v, "a second ByteLevel post-processor that trims offsets is not supported")
		}
		p.prefixSpace = o.NeedBool("add_prefix_space")
		p.trim = o.NeedBool("trim_offsets")
		o.Bool("use_regex", true) // of no meaning here
	case "TemplateProcessing":
		if p.template {
			r.Problem(v, "a second TemplateProcessing is not supported")
		}
		p.template = true
		p.parseTemplate(o, known, r)
	}
	o.Done("post-processor " + name)
}

// parseTemplate reads what stands before and after a single text. The template for pairs has no use here.
func (p *processor) parseTemplate(o *section.Object, known func(int32) bool, r *section.Reader) {
	tokens := map[string][]int32{}
	if v, ok := o.Need("special_tokens"); ok {
		members, err := v.Object()
		if err != nil {
			r.Problem(v, "is %v, must be an object", v.Kind())
		}
		for _, m := range members {
			tokens[m.Name] = parseSpecial(m.Value, known, r)
		}
	}
	o.Need("pair")
	p.before, p.after = nil, nil
	texts := 0
	for _, piece := range o.NeedArray("single") {
		ids, isText := parsePiece(piece, tokens, r)
		switch {
		case isText:
			texts++
		case texts == 0:
			p.before = append(p.before, ids...)
		default:
			p.after = append(p.after, ids...)
		}
	}
	if single, ok := o.Get("single"); ok && texts != 1 {
		r.Problem(single, "has the text %d times, must have it once", texts)
	}
}

// parseSpecial reads the ids of one entry of special_tokens.
func parseSpecial(v strict.Value, known func(int32) bool, r *section.Reader) []int32 {
	o := r.Object(v)
	o.Need("id")
	o.Need("tokens")
	var ids []int32
	for _, e := range o.NeedArray("ids") {
		id, ok := r.Count(e)
		if !ok {
			continue
		}
		if !known(int32(id)) {
			r.Problem(e, "no token has the id %d", id)
		}
		ids = append(ids, int32(id))
	}
	o.Done("special token")
	return ids
}

// parsePiece reads a piece of a template: special tokens, or the text.
func parsePiece(v strict.Value, tokens map[string][]int32, r *section.Reader) (ids []int32, isText bool) {
	o := r.Object(v)
	text, isText := o.Get("Sequence")
	special, isSpecial := o.Get("SpecialToken")
	o.Done("piece of a template")
	if isText == isSpecial {
		r.Problem(v, `must have one of "Sequence" and "SpecialToken"`)
		return nil, false
	}
	if isText {
		special = text
	}
	inner := r.Object(special)
	id, ok := inner.NeedString("id")
	inner.Need("type_id") // of no meaning here
	inner.Done("piece of a template")
	if isText {
		return nil, ok && r.Known(special, "sequence of a single text", id, "A")
	}
	if _, found := tokens[id]; ok && !found {
		r.Problem(special, "%q is not among the special_tokens of the template", id)
	}
	return tokens[id], false
}
