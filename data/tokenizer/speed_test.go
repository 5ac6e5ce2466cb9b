package tokenizer

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// english returns the files of text for timing: the questions of GSM8K as JSON lines and tiny Shakespeare.
func english(t testing.TB) string {
	dir := filepath.Join(vectors(t), "..", "data")
	var b strings.Builder
	for _, name := range []string{"tinyshakespeare.txt", "gsm8k-train.jsonl"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Skipf("skipped: no text to time: %v", err)
		}
		b.Write(data)
	}
	return b.String()
}

func smol(t testing.TB) *Tokenizer {
	return load(t, filepath.Join(vectors(t), "tokenizers", "tokenizers", "smollm2_digits.json"))
}

// BenchmarkEncode/cold begins each time with an empty cache, as a first pass over a data set does.
func BenchmarkEncode(b *testing.B) {
	tok, text := smol(b), english(b)
	var pieces []string
	for len(text) > 0 {
		n := min(4096, len(text))
		pieces = append(pieces, text[:n])
		text = text[n:]
	}
	bytes := int64(0)
	for _, p := range pieces {
		bytes += int64(len(p))
	}
	for _, cold := range []bool{true, false} {
		name := map[bool]string{true: "cold", false: "warm"}[cold]
		b.Run(name, func(b *testing.B) {
			b.SetBytes(bytes)
			for b.Loop() {
				if cold {
					tok.idle = nil
				}
				for _, p := range pieces {
					tok.Encode(p, false)
				}
			}
		})
	}
	b.Run("offsets", func(b *testing.B) {
		b.SetBytes(bytes)
		for b.Loop() {
			for _, p := range pieces {
				tok.EncodeOffsets(p, false)
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	data := read(b, filepath.Join(vectors(b), "tokenizers", "tokenizers", "smollm2_digits.json"))
	for b.Loop() {
		if _, err := Parse(data); err != nil {
			b.Fatal(err)
		}
	}
}
