// Command osft fine-tunes open-weight language models on a CPU and publishes the result honestly.
//
// The commands are in tune (make weights), judge (check somebody's) and supply (look, convert, import). This file and
// root.go wire them to the terminal; nothing here computes or knows a file format.
package main

import (
	"os"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
