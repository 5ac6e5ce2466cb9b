// Package graph writes a model's computation down and differentiates it. It is the only importer of Gorgonia.
//
// Gorgonia does what it is good at: it holds the expression graph and differentiates it symbolically. It never runs
// training: its machine merges nodes on a 32-bit hash, keeps every value, and aliases in place. So Build returns a plain
// list of steps (Graph), which model/program lowers and executes, and Gorgonia's TapeMachine remains as an oracle in tests.
//
// Operations are coarse: embedding, norm, linear with several weights of one input, rotation, attention, gated activation,
// residual sum, head with cross-entropy. Each is a small struct with its kernel call and, where it can be trained through,
// its gradient. A builder tracks for every node whether a gradient is required, so that no gradient is built that nobody
// needs: freezing a parameter is leaving it out.
//
// Shapes are monomorphic but for one axis: the number of tokens of a micro-batch. The graph is built once with a stand-in for
// it; Form says how a value grows with the real one.
//
// It refuses to be a tensor language: there is no broadcasting, no slicing and no operation without a kernel.
package graph

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Shape is the shape of a parameter or of a value.
type Shape = tensor.Shape

// Dense is a tensor over memory that somebody else owns.
type Dense = tensor.Dense

// Node is a value of a graph that is being built.
type Node = gorgonia.Node

// View is the tensor of a shape over float32 values, without copying them.
func View(values []float32, shape Shape) *Dense {
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(values))
}

// Form is the shape of a value that may have one row a token.
type Form struct {
	Rows  bool  // Shape is the shape of one token's row
	Shape Shape // empty for a single number
}

// Floats is the number of elements for a micro-batch of so many tokens.
func (f Form) Floats(tokens int) int {
	n := 1
	for _, d := range f.Shape {
		n *= d
	}
	if f.Rows {
		n *= tokens
	}
	return n
}

// At is the shape for a micro-batch of so many tokens.
func (f Form) At(tokens int) Shape {
	if f.Rows {
		return append(Shape{tokens}, f.Shape...)
	}
	return f.Shape.Clone()
}

func row(width int) Form  { return Form{Rows: true, Shape: Shape{width}} }
func each() Form          { return Form{Rows: true} }
func fixed(s ...int) Form { return Form{Shape: s} }
