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
			short.mergeShort()
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
				e.mergeShort()
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
