package data

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/osft-project/osft/data/format"
	"github.com/osft-project/osft/data/template"
	"github.com/osft-project/osft/data/tokenizer"
	"github.com/osft-project/osft/provenance/strict"
)

// The rows of GSM8K give the number of targets that PyTorch counted, step by step.
func TestConformanceRealTargets(t *testing.T) {
	vectors := os.Getenv("OSFT_VECTORS")
	if vectors == "" {
		t.Skip("skipped: no vectors")
	}
	shared := filepath.Dir(vectors)
	tok, err := tokenizer.Load(os.DirFS(filepath.Join(shared, "models/smollm2-135m-instruct")))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(vectors, "real/smollm2-gsm8k.json"))
	if err != nil {
		t.Fatal(err)
	}
	document, err := strict.Parse(text, strict.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	list, _ := document.Get("runs")
	runs, _ := list.Array()
	language := Language{Tokenizer: tok, Chat: ownTemplate(t, tok), BOS: -1, EOS: 2}
	for _, run := range runs {
		number := func(name string) int { v, _ := run.Get(name); n, _ := v.Int64(); return int(n) }
		word := func(name string) string { v, _ := run.Get(name); s, _ := v.String(); return s }
		t.Run(word("name"), func(t *testing.T) {
			spec := Spec{Files: []string{"gsm8k-train.jsonl"}, End: 200, Format: word("format"), AddEOS: true, TrainOn: "completion", Order: "file",
				Windows: "separate", TooLong: "truncate", MaxLength: number("max_length"), Batch: number("micro_batch"), Accumulate: number("accumulation")}
			if spec.Format == "text" {
				spec.Template = "Question: {question}\nAnswer: {answer}"
			} else {
				spec.Fields = Fields{User: "question", Assistant: "answer"}
			}
			set, err := Build(context.Background(), os.DirFS(filepath.Join(shared, "data")), spec, language)
			if err != nil {
				t.Fatal(err)
			}
			wanted, _ := run.Get("target_tokens")
			counts, _ := wanted.Array()
			var want, got []int
			for step, c := range counts {
				n, _ := c.Int64()
				want = append(want, int(n))
				total := 0
				for _, b := range set.Step(step) {
					for _, target := range b.Targets {
						if target >= 0 {
							total++
						}
					}
				}
				got = append(got, total)
			}
			if !slices.Equal(got, want) {
				t.Errorf("targets a step\ngot  %v\nwant %v", got, want)
			}
		})
	}
}

// ownTemplate is the chat template that a checkpoint comes with.
func ownTemplate(t *testing.T, tok *tokenizer.Tokenizer) ChatTemplate {
	t.Helper()
	config := tok.Config()
	source, ok := config.ChatTemplate()
	if !ok {
		t.Fatal("the checkpoint has no chat template")
	}
	parsed, err := template.Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	return format.TemplateOf(parsed, map[string]string{})
}
