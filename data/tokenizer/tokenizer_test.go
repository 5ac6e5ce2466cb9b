package tokenizer

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/osft-project/osft/provenance/strict"
)

// variant returns one of the small tokenizers of testdata.
func variant(t testing.TB, name string) *Tokenizer {
	var whole strict.Value
	for _, r := range rows(t, "testdata/variants.jsonl") {
		if v, ok := r.v.Get("json"); ok {
			whole = v
		}
		if r.text("name") != name {
			continue
		}
		sections, _ := r.v.Get("set")
		flags, _ := r.v.Get("flags")
		tok, err := Parse(replaced(t, whole, sections, flags))
		if err != nil {
			t.Fatal(err)
		}
		return tok
	}
	t.Fatalf("no variant %s", name)
	return nil
}

func TestEncodeText(t *testing.T) {
	tok := variant(t, "byte_template") // <s> is special, <x> takes white space, two spaces are a token
	control := tok.Encode("a<s>  b", false)
	plain := tok.EncodeText("a<s>  b")
	s, _ := tok.ID("<s>")
	spaces, _ := tok.ID("  ")
	if !slices.Contains(control, s) || slices.Contains(plain, s) || !slices.Contains(plain, spaces) {
		t.Errorf("with control tokens %v, as text %v; <s> is %d, two spaces %d", control, plain, s, spaces)
	}
	if got := tok.Decode(plain, true); got != "a<s>  b" {
		t.Errorf("decoded %q", got)
	}
}

func TestEncodeAround(t *testing.T) {
	for _, name := range []string{"byte_template", "spm_metaspace_first_1", "spm_legacy_0"} {
		tok := variant(t, name)
		s, _ := tok.ID("<s>")
		const text = "<s>a <s> b<s>"
		for _, tt := range []struct {
			quoted []Span
			want   int // control tokens
		}{
			{nil, 3}, {[]Span{{Start: 3, End: 10}}, 2}, {[]Span{{Start: 5, End: 6}}, 2}, {[]Span{{Start: 0, End: 1}, {Start: 7, End: 8}}, 1}, {[]Span{{Start: 12, End: 13}}, 2}, {[]Span{{Start: 0, End: len(text)}}, 0},
			{[]Span{{Start: 3, End: 5}, {Start: 8, End: 10}}, 3},
		} {
			ids, spans := tok.EncodeAround(text, tt.quoted)
			n := 0
			for i, id := range ids {
				if id == s {
					n++
					if got := text[spans[i].Start:spans[i].End]; strings.TrimSpace(got) != "<s>" {
						t.Errorf("%s: %v: <s> is placed on %q", name, tt.quoted, got)
					}
				}
			}
			if n != tt.want {
				t.Errorf("%s: quoted %v: %d control tokens in %v, want %d", name, tt.quoted, n, ids, tt.want)
			}
		}
		all, _ := tok.EncodeAround(text, nil)
		if want := tok.Encode(text, false); !slices.Equal(all, want) {
			t.Errorf("%s: nothing quoted: got %v, want %v", name, all, want)
		}
		none, _ := tok.EncodeAround(text, []Span{{Start: 0, End: len(text)}})
		if want := tok.EncodeText(text); !slices.Equal(none, want) {
			t.Errorf("%s: all quoted: got %v, want %v", name, none, want)
		}
	}
}

func TestLookups(t *testing.T) {
	tok := variant(t, "byte_template")
	size, highest := tok.VocabSize(), tok.MaxID()
	if size != int(highest)+1 {
		t.Errorf("%d tokens, highest id %d", size, highest)
	}
	for id := range highest + 1 {
		s, ok := tok.Token(id)
		if back, found := tok.ID(s); !ok || !found || back != id {
			t.Errorf("id %d is %q, whose id is %d", id, s, back)
		}
	}
	for _, id := range []int32{-1, highest + 1, 1 << 30} {
		if s, ok := tok.Token(id); ok {
			t.Errorf("id %d is %q", id, s)
		}
		if s := tok.Decode([]int32{id}, false); s != "" {
			t.Errorf("id %d decodes to %q", id, s)
		}
	}
	if _, ok := tok.ID("no such token"); ok {
		t.Error("a token that is not there has an id")
	}
	if got := len(tok.Added()); got != 5 {
		t.Errorf("%d added tokens", got)
	}
	if err := tok.Fits(size); err != nil {
		t.Error(err)
	}
	if err := tok.Fits(size - 1); err == nil {
		t.Error("a model with one embedding too few fits")
	}
}

