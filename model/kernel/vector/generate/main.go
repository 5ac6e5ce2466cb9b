// Command generate writes the amd64 assembly of package vector: the same rows for AVX2 and AVX-512, from one description. It
// is run by go generate in model/kernel/vector; nothing else needs it, and nothing that is built imports it.
package main

import (
	"flag"
	"os"

	"github.com/mmcloughlin/avo/build"
)

func main() {
	set := flag.NewFlagSet("generate", flag.ExitOnError)
	flags := build.NewFlags(set)
	_ = set.Parse(os.Args[1:]) // exits on an error
	os.Exit(build.Main(flags.Config(), rows()))
}
