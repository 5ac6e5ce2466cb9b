package tokenizer

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/osft-project/osft/provenance/strict"
)

// messages are what the broken tokenizers must be told.
var messages = map[string]string{
	"bad_regex":              `/pre_tokenizer/pattern: the regular expression`,
	"empty":                  `tokenizer.json: the file is empty`,
	"empty_object":           `has no "model"`,
	"ids_beyond_model_vocab": `ids go up to 289 ("Ġmy"), but the model has embeddings for 32 only`,
	"merge_malformed":        `must be two tokens`,
	"merge_unknown_token":    `"zzqq" is not in the vocabulary`,
	"model_missing":          `has no "model"`,
	"model_type_unknown":     `/model: unknown model "`,
	"not_json":               `tokenizer.json: line 1, byte 200`,
	"pre_tokenizer_unknown":  `/pre_tokenizer: unknown pre-tokenizer "`,
	"vocab_duplicate_id":     `belongs to "`,
	"vocab_huge_id":          `is 1099511627776, must be an integer from 0 to 2147483647`,
	"vocab_missing":          `/model: has no "vocab"`,
	"vocab_negative_id":      `is -1, must be an integer from 0 to 2147483647`,
}

func TestConformanceBroken(t *testing.T) {
	root := filepath.Join(vectors(t), "models", "broken")
	files, err := filepath.Glob(filepath.Join(root, "tokenizer", "*", "expect.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no broken tokenizers in %s: %v", root, err)
	}
	for _, file := range files {
		dir := filepath.Dir(file)
		name := filepath.Base(dir)
		t.Run("tokenizer/"+name, func(t *testing.T) {
			expect, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			tok, err := Load(os.DirFS(dir))
			if err == nil && strings.Contains(string(expect), "valid_model") {
				err = tok.Fits(vocabSize(t, filepath.Join(root, "valid_model", "config.json")))
			}
			if strings.HasPrefix(string(expect), "accept:") {
				if err != nil {
					t.Fatal(err)
				}
				probe(t, tok, filepath.Join(dir, "probe.json"))
				return
			}
			if want := messages[name]; err == nil || want == "" || !strings.Contains(err.Error(), want) {
				t.Errorf("%sgot error: %v\nwant one with %q", expect, err, want)
			}
		})
	}
	t.Logf("%d cases", len(files))
}

func vocabSize(t *testing.T, file string) int {
	v, err := strict.Parse(read(t, file), strict.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	size, _ := v.Get("vocab_size")
	n, err := size.Int64()
	if err != nil {
		t.Fatal(err)
	}
	return int(n)
}

func probe(t *testing.T, tok *Tokenizer, file string) {
	v, err := strict.Parse(read(t, file), strict.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	r := row{v}
	want, ok := r.ids("ids")
	if got := tok.Encode(r.text("text"), false); !ok || !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func read(t testing.TB, file string) []byte {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
