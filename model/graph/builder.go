package graph

import (
	"fmt"
	"slices"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Builder writes a forward pass down. The first mistake is kept and returned by Build; after it every method returns a node
// that must not be looked at, so that an architecture reads as formulas.
type Builder struct {
	g       *gorgonia.ExprGraph
	tokens  int // stand-in number of tokens
	hash    func(uint32) uint32
	count   uint32
	layer   int
	shapes  map[string]Shape
	trained map[string]bool
	leaves  map[string]*Node
	facts   map[*Node]fact
	err     error
}

// fact is what the builder knows of a node beyond Gorgonia's types.
type fact struct {
	leaf   *Leaf
	form   Form
	grad   bool // a trained parameter lies below
	vertex *vertex
}

func (b *Builder) fail(format string, args ...any) *Node {
	if b.err == nil {
		b.err = fmt.Errorf("graph: "+format, args...)
	}
	return nil
}

// width is the length of a token's row of a node.
func (b *Builder) width(n *Node) int {
	if f := b.facts[n].form; f.Rows && len(f.Shape) == 1 {
		return f.Shape[0]
	}
	return 0
}

// Param is a parameter of the model. A name always gives the same node.
func (b *Builder) Param(name string) *Node {
	if n, ok := b.leaves[name]; ok {
		return n
	}
	shape, ok := b.shapes[name]
	if !ok {
		return b.fail("%s: is not a parameter of this architecture", name)
	}
	n := gorgonia.NewTensor(b.g, tensor.Float32, len(shape), gorgonia.WithShape(shape...), gorgonia.WithName(name))
	b.leaves[name] = n
	b.facts[n] = fact{leaf: &Leaf{Kind: Parameter, Name: name, Shape: shape}, form: Form{Shape: shape}, grad: b.trained[name]}
	return n
}

// field is a leaf that comes with the micro-batch: integers, one a token.
func (b *Builder) field(kind Kind, name string) *Node {
	if n, ok := b.leaves[name]; ok {
		return n
	}
	n := gorgonia.NewTensor(b.g, tensor.Int32, 1, gorgonia.WithShape(b.tokens), gorgonia.WithName(name))
	b.leaves[name] = n
	b.facts[n] = fact{leaf: &Leaf{Kind: kind, Name: name}}
	return n
}

// Layer says that what follows belongs to a layer; -1 to none.
func (b *Builder) Layer(i int) { b.layer = i }

// scale is the factor of the loss's gradient.
func (b *Builder) scale() *Node {
	const name = "(scale)"
	if n, ok := b.leaves[name]; ok {
		return n
	}
	n := gorgonia.NewScalar(b.g, tensor.Float32, gorgonia.WithName(name))
	b.leaves[name] = n
	b.facts[n] = fact{leaf: &Leaf{Kind: Scale, Name: name}}
	return n
}

// apply adds an operation to the graph. out are the forms of its outputs; work is what a token costs.
func (b *Builder) apply(label string, op Operation, work int64, out []Form, in ...*Node) *Node {
	if b.err != nil {
		return nil
	}
	b.count++
	v := &vertex{op: op, id: b.hash(b.count), label: label, out: out, rows: b.tokens, work: work, layer: b.layer}
	want := make([]bool, len(in))
	for i, n := range in {
		v.in = append(v.in, inputType(n))
		want[i] = b.facts[n].grad
	}
	var gop gorgonia.Op = v
	_, differentiable := op.(trainable)
	if differentiable {
		gop = source{vertex: v, b: b, want: want}
	}
	return b.add(gop, v, differentiable && slices.Contains(want, true), in)
}

func (b *Builder) add(op gorgonia.Op, v *vertex, grad bool, in []*Node) *Node {
	n, err := gorgonia.ApplyOpWithName(op, fmt.Sprintf("%s #%d", v.label, b.count), in...)
	if err != nil {
		return b.fail("%s: %v", v.label, err)
	}
	if _, taken := b.facts[n]; taken { // Gorgonia took the new node for an old one
		b.err = errClash
		return nil
	}
	b.facts[n] = fact{form: v.out[0], grad: grad, vertex: v}
	return n
}

// auxiliary is another output of the operation that made a node.
func (b *Builder) auxiliary(n *Node, index int) *Node {
	if b.err != nil {
		return nil
	}
	of := b.facts[n].vertex
	b.count++
	v := &vertex{id: b.hash(b.count), label: fmt.Sprintf("%s, output %d", of.label, index), rows: b.tokens}
	v.in, v.out = []hm.Type{inputType(n)}, of.out[index:index+1]
	return b.add(projection{vertex: v, of: of, index: index}, v, false, []*Node{n})
}

// inputType is the type of a node, made afresh.
func inputType(n *Node) hm.Type {
	if t, ok := n.Type().(gorgonia.TensorType); ok {
		return gorgonia.TensorType{Dims: t.Dims, Of: t.Of}
	}
	return n.Type()
}
