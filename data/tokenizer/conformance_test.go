package tokenizer

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/osft-project/osft/provenance/strict"
)

func osftVectors() string { return os.Getenv("OSFT_VECTORS") }

// vectors returns the folder of the golden numbers.
func vectors(t testing.TB) string {
	root := osftVectors()
	if root == "" {
		t.Skip("skipped: no vectors")
	}
	return root
}

func load(t testing.TB, file string) *Tokenizer {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	tok, err := Parse(data)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return tok
}

// row is a line of a file of strings.
type row struct{ v strict.Value }

func rows(t testing.TB, file string) []row {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var list []row
	for line := range bytes.Lines(data) {
		v, err := strict.Parse(line, strict.Limits{})
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		list = append(list, row{v})
	}
	return list
}

func (r row) text(name string) string {
	v, _ := r.v.Get(name)
	s, _ := v.String()
	return s
}

func numbers(v strict.Value) []int32 {
	list, _ := v.Array()
	ids := make([]int32, len(list))
	for i, e := range list {
		n, _ := e.Int64()
		ids[i] = int32(n)
	}
	return ids
}

func (r row) ids(name string) (ids []int32, ok bool) {
	v, ok := r.v.Get(name)
	return numbers(v), ok
}

// TestConformanceTokenizers compares ids, ids with special tokens, decoding, offsets and the handling of bad UTF-8 and of
// characters newer than Go's with what Hugging Face tokenizers 0.23.3 gave.
func TestConformanceTokenizers(t *testing.T) {
	root := filepath.Join(vectors(t), "tokenizers")
	files, err := filepath.Glob(filepath.Join(root, "tokenizers", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no tokenizers in %s: %v", root, err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			c := comparison{T: t, tok: load(t, file)}
			strings, _ := filepath.Glob(filepath.Join(root, "strings", name+".*jsonl"))
			for _, f := range strings {
				for _, r := range rows(t, f) {
					c.row(r)
				}
			}
			if c.texts == 0 {
				t.Fatalf("no strings for %s", name)
			}
			t.Logf("%d strings in %d files: %d ids, %d with special tokens, %d decoded twice, %d with offsets; %d differ",
				c.texts, len(strings), c.ids, c.special, c.decoded, c.offsets, c.differ)
		})
	}
}

// comparison counts what was compared.
type comparison struct {
	*testing.T
	tok                                           *Tokenizer
	texts, ids, special, decoded, offsets, differ int
}

func (c *comparison) row(r row) {
	c.texts++
	text := r.text("text")
	want, ok := r.ids("ids")
	if !ok {
		raw, err := base64.StdEncoding.DecodeString(r.text("b64"))
		if err != nil {
			c.Fatal(err)
		}
		text = string(raw)
		want, ok = r.ids("ids_replace")
	}
	if !ok {
		c.Fatalf("%s has no ids", r.v.Raw())
	}
	c.equal("ids", text, c.tok.Encode(text, false), want)
	c.ids++
	if special, ok := r.ids("ids_sp"); ok {
		c.equal("ids with special tokens", text, c.tok.Encode(text, true), special)
		c.special++
	}
	if _, ok := r.v.Get("dec"); ok {
		c.equalText("decoded", want, c.tok.Decode(want, false), r.text("dec"))
		c.equalText("decoded without special tokens", want, c.tok.Decode(want, true), r.text("dec_skip"))
		c.decoded++
	}
	ids, spans := c.tok.EncodeOffsets(text, false)
	c.equal("ids with offsets", text, ids, want)
	if offsets, ok := r.v.Get("offsets"); ok {
		c.places(text, spans, offsets)
	}
}

func (c *comparison) equal(what, text string, got, want []int32) {
	if !slices.Equal(got, want) {
		c.differ++
		c.Errorf("%s of %q\n got %v\nwant %v", what, text, got, want)
	}
}

func (c *comparison) equalText(what string, ids []int32, got, want string) {
	if got != want {
		c.differ++
		c.Errorf("%s: %v\n got %q\nwant %q", what, ids, got, want)
	}
}

// places compares offsets, which the vectors have in characters.
func (c *comparison) places(text string, spans []Span, want strict.Value) {
	c.offsets++
	chars := func(i int) int32 { return int32(utf8.RuneCountInString(text[:i])) }
	list, _ := want.Array()
	for i, v := range list {
		ends := numbers(v)
		if i >= len(spans) || chars(spans[i].Start) != ends[0] || chars(spans[i].End) != ends[1] {
			c.differ++
			c.Errorf("offsets of %q: token %d of %v, want %v", text, i, spans, want.Raw())
			return
		}
	}
}
