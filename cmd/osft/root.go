package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/osft-project/osft/cmd/osft/supply"
	"github.com/osft-project/osft/cmd/osft/terminal"
	"github.com/osft-project/osft/cmd/osft/tune"
	"github.com/osft-project/osft/finetune"
	"github.com/osft-project/osft/model/kernel/machine"
)

// Exit codes, documented in the README.
const (
	exitOK          = 0
	exitError       = 1
	exitUsage       = 2
	exitInterrupted = 130
)

// usageError marks a mistake on the command line itself.
type usageError struct{ error }

// run is the whole program over explicit streams, so that tests can call it. It returns the exit code.
func run(args []string, in io.Reader, out, errs io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// After the first interrupt the default handling comes back: a second Ctrl-C ends the program at once.
	context.AfterFunc(ctx, stop)

	screen := terminal.New(in, out, errs)
	root := newRoot(screen)
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errs)
	if err := root.ExecuteContext(ctx); err != nil {
		screen.Note("osft: %s", terminal.Safe(err.Error()))
		return exitCode(err)
	}
	return exitOK
}

// exitCode maps what went wrong to the documented code.
func exitCode(err error) int {
	var usage usageError
	var interrupted *finetune.Interrupted
	switch {
	case errors.As(err, &usage), strings.HasPrefix(err.Error(), "unknown command"):
		return exitUsage
	case errors.As(err, &interrupted), errors.Is(err, context.Canceled):
		return exitInterrupted
	}
	return exitError
}

// newRoot is the command tree.
func newRoot(screen *terminal.Terminal) *cobra.Command {
	var asJSON bool
	root := &cobra.Command{
		Use:           "osft",
		Short:         "Fine-tune open-weight language models on a CPU and publish the result honestly",
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		RunE:          func(root *cobra.Command, _ []string) error { return root.Help() },
		PersistentPreRunE: func(*cobra.Command, []string) error {
			screen.SetJSON(asJSON)
			return machine.Select()
		},
	}
	root.PersistentFlags().BoolVar(&asJSON, "json", false, "print results as one JSON object a line")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(tune.Commands(screen)...)
	root.AddCommand(supply.Commands(screen)...)
	root.AddCommand(newSchema(screen), newVersion(screen))
	for _, command := range root.Commands() {
		asUsage(command)
	}
	return root
}

// asUsage makes a wrong number of arguments a usage error.
func asUsage(command *cobra.Command) {
	check := command.Args
	if check == nil {
		return
	}
	command.Args = func(c *cobra.Command, args []string) error {
		if err := check(c, args); err != nil {
			return usageError{errors.New(err.Error() + " (see osft " + c.Name() + " --help)")}
		}
		return nil
	}
}
