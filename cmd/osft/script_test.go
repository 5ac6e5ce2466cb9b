package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"

	"github.com/osft-project/osft/cmd/osft/terminal"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"osft": func() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// The scripts use the program as a person would. $TINY is the folder of the tiny model.
func TestScripts(t *testing.T) {
	tiny, err := filepath.Abs("../../testdata/quickstart")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			env.Setenv("TINY", tiny)
			env.Setenv("OSFT_ISA", os.Getenv("OSFT_ISA"))
			return nil
		},
	})
}

// Every command and every flag occurs in some script.
func TestScriptsUseEveryFlag(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts", err)
	}
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	for _, command := range newRoot(terminal.New(nil, nil, nil)).Commands() {
		if !strings.Contains(all.String(), "osft "+command.Name()) {
			t.Errorf("no script runs osft %s", command.Name())
		}
		for _, flag := range flagNames(command) {
			if !strings.Contains(all.String(), "--"+flag) {
				t.Errorf("no script uses osft %s --%s", command.Name(), flag)
			}
		}
	}
}

func flagNames(command *cobra.Command) (names []string) {
	for _, field := range strings.Fields(command.LocalFlags().FlagUsages()) {
		if name, ok := strings.CutPrefix(field, "--"); ok {
			names = append(names, name)
		}
	}
	return names
}
