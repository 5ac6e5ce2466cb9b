package matmul

import "github.com/osft-project/osft/model/kernel/machine"

func vectorEngine(machine.ISA) *engine { return nil }
