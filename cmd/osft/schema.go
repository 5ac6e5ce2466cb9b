package main

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/osft-project/osft/cmd/osft/terminal"
	"github.com/osft-project/osft/finetune/recipe"
)

// schema is the JSON line of the command of that name.
type schema struct {
	Schema []recipe.Doc `json:"keys"`
}

func newSchema(screen *terminal.Terminal) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of recipes, for editors (with --json: the keys with types, defaults and meanings)",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			text, err := recipe.Schema()
			if err != nil {
				return err
			}
			return screen.Result("schema", schema{recipe.Docs()}, func(w io.Writer) { _, _ = w.Write(text) })
		},
	}
}
