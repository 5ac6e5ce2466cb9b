// Package normalizer changes text before it is split, as the "normalizer" section of a tokenizer.json says: Unicode normal
// forms, replacing, prepending, and sequences of these. Other normalizers (lower case, accents, precompiled maps) belong to
// families that osft does not train and are refused by name.
package normalizer

import (
	"strings"

	"github.com/osft-project/osft/data/tokenizer/pattern"
	"github.com/osft-project/osft/data/tokenizer/section"
	"github.com/osft-project/osft/data/tokenizer/text"
	"github.com/osft-project/osft/provenance/strict"
)

// Normalizer is a list of steps; the zero Normalizer changes nothing. It is safe for concurrent use.
type Normalizer struct{ steps []step }

// step changes a text, keeping track of where it came from if asked to.
type step func(t text.Text, track bool) text.Text

// Apply returns the normalized text. Without track its spans are not kept.
func (n *Normalizer) Apply(t text.Text, track bool) text.Text {
	for _, s := range n.steps {
		t = s(t, track)
	}
	return t
}

// Empty reports whether the normalizer changes nothing.
func (n *Normalizer) Empty() bool { return len(n.steps) == 0 }

// Parse reads the section; null is the zero Normalizer.
func Parse(v strict.Value, r *section.Reader) *Normalizer {
	n := &Normalizer{}
	if !v.IsNull() {
		n.parse(v, r)
	}
	return n
}

func (n *Normalizer) parse(v strict.Value, r *section.Reader) {
	o := r.Object(v)
	name, ok := o.NeedString("type")
	if !ok || !r.Known(v, "normalizer", name, "Sequence", "NFC", "NFD", "NFKC", "NFKD", "Replace", "Prepend") {
		return
	}
	switch name {
	case "Sequence":
		for _, part := range o.NeedArray("normalizers") {
			n.parse(part, r)
		}
	case "Replace":
		if p, content, ok := ParseReplace(o, r); ok {
			n.steps = append(n.steps, replace(p, content))
		}
	case "Prepend":
		if prefix, ok := o.NeedString("prepend"); ok {
			n.steps = append(n.steps, func(t text.Text, track bool) text.Text { return t.Prepend(prefix, track) })
		}
	default:
		n.steps = append(n.steps, form(forms[name]))
	}
	o.Done("normalizer " + name)
}

// ParseReplace reads the pattern and the content of a Replace, which is a normalizer and a decoder.
func ParseReplace(o *section.Object, r *section.Reader) (p *pattern.Pattern, content string, ok bool) {
	v, found := o.Need("pattern")
	content, ok = o.NeedString("content")
	if found {
		p = ParsePattern(v, r)
	}
	return p, content, ok && p != nil
}

// ParsePattern reads {"String": ...} or {"Regex": ...}; nil after a problem.
func ParsePattern(v strict.Value, r *section.Reader) *pattern.Pattern {
	o := r.Object(v)
	literal, isLiteral := o.String("String")
	source, isRegexp := o.String("Regex")
	o.Done("pattern")
	switch {
	case isLiteral == isRegexp:
		r.Problem(v, `must have one of "String" and "Regex"`)
	case isRegexp:
		p, err := pattern.Regexp(source)
		if err == nil {
			return p
		}
		r.Problem(v, "%v", err)
	case literal == "":
		r.Problem(v, "the pattern is empty")
	default:
		return pattern.Literal(literal)
	}
	return nil
}

func replace(p *pattern.Pattern, content string) step {
	return func(t text.Text, track bool) text.Text {
		if p.Literal != "" && !track {
			t.S = strings.ReplaceAll(t.S, p.Literal, content)
			t.Spans = nil
			return t
		}
		return t.Replace(p.Matches(t.S, nil), content, track)
	}
}
