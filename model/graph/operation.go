package graph

import (
	"github.com/osft-project/osft/model/kernel"
	"github.com/osft-project/osft/model/kernel/matmul"
)

// Operation is one coarse computation: what a Step runs.
type Operation interface {
	// Run computes the outputs of a call.
	Run(c *Call)
	// Overwrites lists the inputs whose memory the first output may take when they are not needed any more.
	Overwrites() []int
	// Accumulates reports whether Run honours Call.Add.
	Accumulates() bool
}

// trainable is an operation that gradients pass through.
type trainable interface {
	Operation
	// gradient builds d loss/d input for every input that is wanted; the other entries are nil. out is the operation's own
	// node and grad the gradient of its first output.
	gradient(b *Builder, in []*Node, out, grad *Node, want []bool) []*Node
}

// Call is one execution of an operation.
type Call struct {
	Tokens int         // rows of the micro-batch
	In     []Value     // in the order of the step's inputs
	Out    [][]float32 // the first output and the auxiliary ones; nil where nobody wants one
	Add    bool        // add the finished result to Out[0] instead of storing it
	Sum    *float64    // where the loss goes in full precision
	Losses []float64   // where every token's loss goes, or nil
	Head   *kernel.HeadSpace
	Cache  *Cache // keys and values of earlier tokens, when decoding
}

// Value is what an operation reads: exactly one of the fields is set, F32 as well as Matrix for a matrix in float32.
type Value struct {
	F32    []float32
	I32    []int32
	Matrix matmul.Matrix // parameters of two dimensions, in the dtype in which they are stored
}

// Step is one operation of a built graph.
type Step struct {
	Label string // what it computes, with the parameters' names
	Op    Operation
	In    []Ref
	Out   []Form // the first output and the auxiliary ones
	Grad  bool   // belongs to the backward pass
	Layer int    // the layer of the forward pass that it belongs to, -1 for none
	Work  int64  // multiplications and additions a token, without those of attention
}

// Pairs is implemented by operations between the tokens of a document.
type Pairs interface {
	// Pairs is the number of floating-point operations for a document of so many tokens.
	Pairs(tokens int) int64
}

// Ref names an output of a step, or a leaf where Step is negative.
type Ref struct {
	Step   int // index into Graph.Steps; ^i names leaf i
	Output int
}

// Leaf reports whether the reference names a leaf, and which.
func (r Ref) Leaf() (int, bool) { return ^r.Step, r.Step < 0 }

// Kind says where a leaf's value comes from.
type Kind uint8

// The leaves: a parameter of the model, and the fields of a micro-batch.
const (
	Parameter Kind = iota
	Tokens
	Targets
	Positions
	Documents
	Scale
)

// Leaf is an input of the graph.
type Leaf struct {
	Kind  Kind
	Name  string // the parameter's name; otherwise the field's
	Shape Shape  // of a parameter
}

// Gradient is the place where a parameter's gradient is computed.
type Gradient struct {
	Name string
	Ref  Ref
}

// Graph is a model, differentiated: a list of steps in an order in which they can be executed, forward pass first.
type Graph struct {
	Leaves []Leaf
	Steps  []Step

	Loss      Ref        // the sum of the counted tokens' losses
	Logits    Ref        // tokens × vocabulary
	Last      Ref        // logits of the last token only
	Gradients []Gradient // in the order in which the trained parameters were named

	oracle oracle
}

// none is embedded by operations that neither overwrite nor accumulate.
type none struct{}

func (none) Overwrites() []int { return nil }
func (none) Accumulates() bool { return false }

// same reports whether two slices start at the same element: an operation that was given its input's memory.
func same(a, b []float32) bool { return len(a) > 0 && len(b) > 0 && &a[0] == &b[0] }
