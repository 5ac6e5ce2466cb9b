package recipe_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/osft-project/osft/finetune"
	"github.com/osft-project/osft/finetune/material"
	"github.com/osft-project/osft/finetune/recipe"
)

// keys maps the key names of the broken configurations, which are an example, to ours. A line that begins with another word
// stays as it is: unknown keys stay unknown. The key freeze holds regular expressions; ".*" among them is the pattern *.
var keys = map[string]string{
	"model:": "base.path:", "data:": "data.train:", "output:": "output.dir:",
	"epochs:": "train.epochs:", "batch_size:": "train.batch:", "learning_rate:": "train.lr:", "weight_decay:": "train.weight_decay:",
	"schedule:": "train.schedule:", "warmup_steps:": "train.warmup_steps:", "max_length:": "train.max_length:", "seed:": "train.seed:",
	"freeze:": "train.except:", "learnig_rate:": "train.learnig_rate:",
	"optimizer:": "eval:", // a section that the example leaves free
	`  - ".*"`:   `  - "*"`,
}

// mapped rewrites a configuration with our keys, line by line, and tells which line of ours each of its lines became.
func mapped(text string) (ours string, lines []int) {
	var out strings.Builder
	number, section := 0, ""
	put := func(line string) { out.WriteString(line); number++ }
	for line := range strings.Lines(text) {
		word := strings.TrimRight(line, "\r\n")
		if line[0] != ' ' {
			word, _, _ = strings.Cut(word, " ")
		}
		if ours, known := keys[word]; known {
			line = ours + strings.TrimPrefix(line, word)
		}
		name, rest, nested := strings.Cut(line, ".")
		switch {
		case nested && keys[word] != "" && line[0] != ' ':
			if name != section {
				put(name + ":\n")
			}
			if name == "data" {
				put("  format: text\n")
			}
			section, line = name, "  "+rest
		case strings.HasPrefix(line, "  -") && section != "":
			line = "  " + line
		case !strings.ContainsAny(line[:1], " \t#"):
			section = ""
		}
		put(line)
		lines = append(lines, number)
	}
	return out.String(), lines
}

// verdict is how a case ends: the line of the configuration that is blamed (0: the recipe as a whole), and what is said.
type verdict struct {
	line int
	says string // "" where it is accepted
	note bool   // accepted, with this note
}

var verdicts = map[string]verdict{
	"anchor_bomb":             {15, "a0: has an anchor, which a recipe does not have (remove &a0)", false},
	"anchor_cycle":            {15, "loop: has an anchor, which a recipe does not have (remove &x)", false},
	"crlf":                    {},
	"deep_nesting":            {15, "is nested deeper than 64 levels (a recipe needs four)", false},
	"duplicate_key":           {15, "train.lr: is stated twice, first on line ", false},
	"empty":                   {1, "is empty (osft init writes a recipe to start from)", false},
	"env_or_command":          {},
	"freeze_bad_regex":        {13, `train.except: "model.(embed": has one of [ ] ( ) |`, false},
	"freeze_matches_all":      {13, "train.except: excludes all that train.what chooses: nothing would train (exclude less)", false},
	"freeze_matches_nothing":  {13, `train.except: "model.layer.*.self_attn.*" matches no tensor (the nearest names are model.layers.0.`, false},
	"huge_batch":              {6, "train.batch: 99999999999999999999 is too large for it (write at most 2147483647)", false},
	"huge_lr":                 {0, "train.lr: 100 is far above what trains a language model; a loss that is not finite stops the run", true},
	"inf_lr":                  {7, "train.lr: .inf is not finite (write a finite number)", false},
	"invalid_utf8":            {15, "is not valid UTF-8 (save it as UTF-8)", false},
	"max_length_over_context": {0, "train.max_length: 100000 is more than the 512 tokens of context that the base was made for", true},
	"missing_model":           {0, "base.path: is missing (name the checkpoint's folder, or base.init to train from scratch)", false},
	"model_path_missing":      {2, "base.path: ../no_such_model: no such file or directory (the path is relative to the recipe)", false},
	"nan_lr":                  {7, "train.lr: .nan is not finite (write a finite number)", false},
	"negative_lr":             {7, "train.lr: -1e-4 is not above 0 (write a number above 0)", false},
	"not_yaml":                {3, "is not YAML: while parsing a flow sequence: did not find expected ',' or ']' (mind indentation, brackets and quotes)", false},
	"scalar":                  {1, "is not a mapping of keys (begin with base:, data:, train: and output:)", false},
	"tab_indent":              {16, "is indented with a tab, which YAML does not have (indent with spaces)", false},
	"two_documents":           {15, "begins a second document, a recipe is one (remove the line --- and what follows)", false},
	"unknown_key":             {7, "train.learnig_rate: is not a key of a recipe (did you mean train.lr?)", false},
	"unknown_nested_key":      {16, "eval.betaa1: is not a key of a recipe (did you mean train.beta1?)", false},
	"unknown_schedule":        {9, `train.schedule: "cosinus" is not a value of it (did you mean cosine? one of constant, linear, cosine, wsd)`, false},
	"valid":                   {},
	"warmup_longer_than_run":  {10, "train.warmup_steps: 1000000 is longer than the run of ", false},
	"wrong_type_bool":         {11, `train.max_length: "yes" is not an integer (write digits only, such as 8)`, false},
	"wrong_type_int":          {6, `train.batch: "2.5" is not an integer (write digits only, such as 8)`, false},
	"wrong_type_list":         {7, "train.lr: is a list, not one number (write one value)", false},
	"wrong_type_string":       {7, `train.lr: "fast" is not a number (write it such as 0.0001 or 1e-4, without quotes)`, false},
	"zero_batch":              {6, "train.batch: 0 is below 1 (write at least 1)", false},
	"zero_lr":                 {7, "train.lr: 0 is not above 0 (write a number above 0)", false},
}

