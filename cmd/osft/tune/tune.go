// Package tune holds the commands that make weights and use them: init, plan, train, eval, generate, chat, bench.
package tune

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/osft-project/osft/cmd/osft/terminal"
)

// Commands are the commands of this package.
func Commands(screen *terminal.Terminal) []*cobra.Command {
	return []*cobra.Command{newInit(screen), newPlan(screen), newTrain(screen), newEval(screen), newGenerate(screen), newChat(screen), newBench(screen)}
}

// overrides adds --set to a command that takes a recipe.
func overrides(flags *pflag.FlagSet, list *[]string) {
	flags.StringArrayVar(list, "set", nil, "override a key of the recipe, as in --set train.lr=1e-4 (may be repeated)")
}

// mib is a number of bytes as text.
func mib(bytes int64) string { return fmt.Sprintf("%d MiB", (bytes+1<<20-1)>>20) }

// left is a duration as a person reads it: 2m10s, 45s.
func left(d time.Duration) string {
	if d >= time.Hour {
		return d.Round(time.Minute).String()
	}
	return d.Round(time.Second).String()
}
