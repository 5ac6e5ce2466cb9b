package tokenizer

import (
	"os"
	"slices"
	"testing"

	"github.com/osft-project/osft/provenance/strict"
)

// TestConformanceVariants compares small tokenizers with every component and flag: testdata/variants.py says how they and
// what they should give were made. OSFT_VARIANTS may name another file that it wrote.
func TestConformanceVariants(t *testing.T) {
	file := os.Getenv("OSFT_VARIANTS")
	if file == "" {
		file = "testdata/variants.jsonl"
	}
	bases := map[string]strict.Value{}
	for _, r := range rows(t, file) {
		if whole, ok := r.v.Get("json"); ok {
			bases[r.text("base")] = whole
		}
		t.Run(r.text("name"), func(t *testing.T) {
			sections, _ := r.v.Get("set")
			flags, _ := r.v.Get("flags")
			source := replaced(t, bases[r.text("base")], sections, flags)
			tok, err := Parse(source)
			if err != nil {
				t.Fatalf("%v\n%s", err, sections.Raw())
			}
			c := comparison{T: t, tok: tok}
			list, _ := r.v.Get("cases")
			cases, _ := list.Array()
			for _, e := range cases {
				c.variant(e)
			}
			t.Logf("%d strings, %d differ", len(cases), c.differ)
			if c.differ > 0 {
				t.Logf("%s %s", sections.Raw(), flags.Raw())
			}
		})
	}
}

// replaced returns a tokenizer with other sections, and other flags of its model.
func replaced(t testing.TB, whole, sections, flags strict.Value) []byte {
	put := func(o, over strict.Value) strict.Ordered {
		members, _ := o.Object()
		var out strict.Ordered
		for _, m := range members {
			if v, ok := over.Get(m.Name); ok {
				m.Value = v
			}
			out = append(out, strict.Field{Name: m.Name, Value: m.Value})
		}
		return out
	}
	out := put(whole, sections)
	i := slices.IndexFunc(out, func(f strict.Field) bool { return f.Name == "model" })
	model, _ := whole.Get("model")
	out[i].Value = put(model, flags)
	data, err := strict.MarshalLine(out)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func (c *comparison) variant(v strict.Value) {
	parts, _ := v.Array()
	text, _ := parts[0].String()
	want := numbers(parts[1])
	c.equal("ids", text, c.tok.Encode(text, false), want)
	c.equal("ids with special tokens", text, c.tok.Encode(text, true), numbers(parts[2]))
	ids, spans := c.tok.EncodeOffsets(text, false)
	c.equal("ids with offsets", text, ids, want)
	c.places(text, spans, parts[3])
	for i, skip := range []bool{false, true} {
		decoded, _ := parts[4+i].String()
		c.equalText("decoded", want, c.tok.Decode(want, skip), decoded)
	}
}
