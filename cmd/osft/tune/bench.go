package tune

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/osft-project/osft/cmd/osft/terminal"
	"github.com/osft-project/osft/finetune/bench"
	"github.com/osft-project/osft/provenance"
)

func newBench(screen *terminal.Terminal) *cobra.Command {
	options := bench.Options{Now: time.Now}
	command := &cobra.Command{
		Use:   "bench DIR",
		Short: "Measure the speed of training on a checkpoint, beside the machine's measured ceiling",
		Args:  cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, args []string) (err error) {
			folder, err := provenance.OpenFolder(args[0])
			if err != nil {
				return fmt.Errorf("bench: %w", err)
			}
			defer func() { err = errors.Join(err, folder.Close()) }()
			result, err := bench.Run(command.Context(), folder, options, func(step int, seconds float64) {
				screen.Progress(step, options.Steps, fmt.Sprintf("%.3f s", seconds))
			})
			if err != nil {
				return err
			}
			return screen.Result("bench", result, func(w io.Writer) { printBench(w, result) })
		},
	}
	flags := command.Flags()
	flags.StringVar(&options.Mode, "mode", "full", "what trains: full, or top2 for the last two layers")
	flags.IntVar(&options.Batch, "batch", 4, "rows of a step")
	flags.IntVar(&options.Seq, "seq", 256, "tokens of a row")
	flags.IntVar(&options.Steps, "steps", 4, "steps; the first warms up and does not count")
	return command
}

func printBench(w io.Writer, r bench.Result) {
	fmt.Fprintf(w, "%s, %s, %d×%d, %d threads, %s: best %.3f s a step, median %.3f s, %.1f tokens/s\n",
		r.Mode, r.DType, r.Batch, r.Seq, r.Threads, r.ISA, r.Best, r.Median, r.TokensPerS)
	fmt.Fprintf(w, "%.0f GFLOP a step, %.1f GFLOP/s, %.0f %% of the ceiling of %.1f GFLOP/s measured here; peak resident %d MiB\n",
		r.Work, r.Speed, 100*r.Share, r.Ceiling, r.PeakRSS)
}
