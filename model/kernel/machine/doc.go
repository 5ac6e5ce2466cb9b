// Package machine is what the kernels know of the computer they run on: which
// instruction set is active, how work is shared between cores, and the one
// operation that every instruction set must agree on, the float32 fused
// multiply-add.
//
// Nothing here may change a result. The instruction set and the number of
// workers decide only how fast an output is computed; which additions make up
// an output is fixed by the numerics profile (package kernel). It refuses to
// be a scheduler: no priorities, no futures, no reductions. Work is cut over
// outputs that do not overlap, and that is all.
package machine
