// Command make rebuilds the quickstart's tiny base model, bit for bit: it trains the tokenizer on the almanac's text and then
// the model by base.yaml, from nothing, with the same code as `osft train`. Run it from the repository's root:
//
//	go run ./testdata/quickstart/make
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/osft-project/osft/data/tokenizer/train"
	"github.com/osft-project/osft/finetune"
)

// vocabulary is the number of tokens of the tiny model, and end the token that ends a text.
const (
	folder     = "testdata/quickstart"
	vocabulary = 768
	end        = "<|end|>"
)

func main() {
	if err := rebuild(); err != nil {
		fmt.Fprintln(os.Stderr, "make:", err)
		os.Exit(1)
	}
}

func rebuild() error {
	if err := makeTokenizer(); err != nil {
		return err
	}
	request := finetune.Request{Recipe: filepath.Join(folder, "base.yaml"), Restart: true, Overwrite: true}
	_, err := finetune.Execute(context.Background(), request, func(event finetune.Event) {
		switch e := event.(type) {
		case finetune.Trained:
			if e.Number%20 == 0 {
				fmt.Printf("step %d/%d loss %.4f\n", e.Number, e.Steps, e.Loss)
			}
		case finetune.Evaluated:
			fmt.Printf("held-out loss %s: %.4f\n", e.When, e.Loss)
		case finetune.Sampled:
			fmt.Printf("%s: %s%s\n", e.When, e.Prompt, e.Text)
		}
	})
	return err
}

// makeTokenizer trains the tokenizer on all text.
func makeTokenizer() error {
	files, err := filepath.Glob(folder + "/text/*.txt")
	if err != nil || len(files) == 0 {
		return fmt.Errorf("%s/text: holds no text (run this from the repository's root)", folder)
	}
	var corpus []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		corpus = append(corpus, string(text))
	}
	tokens, err := train.Train(corpus, vocabulary, []string{end})
	if err != nil {
		return err
	}
	config, err := train.Config(train.Roles{EOS: end, PAD: end}, []string{end})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder+"/tokenizer", 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(folder+"/tokenizer/tokenizer.json", tokens, 0o644); err != nil {
		return err
	}
	return os.WriteFile(folder+"/tokenizer/tokenizer_config.json", config, 0o644)
}
