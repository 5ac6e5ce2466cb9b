//go:build !amd64

package machine

// detect returns nothing: on these architectures the kernels are the portable
// ones.
func detect() []ISA { return nil }
