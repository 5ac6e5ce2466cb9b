package decoder

import (
	"github.com/osft-project/osft/data/tokenizer/normalizer"
	"github.com/osft-project/osft/data/tokenizer/pretokenizer"
	"github.com/osft-project/osft/data/tokenizer/section"
	"github.com/osft-project/osft/provenance/strict"
)

// Parse reads the section; null is the decoder that joins by spaces.
func Parse(v strict.Value, r *section.Reader) *Decoder {
	d := &Decoder{none: v.IsNull()}
	if !d.none {
		d.parse(v, r)
	}
	return d
}

func (d *Decoder) parse(v strict.Value, r *section.Reader) {
	o := r.Object(v)
	name, ok := o.NeedString("type")
	if !ok || !r.Known(v, "decoder", name, "Sequence", "ByteLevel", "Metaspace", "Replace", "ByteFallback", "Fuse", "Strip") {
		return
	}
	switch name {
	case "Sequence":
		for _, part := range o.NeedArray("decoders") {
			d.parse(part, r)
		}
	case "ByteLevel":
		for _, flag := range []string{"add_prefix_space", "trim_offsets", "use_regex"} { // of no meaning in decoding
			o.Bool(flag, true)
		}
		d.steps = append(d.steps, byteLevel)
	case "ByteFallback":
		d.steps = append(d.steps, byteFallback)
	case "Fuse":
		d.steps = append(d.steps, fuse)
	default:
		d.parseEach(name, o, r)
	}
	o.Done("decoder " + name)
}

// parseEach reads the decoders that look at one token after the other.
func (d *Decoder) parseEach(name string, o *section.Object, r *section.Reader) {
	switch name {
	case "Metaspace":
		replacement, scheme, ok := pretokenizer.ParseMetaspace(o, r)
		o.Bool("split", true) // of no meaning in decoding
		if ok {
			d.steps = append(d.steps, metaspace(replacement, scheme))
		}
	case "Replace":
		if p, content, ok := normalizer.ParseReplace(o, r); ok {
			d.steps = append(d.steps, replace(p, content))
		}
	case "Strip":
		content, ok := o.NeedChar("content")
		start, startOK := o.NeedCount("start")
		stop, stopOK := o.NeedCount("stop")
		if ok && startOK && stopOK {
			d.steps = append(d.steps, strip(content, start, stop))
		}
	}
}
