package machine

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// ISA names the instruction set that the kernels use. All of them give the same
// bits.
type ISA uint8

// The instruction sets. AVX2 means AVX2 with FMA3 and F16C; AVX512 means
// AVX2 as above with the AVX-512 F, BW, DQ and VL parts. NEON is the 128-bit
// vector unit of arm64.
const (
	Generic ISA = iota
	AVX2
	AVX512
	NEON
)

// EnvISA is the environment variable that forces an instruction set.
const EnvISA = "OSFT_ISA"

var isaNames = [...]string{Generic: "generic", AVX2: "avx2", AVX512: "avx512", NEON: "neon"}

// String returns the name used in OSFT_ISA and in records.
func (i ISA) String() string {
	if int(i) < len(isaNames) {
		return isaNames[i]
	}
	return fmt.Sprintf("ISA(%d)", uint8(i))
}

// active holds the chosen ISA plus one; zero means that nothing was chosen yet.
var active atomic.Uint32

var choose = sync.OnceValue(func() error {
	best := Supported()
	isa, err := fromName(os.Getenv(EnvISA), best)
	active.CompareAndSwap(0, uint32(isa)+1)
	return err
})

// fromName resolves a forced name among the supported sets; the empty name
// takes the last, which is the fastest.
func fromName(name string, supported []ISA) (ISA, error) {
	if name == "" {
		return supported[len(supported)-1], nil
	}
	names := make([]string, len(supported))
	for i, s := range supported {
		if s.String() == name {
			return s, nil
		}
		names[i] = s.String()
	}
	problem := "unknown instruction set"
	if slices.Contains(isaNames[:], name) {
		problem = "instruction set not available on this machine"
	}
	return Generic, fmt.Errorf("environment: %s: %s %q (use one of %s, or leave it unset)",
		EnvISA, problem, name, strings.Join(names, ", "))
}

// Supported lists the instruction sets that this processor and this build can
// run, slowest first. It always starts with Generic.
func Supported() []ISA { return append([]ISA{Generic}, detect()...) }

// Select settles the instruction set: the fastest supported one, or the one
// named by OSFT_ISA. The error says that OSFT_ISA names something unknown or
// not available here; the choice is then Generic. Calling it again returns the
// same answer.
func Select() error { return choose() }

// Active returns the instruction set in use, settling it first if need be.
func Active() ISA {
	if a := active.Load(); a != 0 {
		return ISA(a - 1)
	}
	// The error is Select's to report; Generic is a safe answer meanwhile.
	_ = choose()
	return ISA(active.Load() - 1)
}

// Force switches to a supported instruction set and returns what undoes it. It
// exists so that one process can compare the sets; it must not be called while
// kernels run. The error says that the set is not available here.
func Force(isa ISA) (restore func(), err error) {
	before := Active()
	if _, err := fromName(isa.String(), Supported()); err != nil {
		return nil, err
	}
	active.Store(uint32(isa) + 1)
	return func() { active.Store(uint32(before) + 1) }, nil
}
