package recipe

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// TestTogether: what does not go together is refused where it is stated.
func TestTogether(t *testing.T) {
	tests := []struct {
		name  string
		lines []string
		want  []string // key and what, of all problems
	}{
		{"base and init", []string{"base.init: c.json"}, []string{"base.init: is stated beside base.path (keep one of them)"}},
		{"base and tokenizer", []string{"base.tokenizer: t"}, []string{"base.tokenizer: is stated beside base.path, whose folder has the tokenizer (remove it)"}},
		{"row files", []string{"data.train: [a.json, b.jsonl, c.csv]", "data.validation: d"}, []string{
			`data.train: "a.json", "c.csv": neither .jsonl nor .txt (convert it to one JSON object a line)`,
			`data.validation: "d": neither .jsonl nor .txt (convert it to one JSON object a line)`}},
		{"chat of plain text", []string{"data.format: chat", "data.train: a.txt"}, []string{"data.format: chat cannot be read from the plain text of data.train (write text)"}},
		{"fields of plain text", []string{"data.train: a.txt", "data.field: x"}, []string{"data.field: is stated, and plain text has no fields (remove it)"}},
		{"template of plain text", []string{"data.train: a.txt", "data.template: x"}, []string{"data.template: is stated, and plain text has no fields (remove it)"}},
		{"field and template", []string{"data.field: x", "data.template: '{y}'"}, []string{"data.template: is stated beside data.field (keep one of them)"}},
		{"prompt's fields in text", []string{"data.fields: {prompt: x}"}, []string{"data.fields.prompt: is read by data.format: prompt only (remove it, or change data.format)"}},
		{"windows of prompts", []string{"data.format: prompt", "data.windows: separate"}, []string{"data.windows: is read by data.format: text only (remove it, or change data.format)"}},
		{"completion of text", []string{"data.train_on: completion"}, []string{"data.train_on: completion: text has no completion (write all, or leave it out)"}},
		{"ends of chat", []string{"data.format: chat", "data.add_bos: true", "data.add_eos: true"}, []string{
			"data.add_bos: is not read by data.format: chat, where the template decides (remove it)",
			"data.add_eos: is not read by data.format: chat, where the template decides (remove it)"}},
		{"user without assistant", []string{"data.format: chat", "data.fields: {user: q}"}, []string{"data.fields.user: is stated without data.fields.assistant (state both)"}},
		{"assistant without user", []string{"data.format: chat", "data.fields: {assistant: q}"}, []string{"data.fields.assistant: is stated without data.fields.user (state both)"}},
		{"system without user", []string{"data.format: chat", "data.fields: {system: q}"}, []string{
			"data.fields.system: is stated without data.fields.user (state data.fields.user and data.fields.assistant)"}},
		{"messages and user", []string{"data.format: chat", "data.fields: {messages: m, user: q, assistant: a}"}, []string{
			"data.fields.messages: is stated beside data.fields.user (keep one of them)"}},
		{"rows", []string{"data.rows: 5..5"}, []string{`data.rows: "5..5" is not a range of rows (write it such as 0..64)`}},
		{"rows backwards", []string{"data.rows: 5..2"}, []string{`data.rows: "5..2" is not a range of rows (write it such as 0..64)`}},
		{"rows of words", []string{"data.rows: first 5"}, []string{`data.rows: "first 5" is not a range of rows (write it such as 0..64)`}},
		{"two validations", []string{"data.validation: v.jsonl", "data.validation_share: 0.1"}, []string{"data.validation_share: is stated beside data.validation (keep one of them)"}},
		{"two warm-ups", []string{"train.warmup_steps: 3", "train.warmup_ratio: 0.1"}, []string{"train.warmup_ratio: is stated beside train.warmup_steps (keep one of them)"}},
		{"warm-up beyond the run", []string{"train.steps: 10", "train.warmup_steps: 11"}, []string{
			"train.warmup_steps: 11 is longer than the run of 10 steps (fewer warm-up steps, or more steps)"}},
		{"decay steps of a line", []string{"train.decay_steps: 3"}, []string{"train.decay_steps: is read by train.schedule: wsd only (remove it)"}},
		{"decay steps beyond the run", []string{"train.schedule: wsd", "train.steps: 10", "train.warmup_steps: 5", "train.decay_steps: 6"}, []string{
			"train.decay_steps: is longer than what warm-up leaves of the run (fewer decay steps, or more steps)"}},
		{"floor of a line", []string{"train.min_lr_ratio: 0.1"}, []string{"train.min_lr_ratio: is read by train.schedule: cosine and wsd only (remove it)"}},
		{"best of nothing", []string{"output.weights: best"}, []string{"output.weights: best needs rows to judge by (state data.validation or data.validation_share)"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			text := with(test.lines...)
			_, err := Parse("r.yaml", []byte(text), nil)
			var problems Problems
			errors.As(err, &problems)
			var got []string
			for _, p := range problems {
				if p.line == 0 {
					t.Errorf("%v has no line", p)
				}
				_, rest, _ := strings.Cut(p.Error(), ": ")
				got = append(got, rest)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("%s\ngot  %q\nwant %q", text, got, test.want)
			}
		})
	}
}

