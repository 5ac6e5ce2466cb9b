package main

import (
	"fmt"
	"io"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/osft-project/osft/cmd/osft/terminal"
	"github.com/osft-project/osft/model/kernel"
	"github.com/osft-project/osft/model/kernel/machine"
	"github.com/osft-project/osft/provenance"
)

// build is what the program knows of itself.
type build struct {
	Revision string              `json:"revision"` // "unknown" where it was built outside of a checkout
	Modified bool                `json:"modified"`
	Go       string              `json:"go"`
	Platform string              `json:"platform"`
	ISA      string              `json:"isa"` // the instruction set that is in use
	Profile  string              `json:"profile"`
	Modules  []provenance.Module `json:"modules"`
}

func newVersion(screen *terminal.Terminal) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print revision, instruction set, numerics profile and modules with their sums",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			b := thisBuild()
			return screen.Result("version", b, b.print)
		},
	}
}

// thisBuild is the program by its build, and what it computes with here.
func thisBuild() build {
	p := provenance.ThisProgram()
	return build{Revision: p.Revision, Modified: p.Modified == "true", Go: p.GoVersion, Platform: runtime.GOOS + "/" + runtime.GOARCH,
		ISA: machine.Active().String(), Profile: kernel.Profile, Modules: p.Modules}
}

func (b build) print(w io.Writer) {
	modified := ""
	if b.Modified {
		modified = ", modified"
	}
	fmt.Fprintf(w, "osft revision %s%s\n%s %s, instruction set %s, numerics profile %s\n", b.Revision, modified, b.Go, b.Platform, b.ISA, b.Profile)
	for _, m := range b.Modules {
		fmt.Fprintf(w, "%s %s %s\n", m.Path, m.Version, m.Sum)
	}
}
