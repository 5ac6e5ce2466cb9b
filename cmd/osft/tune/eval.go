package tune

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/osft-project/osft/cmd/osft/terminal"
	"github.com/osft-project/osft/finetune"
)

func newEval(screen *terminal.Terminal) *cobra.Command {
	var q finetune.Measure
	command := &cobra.Command{
		Use:   "eval DIR",
		Short: "Compute loss and perplexity of a checkpoint on held-out rows",
		Args:  cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			q.Folder = args[0]
			m, err := finetune.Evaluate(command.Context(), q)
			if err != nil {
				return err
			}
			return screen.Result("eval", m, func(w io.Writer) {
				for _, r := range m.Rows {
					fmt.Fprintf(w, "%s: loss %.4f, perplexity %.2f, %d targets\n", terminal.Safe(r.Where), r.Loss, r.Perplexity, r.Targets)
				}
				fmt.Fprintf(w, "loss %.4f, perplexity %.2f, %d targets\n", m.Loss, m.Perplexity, m.Targets)
			})
		},
	}
	overrides(command.Flags(), &q.Overrides)
	command.Flags().StringVar(&q.Recipe, "recipe", "", "recipe whose data section says what rows are (default: the one that DIR's record has)")
	command.Flags().StringVar(&q.Data, "data", "", "file all of whose rows are evaluated, instead of the recipe's held-out rows")
	command.Flags().BoolVar(&q.Rows, "rows", false, "print every row too")
	return command
}