// TestConformanceBroken reads every broken configuration of the vectors, in our key names, and compares the end with its
// expect.txt. What the text alone does not show is asked of models: the valid one of the vectors, which has no tokenizer,
// tells what the patterns match, and that of the quickstart what holds of the whole run.
func TestConformanceBroken(t *testing.T) {
	vectors := os.Getenv("OSFT_VECTORS")
	if vectors == "" {
		t.Skip("skipped: no vectors")
	}
	root := filepath.Join(vectors, "models", "broken", "yaml")
	cases, err := os.ReadDir(root)
	if err != nil || len(cases) == 0 {
		t.Fatalf("%s: no cases: %v", root, err)
	}
	for _, c := range cases {
		t.Run("yaml/"+c.Name(), func(t *testing.T) {
			want, known := verdicts[c.Name()]
			if !known {
				t.Fatal("no verdict is written down for it")
			}
			judge(t, filepath.Join(root, c.Name()), want)
		})
	}
	t.Logf("%d cases", len(cases))
}

func judge(t *testing.T, folder string, want verdict) {
	expect, _, _ := strings.Cut(read(t, folder, "expect.txt"), ":")
	text, lines := mapped(read(t, folder, "config.yaml"))
	start := time.Now()
	notes, err := end(t, filepath.Dir(folder), text)
	if took := time.Since(start); took > 10*time.Second {
		t.Error("takes", took)
	}
	got, said, says := "accept", "", want.says
	switch {
	case err != nil:
		got, said, says = "reject", err.Error(), blames(lines, want.line)+says
	case len(notes) > 0:
		got, said = "warn", strings.Join(notes, "\n")
	}
	if !slices.Contains(strings.Split(expect, "-or-"), got) {
		t.Errorf("%s, expected %s", got, expect)
	}
	if want.note != (got == "warn") || (says == "") != (said == "") || !strings.HasPrefix(said, says) {
		t.Errorf("%s: said\n%s\nwant\n%s", got, said, says)
	}
}

func read(t *testing.T, folder, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// blames is how a message begins about a line of the configuration.
func blames(lines []int, line int) string {
	switch {
	case line == 0:
		return "recipe.yaml: "
	case line <= len(lines):
		line = lines[line-1]
	}
	return fmt.Sprintf("recipe.yaml:%d: ", line)
}

// end reads a mapped recipe in the folder to which its paths are relative and, where it can be read, opens its base, plans, and
// counts the steps of the run.
func end(t *testing.T, folder, text string) (notes []string, err error) {
	r, err := recipe.Parse("recipe.yaml", []byte(text), nil)
	if err != nil {
		return nil, err
	}
	if line := "  dir: " + r.Output.Dir + "\n"; !strings.Contains(strings.ReplaceAll(text, "\r", ""), line) {
		t.Errorf("output.dir is %q, which is not what stands there", r.Output.Dir)
	}
	m, err := material.Open(t.Context(), folder, r)
	if m.Model == nil {
		return nil, errors.Join(r.Locate(err), m.Close())
	}
	_, _, err = finetune.NewPlan(m.Model.Params(), r.Train)
	if err := errors.Join(r.Locate(err), m.Close()); err != nil {
		return nil, err
	}
	path := filepath.Join(t.TempDir(), "recipe.yaml")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	view, err := finetune.PlanOnly(t.Context(), finetune.Request{Recipe: path, Overrides: []string{
		"base.path=../../testdata/quickstart/base", "data.train=" + filepath.Join(folder, r.Data.Train[0]), "data.too_long=truncate",
	}}, 0)
	return view.Notes, err
}
