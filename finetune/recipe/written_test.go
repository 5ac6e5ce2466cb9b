package recipe

import (
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
)

// TestResolved: every default is written out, in the order of the table, and reading it gives the same again.
func TestResolved(t *testing.T) {
	r := parsed(t, least, "train.steps=3", "data.template=a\tb é 🙂 'x' \"y\" \\ {z}: #")
	got := string(r.Resolved())
	want := `base:
  path: m
  strict_config: false
data:
  train: [a.jsonl]
  validation_share: 0
  format: text
  template: "a\tb \u00e9 \U0001f642 'x' \"y\" \\ {z}: #"
  train_on: all
  add_bos: false
  add_eos: true
  order: shuffled
  packing: false
  windows: separate
  too_long: error
train:
  what: [all]
  except: []
  steps: 3
  epochs: 1
  lr: 2e-05
  schedule: linear
  min_lr_ratio: 0
  batch: 4
  accumulate: 1
  max_length: 1024
  seed: 0
  weight_decay: 0.01
  decay: matrices
  beta1: 0.9
  beta2: 0.999
  eps: 1e-08
  clip: 1
  checkpoint_every: 100
  keep_checkpoints: 2
eval:
  every: 0
  samples: []
  max_tokens: 48
output:
  dir: out
  dtype: base
  weights: last
`
	if got != want {
		t.Errorf("got\n%s", got)
	}
	again := parsed(t, got)
	if text := string(again.Resolved()); text != got {
		t.Errorf("read again:\n%s", text)
	}
	if again.Data.Template != r.Data.Template {
		t.Errorf("template %q", again.Data.Template)
	}
}

// TestResolvedAgain reads resolved recipes of all kinds.
func TestResolvedAgain(t *testing.T) {
	for _, text := range []string{
		least,
		with("data.format: chat", "data.fields: {user: q, assistant: a, system: s}", "data.chat_template: t.jinja"),
		with("data.format: chat", "data.fields: {messages: m}", "data.train_on: all"),
		with("data.format: prompt", "data.fields:", "data.train_on: all", "data.rows: 0..9", "data.add_bos: true"),
		with("data.format: prompt", "data.fields: {prompt: p, completion: c, instruction: i, input: 'n', output: o}", "data.packing: true"),
		with("data.train: [a.txt, b.txt]", "data.windows: contiguous", "data.validation: c.txt", "data.order: file"),
		with("train.what: ['a.*', 'true', '3', '~', '{a,b}']", "train.except: ['*x*', yes]", "train.schedule: wsd", "train.decay_steps: 3", "train.warmup_ratio: 0.25", "train.seed: 18446744073709551615"),
		with("train.warmup_steps: 0", "train.lr: 1e300", "train.eps: 5e-324", "train.weight_decay: 0.012345678901234567", "train.clip: 0", `eval.samples: ['no', "a\nb", "\x00\x7f\u2028"]`, "output.weights: best", "data.validation_share: 0.05", "output.dtype: bf16"),
		"base: {init: c.json, tokenizer: ../t, strict_config: true}\ndata: {train: a.txt, format: text}\noutput: {dir: ./o}\n",
	} {
		r := parsed(t, text)
		again := parsed(t, string(r.Resolved()))
		if string(again.Resolved()) != string(r.Resolved()) || !same(again, r) {
			t.Errorf("%s\nresolves to\n%s\nand that to\n%s", text, r.Resolved(), again.Resolved())
		}
	}
}

// same tells whether every value of two recipes is the same. An empty list is one, however it came to be.
func same(a, b *Recipe) bool {
	for _, f := range fields {
		x, y := f.at(a), f.at(b)
		if list, ok := x.(*[]string); ok && len(*list) == 0 && len(*y.(*[]string)) == 0 {
			continue
		}
		if !reflect.DeepEqual(x, y) {
			return false
		}
	}
	return true
}

// TestOrigins: a resolved recipe states all it holds; of the first one each value was stated, overridden, or nobody's.
func TestOrigins(t *testing.T) {
	r := parsed(t, with("train.lr: 1e-3", "train.clip: 0"), "train.lr=1e-4", "eval.every=5")
	want := map[string]Origin{"base.path": Stated, "data.train": Stated, "data.format": Stated, "output.dir": Stated, "train.clip": Stated,
		"train.lr": Overridden, "eval.every": Overridden}
	again := parsed(t, string(r.Resolved()))
	for _, f := range fields {
		origin := want[f.key]
		if origin == "" {
			origin = Default
		}
		if got := r.Origin(f.key); got != origin {
			t.Errorf("%s is %s, want %s", f.key, got, origin)
		}
		if written := r.Written(f.key) != ""; written != (again.Origin(f.key) == Stated) {
			t.Errorf("%s: written %v, then %s", f.key, written, again.Origin(f.key))
		}
	}
}

func TestWritten(t *testing.T) {
	r := parsed(t, least, "train.clip=0")
	for key, want := range map[string]string{"train.clip": "0", "train.lr": "2e-05", "train.what": "[all]", "data.rows": "", "no.key": "", "data.chat_template": ""} {
		if got := r.Written(key); got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
	if string(r.Text()) != least {
		t.Error("the text is not the one given")
	}
}

// TestStart: a new recipe reads, and so it does when every comment that shows a default is taken away.
func TestStart(t *testing.T) {
	text := string(Start([]Choice{
		{Key: "base.path", Value: Quote("a model")}, {Key: "data.train", Value: "a.jsonl"},
		{Key: "data.format", Value: "text", Reason: "every row has\na text"}, {Key: "output.dir", Value: "out"},
	}))
	stated := parsed(t, text)
	if stated.Base.Path != "a model" || !strings.Contains(text, "format: text") || !strings.Contains(text, "# every row has a text") {
		t.Errorf("%s", text)
	}
	var bare strings.Builder
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), "#") && line[0] == ' ' {
			line = strings.Replace(line, "# ", "", 1)
		}
		bare.WriteString(line)
	}
	open := parsed(t, bare.String())
	if string(open.Resolved()) != string(stated.Resolved()) || open.Origin("train.lr") != Stated || stated.Origin("train.lr") != Default {
		t.Errorf("%s\nshows other defaults:\n%s", text, open.Resolved())
	}
}

var update = flag.Bool("update", false, "write README.md anew")

// TestReadme: the reference of keys is that of the table. go test ./finetune/recipe -run Readme -update writes it.
func TestReadme(t *testing.T) {
	var text strings.Builder
	text.WriteString("# Keys of a recipe\n\n" +
		"Written by `go test ./finetune/recipe -run Readme -update` from the table in fields.go, which also drives the reader, the\n" +
		"defaults and `osft schema`. Paths are relative to the recipe's folder; `output.dir`, and all that `--set` gives, to the\n" +
		"working directory. `base` takes either `path`, or `init` with `tokenizer`; `data.train`, `data.format` and `output.dir` have\n" +
		"to be stated.\n\n| key | type | default | meaning |\n|---|---|---|---|\n")
	for _, d := range Docs() {
		kind := d.Type
		if len(d.Values) > 0 {
			kind = strings.Join(d.Values, ", ")
		}
		fmt.Fprintf(&text, "| `%s` | %s | %s | %s |\n", d.Key, kind, code(d.Default), strings.ReplaceAll(d.Meaning, "|", `\|`))
	}
	if *update {
		if err := os.WriteFile("README.md", []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile("README.md")
	if err != nil || strings.ReplaceAll(string(kept), "\r\n", "\n") != text.String() {
		t.Errorf("README.md is not what the table says (go test ./finetune/recipe -run Readme -update): %v", err)
	}
}

func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}
