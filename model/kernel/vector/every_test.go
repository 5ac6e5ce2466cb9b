package vector

import (
	"flag"
	"fmt"
	"math"
	"testing"

	"github.com/osft-project/osft/model/kernel/elementary"
	"github.com/osft-project/osft/model/kernel/machine"
)

// Every float32 through every instruction set takes some minutes:
// go test ./model/kernel/vector -run EveryFloat32 -every -timeout 60m
var every = flag.Bool("every", false, "test every float32, not one block of 4096 in 499")

// TestEveryFloat32 compares the exponentials of the assembly with their scalar definitions.
func TestEveryFloat32(t *testing.T) {
	const size = 4096
	stride := 499
	if *every {
		stride = 1
	}
	for _, isa := range machine.Supported()[1:] {
		t.Run(isa.String(), func(t *testing.T) {
			restore, err := machine.Force(isa)
			if err != nil {
				t.Fatal(err)
			}
			defer restore()
			x, y, one, want := make([]float32, size), make([]float32, size), make([]float32, size), make([]float32, size)
			for i := range one {
				one[i] = 1
			}
			for block := 0; block < 1<<32/size; block += stride {
				for i := range x {
					x[i] = math.Float32frombits(uint32(block*size + i))
					want[i] = elementary.Exp(x[i])
				}
				copy(y, x)
				ExpSum(y, 0)
				compare(t, fmt.Sprintf("exp, block %d", block), y, want)
				copy(y, x)
				SwiGLU(y, y, one)
				for i, v := range x {
					want[i] = float32(v * elementary.Sigmoid(v))
				}
				compare(t, fmt.Sprintf("silu, block %d", block), y, want)
			}
		})
	}
}
