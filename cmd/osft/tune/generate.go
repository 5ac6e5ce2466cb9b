package tune

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/osft-project/osft/cmd/osft/terminal"
	"github.com/osft-project/osft/finetune/material"
	"github.com/osft-project/osft/finetune/recipe"
	"github.com/osft-project/osft/model"
)

// generated is the JSON line of `osft generate`.
type generated struct {
	Prompt string  `json:"prompt"`
	Text   string  `json:"text"`
	Tokens []int32 `json:"tokens"`
}

// sampling adds the flags that say how tokens are chosen.
func sampling(flags *pflag.FlagSet, o *model.GenerateOptions) {
	flags.IntVar(&o.MaxTokens, "max-tokens", 128, "most tokens to write")
	flags.Float64Var(&o.Temperature, "temperature", 0, "0 takes the likeliest token each time")
	flags.IntVar(&o.TopK, "top-k", 0, "with a temperature: choose among so many likeliest tokens; 0 for all")
	flags.Float64Var(&o.TopP, "top-p", 0, "with a temperature: choose among the likeliest tokens of this total probability; 0 for all")
	flags.Uint64Var(&o.Seed, "seed", 0, "with a temperature: seed of the choice")
}

// speaker is a checkpoint that can continue text.
type speaker struct {
	*material.Material
	options model.GenerateOptions
}

// withSpeaker opens a checkpoint's model, tokenizer and template for as long as use takes.
func withSpeaker(ctx context.Context, dir string, o model.GenerateOptions, use func(*speaker) error) error {
	m, err := material.Open(ctx, ".", &recipe.Recipe{Base: recipe.Base{Path: dir}})
	if err != nil {
		return err
	}
	o.Stop = m.Stop()
	return errors.Join(use(&speaker{m, o}), m.Close())
}

// say continues tokens. The stop token is not text.
func (s *speaker) say(ctx context.Context, prompt []int32) (text string, tokens []int32, err error) {
	err = s.Model.Generate(ctx, prompt, s.options, func(id int32) { tokens = append(tokens, id) })
	return s.Language.Tokenizer.Decode(tokens, true), tokens, err
}

func newGenerate(screen *terminal.Terminal) *cobra.Command {
	var prompt string
	var options model.GenerateOptions
	command := &cobra.Command{
		Use:   "generate DIR --prompt TEXT",
		Short: "Continue a text with a checkpoint",
		Args:  cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			return withSpeaker(command.Context(), args[0], options, func(s *speaker) error {
				ids, err := s.Prompt(prompt)
				if err != nil {
					return err
				}
				text, tokens, err := s.say(command.Context(), ids)
				if err != nil {
					return err
				}
				return screen.Result("generated", generated{prompt, text, tokens}, func(w io.Writer) {
					fmt.Fprintln(w, terminal.Safe(prompt+text))
				})
			})
		},
	}
	command.Flags().StringVar(&prompt, "prompt", "", "text to continue")
	_ = command.MarkFlagRequired("prompt")
	sampling(command.Flags(), &options)
	return command
}
