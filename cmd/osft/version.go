package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/osft-project/osft/cmd/osft/terminal"
	"github.com/osft-project/osft/model/kernel"
	"github.com/osft-project/osft/model/kernel/machine"
)

// module is a dependency with the sum that go.sum has for it.
type module struct {
	Path    string `json:"path"`
	Version string `json:"version"`
	Sum     string `json:"sum"`
}

// build is what the program knows of itself.
type build struct {
	Revision string   `json:"revision"` // "unknown" where it was built outside of a checkout
	Modified bool     `json:"modified"`
	Go       string   `json:"go"`
	Platform string   `json:"platform"`
	ISA      string   `json:"isa"` // the instruction set that is in use
	Profile  string   `json:"profile"`
	Modules  []module `json:"modules"`
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

// thisBuild reads what the Go toolchain stamped into the program.
func thisBuild() build {
	b := build{Revision: "unknown", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
		ISA: machine.Active().String(), Profile: kernel.Profile}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	for _, m := range info.Deps {
		b.Modules = append(b.Modules, module{Path: m.Path, Version: m.Version, Sum: m.Sum})
	}
	return b
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
