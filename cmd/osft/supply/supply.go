// Package supply holds the commands that look at what goes in and comes out of training: inspect.
package supply

import (
	"github.com/spf13/cobra"

	"github.com/osft-project/osft/cmd/osft/terminal"
)

// Commands are the commands of this package.
func Commands(screen *terminal.Terminal) []*cobra.Command {
	return []*cobra.Command{newInspect(screen)}
}
