package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// module is the import path of the repository.
const modulePath = "github.com/osft-project/osft/"

// leaves may be imported by anybody and import nothing of ours but each other.
var leaves = []string{"model/weights", "model/kernel", "provenance/strict", "provenance/disk"}

// mayImport is the drawing of ARCHITECTURE.md: which areas each area imports.
var mayImport = map[string][]string{
	"cmd":        {"cmd", "finetune", "model", "data", "provenance"},
	"finetune":   {"finetune", "model", "data", "provenance"},
	"model":      {"model"},
	"data":       {"data"},
	"provenance": {"provenance"},
	"testdata":   {"cmd", "finetune", "model", "data", "provenance"},
}

// onlyIn lists the dependencies that have one importing place.
var onlyIn = map[string]string{
	"gorgonia.org/gorgonia":              "model/graph",
	"gorgonia.org/tensor":                "model/graph",
	"go.yaml.in/yaml/v4":                 "finetune/recipe",
	"github.com/go-json-experiment/json": "provenance/strict",
	"github.com/nlpodyssey/gotokenizers": "data/tokenizer/bpe",
	"github.com/dlclark/regexp2/v2":      "data/tokenizer/pattern",
	"golang.org/x/text":                  "data/tokenizer/normalizer",
	"github.com/gofrs/flock":             "provenance/disk",
	"github.com/schollz/progressbar/v3":  "cmd/osft/terminal",
	"encoding/json":                      "nowhere",
}

// The imports of every package, tests left out, are those of the drawing.
func TestImportsFollowTheDrawing(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}}{{range .Imports}} {{.}}{{end}}`, modulePath+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	packages := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(packages) < 20 {
		t.Fatalf("only %d packages listed", len(packages))
	}
	for _, line := range packages {
		fields := strings.Fields(line)
		from := strings.TrimPrefix(fields[0], modulePath)
		for _, path := range fields[1:] {
			checkImport(t, from, path)
		}
	}
}

func checkImport(t *testing.T, from, path string) {
	t.Helper()
	for dependency, place := range onlyIn {
		within := path == dependency || strings.HasPrefix(path, dependency+"/")
		if within && !inside(from, []string{place}) {
			t.Errorf("%s imports %s, which only %s may", from, path, place)
		}
	}
	to, ours := strings.CutPrefix(path, modulePath)
	if !ours {
		return
	}
	if inside(from, leaves) && !inside(to, leaves) {
		t.Errorf("%s is a leaf and imports %s", from, to)
	}
	area := func(p string) string { return strings.SplitN(p, "/", 2)[0] }
	if !inside(to, leaves) && !slices.Contains(mayImport[area(from)], area(to)) {
		t.Errorf("%s imports %s, against the drawing", from, to)
	}
}

// inside tells whether a package is one of some or below one.
func inside(path string, some []string) bool {
	return slices.ContainsFunc(some, func(s string) bool { return path == s || strings.HasPrefix(path, s+"/") })
}
