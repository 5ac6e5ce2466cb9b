package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/osft-project/osft/finetune/recipe"
	"github.com/osft-project/osft/model/kernel/machine"
)

// readme is the README and the blocks of a language in it.
func readme(t *testing.T, language string) (blocks []string) {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		blocks = append(blocks, strings.TrimSpace(m[1]))
	}
	if len(blocks) == 0 {
		t.Fatalf("README.md has no block of %s", language)
	}
	return blocks
}

// The README's first command trains the tiny model, and the loss on rows never seen falls by a third.
func TestReadmeQuickstart(t *testing.T) {
	command := readme(t, "sh")[0]
	if command != "go run ./cmd/osft train testdata/quickstart/recipe.yaml" {
		t.Fatalf("the first command of the README is %q", command)
	}
	args := strings.Fields(command)
	args = append(args, "--set", "output.dir="+filepath.ToSlash(filepath.Join(t.TempDir(), "out")))
	short := testing.Short() || machine.Active().String() == "generic"
	if short {
		args = append(args, "--set", "train.steps=1")
	}
	run := exec.Command(args[0], args[1:]...)
	run.Dir = "../.."
	out, err := run.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	fell := regexp.MustCompile(`held-out loss went from ([0-9.]+) to ([0-9.]+)`).FindStringSubmatch(string(out))
	if fell == nil {
		t.Fatalf("no held-out loss in\n%s", out)
	}
	before, _ := strconv.ParseFloat(fell[1], 64)
	after, _ := strconv.ParseFloat(fell[2], 64)
	if !short && after > before*2/3 {
		t.Errorf("the held-out loss went from %v to %v, less than a third", before, after)
	}
}

// The README's second command is the one that .ci/run tests with.
func TestReadmeTestCommand(t *testing.T) {
	if command := readme(t, "sh")[1]; command != "go test ./..." {
		t.Errorf("the second command of the README is %q", command)
	}
	script, err := os.ReadFile("../../.ci/run")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(script), "go test -count=1 -timeout 40m ./...") {
		t.Error(".ci/run does not run the README's tests")
	}
}

// The README's recipe is one, and its commands and flags exist.
func TestReadmeRecipe(t *testing.T) {
	if _, err := recipe.Parse("README.md", []byte(readme(t, "yaml")[0]), nil); err != nil {
		t.Error(err)
	}
	root := newRoot(nil)
	for _, block := range readme(t, "sh") {
		for _, line := range strings.Split(block, "\n") {
			fields := strings.Fields(strings.SplitN(line, "#", 2)[0])
			if len(fields) < 2 || fields[0] != "osft" {
				continue
			}
			command, _, err := root.Find(fields[1:])
			if err != nil || command == root {
				t.Errorf("%s: no such command", line)
				continue
			}
			for _, field := range fields[2:] {
				if name, ok := strings.CutPrefix(field, "--"); ok && command.Flags().Lookup(name) == nil {
					t.Errorf("%s: no such flag", line)
				}
			}
		}
	}
}