// Offsets refer to the bytes as given, also where they are not UTF-8.
func TestOffsetsOfBadUTF8(t *testing.T) {
	tok := variant(t, "byte_plain")
	text := "a\xe2\x82b\xff c"
	ids, spans := tok.EncodeOffsets(text, false)
	if !slices.Equal(ids, tok.Encode(text, false)) {
		t.Fatal("other ids with offsets")
	}
	var got []string
	for _, s := range spans {
		got = append(got, text[s.Start:s.End])
	}
	bad := "\xe2\x82"
	if want := []string{"a", bad, bad, bad, "b", "\xff", "\xff", "\xff", " ", "c"}; !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

func TestConcurrentUse(t *testing.T) {
	tok := variant(t, "spm_legacy_1")
	texts := make([]string, 200)
	random := rand.New(rand.NewPCG(7, 8))
	for i := range texts {
		for range 1 + random.IntN(40) {
			texts[i] += []string{"a", "b", "ab ", " ", "é", "[A]", "中", "12"}[random.IntN(8)]
		}
	}
	want := make([][]int32, len(texts))
	for i, s := range texts {
		want[i] = tok.Encode(s, true)
	}
	var group sync.WaitGroup
	problems := make(chan string, 8)
	for range 8 {
		group.Go(func() {
			for i, s := range texts {
				if ids, _ := tok.EncodeOffsets(s, true); !slices.Equal(tok.Encode(s, true), want[i]) || !slices.Equal(ids, want[i]) {
					problems <- fmt.Sprintf("%q: other ids than alone", s)
					return
				}
			}
		})
	}
	group.Wait()
	close(problems)
	for p := range problems {
		t.Error(p)
	}
}

// One word of a megabyte must not take quadratic time. The limit here leaves room for a busy machine.
func TestLongWords(t *testing.T) {
	tokenizers := map[string]*Tokenizer{"spm": variant(t, "spm_legacy_0"), "bytes": variant(t, "byte_plain")}
	if files, _ := filepath.Glob(filepath.Join(osftVectors(), "tokenizers", "tokenizers", "smollm2_digits.json")); len(files) == 1 {
		tokenizers["smollm2"] = load(t, files[0])
	}
	for name, tok := range tokenizers {
		for _, unit := range []string{"a", " ", "\n", "ab", "é"} {
			word := strings.Repeat(unit, (1<<20)/len(unit))
			start := time.Now()
			ids := tok.Encode(word, false)
			took := time.Since(start)
			if took > 5*time.Second {
				t.Errorf("%s: 1 MiB of %q took %v", name, unit, took)
			}
			t.Logf("%s: 1 MiB of %q: %d ids in %v", name, unit, len(ids), took.Round(time.Millisecond))
		}
	}
}

// FuzzEncode looks for panics, and for ids that differ between the ways to get them.
func FuzzEncode(f *testing.F) {
	var tokenizers []*Tokenizer
	for _, name := range []string{"byte_byte_level_111", "byte_template", "byte_NFKD", "byte_late_digits_1", "spm_legacy_3",
		"spm_metaspace_first_1_replaced", "spm_no_unknown", "spm_gemma", "spm_regex_replace"} {
		tokenizers = append(tokenizers, variant(f, name))
	}
	f.Add("a b <s>\xff\xe2\x82  é12")
	f.Add("[A]\n\n▁▁ab\x04e\u0301")
	f.Fuzz(func(t *testing.T, s string) {
		for i, tok := range tokenizers {
			ids := tok.Encode(s, true)
			placed, spans := tok.EncodeOffsets(s, true)
			if !slices.Equal(ids, placed) || len(spans) != len(ids) {
				t.Fatalf("tokenizer %d on %q: %v, with offsets %v", i, s, ids, placed)
			}
			for _, p := range spans {
				if p.Start < 0 || p.End < p.Start || p.End > len(s) {
					t.Fatalf("tokenizer %d on %q: offsets %v", i, s, spans)
				}
			}
			tok.Decode(ids, true)
			tok.EncodeText(s)
		}
	})
}

// FuzzParse looks for files that make the reader panic.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]}}`))
	f.Add([]byte(`{"version":"1.0","added_tokens":[{"id":3,"content":"<s>","single_word":false,"lstrip":true,"rstrip":false,"normalized":true,"special":true}],"normalizer":{"type":"NFC"},"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true},"post_processor":null,"decoder":{"type":"Fuse"},"model":{"type":"BPE","unk_token":"a","vocab":{"a":0,"b":1,"ab":2},"merges":[["a","b"]]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		tok, err := Parse(data)
		if err != nil {
			return
		}
		ids, _ := tok.EncodeOffsets("ab <s> ba 1", true)
		tok.Decode(ids, false)
	})
}
