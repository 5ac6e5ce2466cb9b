package graph

import (
	"encoding/binary"
	"fmt"
	"hash"
	"hash/fnv"
	"slices"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/osft-project/osft/model/kernel/matmul"
)

// vertex makes an Operation a gorgonia.Op. Its identity is a number of its own, so that no two operations are ever taken
// for one; its type is exact and made afresh at each call, because Gorgonia takes types apart and reuses the pieces.
type vertex struct {
	op    Operation
	id    uint32 // unique in its graph, spread over 32 bits by the builder's salt
	label string
	in    []hm.Type
	out   []Form
	rows  int // stand-in number of tokens
	work  int64
	layer int
	aux   [][]float32 // auxiliary outputs of the oracle's last Do
}

// source is a vertex that gradients pass through: a gorgonia.SDOp.
type source struct {
	*vertex
	b    *Builder
	want []bool
}

// projection is an auxiliary output of another vertex.
type projection struct {
	*vertex
	of    *vertex
	index int
}

func typeOf(f Form) hm.Type {
	if dims := len(f.At(1)); dims > 0 {
		return gorgonia.TensorType{Dims: dims, Of: tensor.Float32}
	}
	return tensor.Float32
}

// Arity is the number of inputs.
func (v *vertex) Arity() int { return len(v.in) }

// Type is the monomorphic type of the operation.
func (v *vertex) Type() hm.Type {
	return hm.NewFnType(append(slices.Clone(v.in), typeOf(v.out[0]))...)
}

// InferShape is the shape of the first output with the stand-in number of tokens.
func (v *vertex) InferShape(...gorgonia.DimSizer) (tensor.Shape, error) {
	return v.out[0].At(v.rows), nil
}

// ReturnsPtr is true: values are slices.
func (v *vertex) ReturnsPtr() bool { return true }

// CallsExtern is false: there is no cgo.
func (v *vertex) CallsExtern() bool { return false }

// OverwritesInput is -1: Gorgonia's machine aliases wrongly, model/program plans memory instead.
func (v *vertex) OverwritesInput() int { return -1 }

// WriteHash writes the vertex's own number.
func (v *vertex) WriteHash(h hash.Hash) {
	var id [4]byte
	binary.LittleEndian.PutUint32(id[:], v.id)
	h.Write(id[:])
}

// Hashcode is the hash of the vertex's own number.
func (v *vertex) Hashcode() uint32 {
	h := fnv.New32a()
	v.WriteHash(h)
	return h.Sum32()
}

// String is the label.
func (v *vertex) String() string { return v.label }

// Do runs the kernel for the TapeMachine oracle, into memory of its own.
func (v *vertex) Do(values ...gorgonia.Value) (gorgonia.Value, error) {
	sum := 0.0
	c := Call{Tokens: v.rows, Sum: &sum}
	for _, in := range values {
		c.In = append(c.In, valueOf(in))
	}
	for _, f := range v.out {
		c.Out = append(c.Out, make([]float32, f.Floats(v.rows)))
	}
	v.op.Run(&c)
	v.aux = c.Out
	return boxed(c.Out[0], v.out[0].At(v.rows)), nil
}

func boxed(data []float32, shape Shape) gorgonia.Value {
	if len(shape) == 0 {
		return gorgonia.NewF32(data[0])
	}
	return View(data, shape)
}

func valueOf(v gorgonia.Value) Value {
	switch data := v.Data().(type) {
	case []int32:
		return Value{I32: data}
	case []float32:
		value := Value{F32: data}
		if s := v.Shape(); len(s) == 2 {
			value.Matrix = matmul.Matrix{F32: data, Rows: s[0], Cols: s[1], RowStride: s[1], ColStride: 1}
		}
		return value
	case float32:
		return Value{F32: []float32{data}}
	}
	panic(fmt.Sprintf("graph: the oracle was given a %T", v.Data()))
}

// DiffWRT says which inputs require a gradient.
func (s source) DiffWRT(int) []bool { return s.want }

// SymDiff builds the gradients of the inputs that require one.
func (s source) SymDiff(in gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	grads := s.op.(trainable).gradient(s.b, in, out, grad, s.want)
	return grads, s.b.err
}

// Do hands out what the producer computed last.
func (p projection) Do(...gorgonia.Value) (gorgonia.Value, error) {
	return boxed(p.of.aux[p.index], p.out[0].At(p.rows)), nil
}
