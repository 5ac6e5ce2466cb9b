package recipe

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/osft-project/osft/finetune/choose"
)

// ownKeys maps the example keys of vectors/models/broken/yaml to ours; freeze is what stays frozen.
var ownKeys = map[string]string{
	"model": "base.path", "data": "data.train", "output": "output.dir", "epochs": "train.epochs", "batch_size": "train.batch",
	"learning_rate": "train.lr", "weight_decay": "train.weight_decay", "schedule": "train.schedule", "warmup_steps": "train.warmup_steps",
	"max_length": "train.max_length", "seed": "train.seed", "freeze": "train.except",
}

// own moves the lines of an example's keys, faults included, under our sections; what is not an example's key stays at the end.
func own(text string) string {
	sections := map[string]string{"data": "  format: text\n"}
	rest, into := "", ""
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(line, ":")
		ours, known := ownKeys[key]
		section, name, _ := strings.Cut(ours, ".")
		switch {
		case known:
			into = section
			sections[into] += "  " + name + ":" + value
		case into != "" && strings.HasPrefix(line, "  - "):
			sections[into] += "  " + line
		default:
			into = ""
			rest += line
		}
	}
	all := ""
	for _, section := range []string{"base", "data", "train", "output"} {
		if lines := sections[section]; section != "data" && lines != "" || strings.Contains(lines, "train:") {
			all += section + ":\n" + lines
		}
	}
	return all + rest
}

// elsewhere lists the faults that a recipe's text does not show, and who finds them.
var elsewhere = map[string]string{
	"model_path_missing":      "package material, which opens the folder",
	"max_length_over_context": "package material, which knows the model",
	"warmup_longer_than_run":  "package finetune, once the steps of the epochs are known",
	"huge_lr":                 "package finetune, when the loss is not finite",
}

// Every recipe of the vectors ends as its expect.txt says.
func TestConformanceBroken(t *testing.T) {
	vectors := os.Getenv("OSFT_VECTORS")
	if vectors == "" {
		t.Skip("skipped: no vectors")
	}
	cases, err := filepath.Glob(filepath.Join(vectors, "models/broken/yaml/*/config.yaml"))
	if err != nil || len(cases) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range cases {
		t.Run("yaml/"+filepath.Base(filepath.Dir(file)), func(t *testing.T) { judge(t, file) })
	}
	t.Logf("%d cases", len(cases))
}

func judge(t *testing.T, file string) {
	name := filepath.Base(filepath.Dir(file))
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	expect, err := os.ReadFile(filepath.Join(filepath.Dir(file), "expect.txt"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Parse("recipe.yaml", []byte(own(string(text))), nil)
	if err == nil && len(r.Train.Except) > 0 {
		_, err = choose.Select(r.Train.What, r.Train.Except, []choose.Tensor{{Name: "model.embed_tokens.weight", Elements: 1}, {Name: "model.norm.weight", Elements: 1}})
	}
	verdicts := strings.Split(strings.SplitN(string(expect), ":", 2)[0], "-or-")
	rejects := slices.Contains(verdicts, "reject")
	switch {
	case elsewhere[name] != "":
		if err != nil {
			t.Errorf("is refused here, not by %s: %v", elsewhere[name], err)
		}
	case err == nil && !slices.Contains(verdicts, "accept"):
		t.Errorf("is accepted; expected: %s", expect)
	case err != nil && !rejects:
		t.Errorf("is refused: %v; expected: %s", err, expect)
	case err != nil && !strings.Contains(err.Error(), "recipe.yaml") && !strings.Contains(err.Error(), "train."):
		t.Errorf("the error names neither file nor key: %v", err)
	}
	if err != nil {
		t.Log(strings.SplitN(err.Error(), "\n", 2)[0])
	}
}
