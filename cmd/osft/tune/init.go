package tune

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/osft-project/osft/cmd/osft/terminal"
	"github.com/osft-project/osft/data"
	"github.com/osft-project/osft/finetune/recipe"
	"github.com/osft-project/osft/provenance"
)

// created is the JSON line of `osft init`.
type created struct {
	Recipe string `json:"recipe"`
	Format string `json:"format"`
	Reason string `json:"reason"`
}

// starter are the flags of `osft init`.
type starter struct{ base, rows, recipe, out string }

func newInit(screen *terminal.Terminal) *cobra.Command {
	var s starter
	command := &cobra.Command{
		Use:   "init --base DIR --data FILE",
		Short: "Write a commented recipe for a checkpoint and a file of rows; asks nothing",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			guessed, err := s.write(command.Context())
			if err != nil {
				return err
			}
			c := created{s.recipe, guessed.Format, guessed.Reason}
			return screen.Result("created", c, func(w io.Writer) {
				fmt.Fprintf(w, "%s: data.format %s, since %s\nlook at it, then: osft plan %s\n", c.Recipe, c.Format, c.Reason, c.Recipe)
			})
		},
	}
	flags := command.Flags()
	flags.StringVar(&s.base, "base", "", "folder of the checkpoint")
	flags.StringVar(&s.rows, "data", "", "file of training rows")
	flags.StringVar(&s.recipe, "recipe", "recipe.yaml", "file to write; an existing one is left alone")
	flags.StringVar(&s.out, "out", "osft-out", "folder of the result, for output.dir")
	_ = command.MarkFlagRequired("base")
	_ = command.MarkFlagRequired("data")
	return command
}

// write guesses the format and writes the recipe.
func (s starter) write(ctx context.Context) (data.Guessed, error) {
	folder, err := provenance.OpenFolder(s.base)
	if err != nil {
		return data.Guessed{}, fmt.Errorf("--base: %w", err)
	}
	if err := folder.Close(); err != nil {
		return data.Guessed{}, err
	}
	name := filepath.Base(s.rows)
	guessed, err := data.Guess(ctx, provenance.Named{name: s.rows}, name)
	if err != nil {
		return guessed, fmt.Errorf("--data: %w", err)
	}
	choices, err := s.choices(guessed)
	if err != nil {
		return guessed, err
	}
	file, err := os.OpenFile(s.recipe, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return guessed, fmt.Errorf("%s: cannot be created (it may exist: name another with --recipe): %w", s.recipe, err)
	}
	if _, err := file.Write(recipe.Start(choices)); err != nil {
		_ = file.Close()
		return guessed, err
	}
	return guessed, file.Close()
}

// choices are the keys that the new recipe states.
func (s starter) choices(g data.Guessed) ([]recipe.Choice, error) {
	base, err := s.relative(s.base)
	if err != nil {
		return nil, err
	}
	rows, err := s.relative(s.rows)
	if err != nil {
		return nil, err
	}
	list := []recipe.Choice{
		{Key: "base.path", Value: recipe.Quote(base)},
		{Key: "data.train", Value: recipe.Quote(rows)},
		{Key: "data.format", Value: g.Format, Reason: g.Reason},
		{Key: "output.dir", Value: recipe.Quote(filepath.ToSlash(s.out))},
	}
	for key, value := range map[string]string{
		"data.field": g.Field, "data.fields.prompt": g.Fields.Prompt, "data.fields.completion": g.Fields.Completion,
		"data.fields.instruction": g.Fields.Instruction, "data.fields.input": g.Fields.Input, "data.fields.output": g.Fields.Output,
		"data.fields.user": g.Fields.User, "data.fields.assistant": g.Fields.Assistant, "data.fields.system": g.Fields.System,
	} {
		if value != "" {
			list = append(list, recipe.Choice{Key: key, Value: recipe.Quote(value)})
		}
	}
	return list, nil
}

// relative is a path as seen from the recipe's folder.
func (s starter) relative(path string) (string, error) {
	if filepath.IsAbs(path) {
		return filepath.ToSlash(path), nil
	}
	folder, err := filepath.Rel(filepath.Dir(s.recipe), path)
	return filepath.ToSlash(folder), err
}
