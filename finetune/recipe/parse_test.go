package recipe

import (
	"fmt"
	"strings"
	"testing"
)

// least is the shortest recipe there is.
const least = "base:\n  path: m\ndata:\n  train: a.jsonl\n  format: text\noutput:\n  dir: out\n"

// parsed reads a recipe that must be in order.
func parsed(t *testing.T, text string, overrides ...string) *Recipe {
	t.Helper()
	r, err := Parse("r.yaml", []byte(text), overrides)
	if err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
	return r
}

func TestParse(t *testing.T) {
	r := parsed(t, `# all the ways to write things
base: {path: ../models/my model}
data:
  train:
  - a.jsonl
  - "b.jsonl"   # a list
  rows: 0..64
  format: text
  template: "Q: {q}\nA: {a}"
  add_eos: false
train:
  what: ['model.layers.{28..29}.*', "*norm*"]
  steps: 30
  epochs: 2
  lr: 1e-4
  min_lr_ratio: .1
  schedule: cosine
  seed: 18446744073709551615
  clip: 0
eval:
  # every: 3
output:
  dir: 2026-01-01
`)
	got := fmt.Sprint(r.Base.Path, r.Data.Train, r.Data.Rows, r.Data.Template, r.Data.AddEOS, r.Train.What, r.Train.Steps, r.Train.Epochs,
		r.Train.LR, r.Train.MinLRRatio, r.Train.Seed, r.Train.Clip, r.Output.Dir, r.Eval)
	want := "../models/my model[a.jsonl b.jsonl]0..64Q: {q}\nA: {a}false[model.layers.{28..29}.* *norm*]30 20.0001 0.1 18446744073709551615 0" +
		"2026-01-01{0 [] 48}"
	if squeeze(got) != squeeze(want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for key, want := range map[string]Origin{"train.lr": Stated, "train.clip": Stated, "train.batch": Default, "eval.every": Default, "no.key": Default} {
		if got := r.Origin(key); got != want {
			t.Errorf("%s is %s, want %s", key, got, want)
		}
	}
}

func squeeze(text string) string { return strings.Join(strings.Fields(text), "") }

func TestDefaults(t *testing.T) {
	r := parsed(t, least)
	if r.Train.What[0] != "all" || r.Train.Batch != 4 || r.Train.MaxLength != 1024 || r.Data.Order != "shuffled" || !r.Data.AddEOS || r.Data.TrainOn != "all" {
		t.Errorf("%+v", r)
	}
	if chat := parsed(t, strings.Replace(least, "text", "chat", 1)); chat.Data.TrainOn != "completion" {
		t.Error("a conversation trains on", chat.Data.TrainOn)
	}
}

// Windows' line ends, a byte order mark and an explicit document make no difference.
func TestForms(t *testing.T) {
	want := string(parsed(t, least).Resolved())
	for _, text := range []string{strings.ReplaceAll(least, "\n", "\r\n"), "\ufeff" + least, "---\n" + least + "...\n", strings.TrimSuffix(least, "\n")} {
		if got := string(parsed(t, text).Resolved()); got != want {
			t.Errorf("%q gives\n%s", text, got)
		}
	}
}

func TestOverrides(t *testing.T) {
	r := parsed(t, least, "train.lr=1e-5", "train.what=*norm*", "train.except=[a, 'b.{0..1}']", "output.dir=2026", "train.lr=3e-5",
		"data.train=[c.jsonl,d.jsonl]", "data.template={\"x\": 1}", "data.rows=0..3", "eval.samples=is it: true?", "train.seed=7")
	if r.Train.LR != 3e-5 || r.Train.What[0] != "*norm*" || len(r.Train.Except) != 2 || len(r.Data.Train) != 2 || r.Output.Dir != "2026" || r.Data.Rows != "0..3" ||
		r.Eval.Samples[0] != "is it: true?" || r.Origin("train.lr") != Overridden || r.Origin("train.seed") != Overridden {
		t.Errorf("%+v", r)
	}
}
