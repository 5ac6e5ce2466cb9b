package machine

import "golang.org/x/sys/cpu"

// detect lists the vector instruction sets of this processor, slowest first.
func detect() []ISA {
	x := &cpu.X86
	if !x.HasAVX2 || !x.HasFMA || !x.HasF16C {
		return nil
	}
	if x.HasAVX512F && x.HasAVX512BW && x.HasAVX512DQ && x.HasAVX512VL {
		return []ISA{AVX2, AVX512}
	}
	return []ISA{AVX2}
}
