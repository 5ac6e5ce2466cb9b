//go:build !amd64

package matmul

import "github.com/osft-project/osft/model/kernel/machine"

// vectorEngine returns nil: this architecture has the portable engine only.
func vectorEngine(machine.ISA) *engine { return nil }