func TestScratch(t *testing.T) {
	const text = "base: {init: c.json}\ndata: {train: a.txt, format: text}\noutput: {dir: o}\n"
	_, err := Parse("r.yaml", []byte(text), nil)
	if err == nil || err.Error() != "r.yaml: base.tokenizer: is missing (base.init needs the folder of a tokenizer)" {
		t.Error(err)
	}
	if r := parsed(t, text, "base.tokenizer=t"); r.Base.Init != "c.json" || r.Base.Tokenizer != "t" {
		t.Errorf("%+v", r.Base)
	}
}

// TestSteps: train.steps wins, but a command line that asks for epochs beside it is told.
func TestSteps(t *testing.T) {
	text := with("train.steps: 5", "train.epochs: 2")
	if r := parsed(t, text); r.Train.Steps != 5 {
		t.Error(r.Train.Steps)
	}
	_, err := Parse("r.yaml", []byte(text), []string{"train.epochs=3"})
	if err == nil || err.Error() != "--set train.epochs=3: train.epochs: has no effect beside train.steps (remove train.steps)" {
		t.Error(err)
	}
}

func TestRowRange(t *testing.T) {
	for text, want := range map[string][2]int{"": {0, -1}, "0..64": {0, 64}, "7..8": {7, 8}} {
		if start, end, err := RowRange(text); err != nil || [2]int{start, end} != want {
			t.Error(text, start, end, err)
		}
	}
	for _, text := range []string{"..", "1..", "..2", "-1..2", "2..1", "1.2", "1..2..3", "a..b", "1...3", "+0..5", "0..+5", "0..99999999999999999999"} {
		if _, _, err := RowRange(text); err == nil {
			t.Error(text, "is a range")
		}
	}
}

func TestNotes(t *testing.T) {
	if notes := parsed(t, least).Notes(); notes != nil {
		t.Error(notes)
	}
	notes := parsed(t, least, "train.lr=100", "train.weight_decay=0.5").Notes()
	if len(notes) != 2 || !strings.HasPrefix(notes[0], "train.lr: 100 is far above") || !strings.HasPrefix(notes[1], "train.weight_decay: times train.lr") {
		t.Error(notes)
	}
}

func TestPath(t *testing.T) {
	r := parsed(t, least, "data.train=b.jsonl")
	for _, test := range []struct{ key, value, want string }{
		{"base.path", "m", "folder/m"}, {"base.path", "../m", "m"}, {"base.path", "/abs", "/abs"}, {"base.path", "", ""},
		{"data.train", "b.jsonl", "b.jsonl"}, {"output.dir", "out", "out"},
	} {
		if got := r.Path("folder", test.key, test.value); strings.ReplaceAll(got, `\`, "/") != test.want {
			t.Errorf("%s %s: %s, want %s", test.key, test.value, got, test.want)
		}
	}
}
