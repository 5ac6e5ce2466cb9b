package bpe

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/osft-project/osft/data/tokenizer/section"
	"github.com/osft-project/osft/provenance/strict"
)

func parseModel(t testing.TB, source string, bytes bool) (*Model, error) {
	v, err := strict.Parse([]byte(source), strict.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	r := &section.Reader{}
	m := Parse(v, bytes, r)
	return m, r.Err()
}

func mustParse(t testing.TB, source string, bytes bool) *Model {
	m, err := parseModel(t, source, bytes)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// randomModel has an alphabet of a few letters and merges of tokens made before, some of which make the same token.
func randomModel(t testing.TB, random *rand.Rand) *Model {
	tokens := []string{"a", "b", "c", "d"}
	known := map[string]bool{"a": true, "b": true, "c": true, "d": true}
	pairs := map[string]bool{}
	var merges []string
	for range 4 + random.IntN(60) {
		left, right := tokens[random.IntN(len(tokens))], tokens[random.IntN(len(tokens))]
		if len(left+right) > 12 || pairs[left+" "+right] {
			continue
		}
		pairs[left+" "+right] = true
		merges = append(merges, fmt.Sprintf("[%q,%q]", left, right))
		if !known[left+right] {
			known[left+right] = true
			tokens = append(tokens, left+right)
		}
	}
	var vocab []string
	for id, s := range tokens {
		vocab = append(vocab, fmt.Sprintf("%q:%d", s, id))
	}
	return mustParse(t, fmt.Sprintf(`{"type":"BPE","vocab":{%s},"merges":[%s]}`, strings.Join(vocab, ","), strings.Join(merges, ",")), false)
}

// TestLongMergeAgrees compares our merging of long words with that of gotokenizers, on words short enough for both.
func TestLongMergeAgrees(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	words := 0
	for range 300 {
		m := randomModel(t, random)
		short, long := m.Encoder(), m.Encoder()
		for range 60 {
			word := make([]byte, 2+random.IntN(1+random.IntN(300)))
			letters := 1 + random.IntN(4)
			for i := range word {
				word[i] = "abcd"[random.IntN(letters)]
			}
			short.symbols, long.symbols = short.symbols[:0], long.symbols[:0]
			short.split(string(word))
			short.symbols = short.short.merge(m.core, short.symbols)
			long.split(string(word))
			if got := long.long.merge(long.symbols); !slices.Equal(got, short.symbols) {
				t.Fatalf("%s:\n got %v\nwant %v", word, got, short.symbols)
			}
			words++
		}
	}
	t.Logf("%d words", words)
}

func BenchmarkMergeLong(b *testing.B) {
	m := mustParse(b, `{"vocab":{"a":0,"aa":1,"aaaa":2,"aaaaaaaa":3,"b":4,"ab":5},"merges":["a a","aa aa","aaaa aaaa","a b"]}`, false)
	e := m.Encoder()
	word := strings.Repeat("a", 1<<20)
	b.SetBytes(int64(len(word)))
	for b.Loop() {
		e.Append(nil, word)
	}
}

func BenchmarkMerge(b *testing.B) {
	m := mustParse(b, `{"vocab":{"a":0,"aa":1,"aaaa":2,"aaaaaaaa":3,"b":4,"ab":5},"merges":["a a","aa aa","aaaa aaaa","a b"]}`, false)
	e := m.Encoder()
	for _, n := range []int{8, 64, 256, 512, 1024} {
		word := strings.Repeat("a", n)
		b.Run(fmt.Sprintf("short/%d", n), func(b *testing.B) {
			b.SetBytes(int64(n))
			for b.Loop() {
				e.symbols = e.symbols[:0]
				e.split(word)
				e.symbols = e.short.merge(m.core, e.symbols)
			}
		})
		b.Run(fmt.Sprintf("long/%d", n), func(b *testing.B) {
			b.SetBytes(int64(n))
			for b.Loop() {
				e.symbols = e.symbols[:0]
				e.split(word)
				e.symbols = e.long.merge(e.symbols)
			}
		})
	}
}

// TestCacheIsBounded encodes more words than the cache holds, by number and by size.
func TestCacheIsBounded(t *testing.T) {
	m := mustParse(t, `{"vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]}`, false)
	e := m.Encoder()
	random := rand.New(rand.NewPCG(9, 10))
	for i := range 200_000 {
		word := make([]byte, 20+random.IntN(200*(i&1)+1))
		for k := range word {
			word[k] = "ab"[random.IntN(2)]
		}
		e.Append(nil, string(word))
		if len(e.cache.words) > cacheWords || e.cache.bytes > cacheBytes {
			t.Fatalf("%d words, %d bytes", len(e.cache.words), e.cache.bytes)
		}
	}
	if len(e.cache.words) == 0 {
		t.Error("nothing is cached")
	}
	if _, ok := e.cache.get(strings.Repeat("a", cacheLongest+1)); ok {
		t.Error("a long word is cached")
	}
}

// TestCuts checks that what is cut before ▁ is encoded as a whole would be, and when cutting is not allowed.
func TestCuts(t *testing.T) {
	const vocab = `"vocab":{"▁":0,"a":1,"b":2,"▁a":3,"▁▁":4,"<unk>":5,"a▁":6},`
	for _, c := range []struct {
		rest string
		want bool
	}{
		{`"unk_token":"<unk>","merges":["▁ a","▁ ▁"]`, true},
		{`"unk_token":"<unk>","merges":["▁ a","▁ ▁","a ▁"]`, false},
		{`"merges":["▁ a","▁ ▁"]`, false},
		{`"unk_token":"<unk>","ignore_merges":true,"merges":["▁ a","▁ ▁"]`, false},
	} {
		m := mustParse(t, "{"+vocab+c.rest+"}", false)
		if m.cuts != c.want {
			t.Errorf("%s: cuts %v", c.rest, m.cuts)
		}
		if !m.cuts {
			continue
		}
		e, whole := m.Encoder(), m.Encoder()
		random := rand.New(rand.NewPCG(11, 12))
		for range 5000 {
			var b strings.Builder
			for range random.IntN(20) {
				b.WriteString([]string{"▁", "a", "b", "x"}[random.IntN(4)])
			}
			whole.merge(b.String())
			if got := e.AppendSymbols(nil, b.String()); !slices.Equal(got, whole.symbols) {
				t.Fatalf("%s: %v, whole %v", b.String(), got, whole.symbols)
			}
		}
	}
}
