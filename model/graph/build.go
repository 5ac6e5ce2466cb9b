package graph

import (
	"errors"
	"fmt"
	"sync"

	"gorgonia.org/gorgonia"
)

// Declared is a parameter that a forward pass may use.
type Declared struct {
	Name  string
	Shape Shape
}

// errClash says that two nodes of a graph have one hash code, so that Gorgonia might have taken one for the other.
var errClash = errors.New("two nodes have one hash code")

// salts is how many numberings are tried. For a graph of 1,200 nodes one in about 6,000 clashes.
const salts = 16

// building keeps graphs from being built at the same time: Gorgonia shares pools and constants between graphs.
var building sync.Mutex

// oracle is what the TapeMachine needs to run a graph.
type oracle struct {
	graph  *gorgonia.ExprGraph
	leaves map[string]*Node
	loss   *Node
	grads  gorgonia.Nodes
}

// Build writes down the forward pass, adds the head, and differentiates the loss with respect to the trained parameters.
// standIn is the number of tokens with which shapes are written; only the oracle cares. Errors: a trained name that is not a
// parameter or does not touch the loss, and shapes that do not fit.
func Build(params []Declared, trained []string, standIn int, forward Forward) (*Graph, error) {
	return buildSalted(params, trained, standIn, number, forward)
}

// Forward writes a forward pass down: it returns the last hidden states and the name of the vocabulary's weights.
type Forward = func(*Builder) (hidden *Node, weight string)

// number spreads a count over 32 bits; each salt gives another numbering.
func number(salt, id uint32) uint32 { return (id + salt*0x9e3779b9) * 0x85ebca6b }

// numbering gives every count a number, for each salt another.
type numbering = func(salt, id uint32) uint32

// buildSalted builds under one salt after the other until no hash codes clash.
func buildSalted(params []Declared, trained []string, standIn int, hash numbering, forward Forward) (*Graph, error) {
	building.Lock()
	defer building.Unlock()
	for salt := range uint32(salts) {
		g, err := build(params, trained, standIn, func(id uint32) uint32 { return hash(salt, id) }, forward)
		if !errors.Is(err, errClash) {
			return g, err
		}
	}
	return nil, fmt.Errorf("graph: %w under each of %d numberings", errClash, salts)
}

func build(params []Declared, trained []string, standIn int, hash func(uint32) uint32, forward Forward) (*Graph, error) {
	b := &Builder{
		g: gorgonia.NewGraph(), tokens: standIn, hash: hash, shapes: map[string]Shape{},
		trained: map[string]bool{}, leaves: map[string]*Node{}, facts: map[*Node]fact{}, layer: -1,
	}
	for _, p := range params {
		b.shapes[p.Name] = p.Shape
	}
	for _, name := range trained {
		b.trained[name] = true
	}
	hidden, weight := forward(b)
	b.layer = -1
	h := b.head(hidden, weight)
	if b.err != nil {
		return nil, b.err
	}
	grads, err := b.differentiate(h.loss, trained)
	if err != nil {
		return nil, err
	}
	if err := b.distinct(); err != nil {
		return nil, err
	}
	return b.list(h, trained, grads)
}

// differentiate builds the backward pass.
func (b *Builder) differentiate(loss *Node, trained []string) (gorgonia.Nodes, error) {
	if len(trained) == 0 {
		return nil, nil
	}
	var wrt gorgonia.Nodes
	for _, name := range trained {
		n, ok := b.leaves[name]
		if !ok {
			return nil, fmt.Errorf("graph: %s: is not used by the forward pass, so it cannot be trained", name)
		}
		wrt = append(wrt, n)
	}
	grads, err := gorgonia.Grad(loss, wrt...)
	if err != nil {
		return nil, fmt.Errorf("graph: differentiation: %w", errors.Join(b.err, err))
	}
	return grads, b.err
}

// distinct checks that no two nodes can be taken for one another.
func (b *Builder) distinct() error {
	hashes, names := map[uint32]bool{}, map[string]bool{}
	for _, n := range b.g.AllNodes() {
		if code := n.Hashcode(); hashes[code] {
			return errClash
		} else {
			hashes[code] = true
		}
		if _, ours := b.facts[n]; ours && names[n.Name()] {
			return fmt.Errorf("graph: two nodes have the name %q", n.Name())
		}
		names[n.Name()] = true
	}
	return nil
}

// list turns the nodes into steps, in the order in which they were created: inputs always come before their users.
func (b *Builder) list(h heads, trained []string, grads gorgonia.Nodes) (*Graph, error) {
	g := &Graph{oracle: oracle{graph: b.g, leaves: b.leaves, loss: h.loss, grads: grads}}
	refs := map[*Node]Ref{}
	backward := false
	for _, n := range b.g.AllNodes() {
		f, ours := b.facts[n]
		in, err := b.inputs(n, refs)
		if err != nil {
			return nil, err
		}
		switch {
		case n.Op() == nil:
			refs[n] = Ref{Step: ^len(g.Leaves)}
			g.Leaves = append(g.Leaves, *f.leaf)
		case ours && f.vertex.op == nil: // an auxiliary output
			refs[n] = Ref{Step: in[0].Step, Output: n.Op().(projection).index}
		case ours:
			refs[n] = Ref{Step: len(g.Steps)}
			g.Steps = append(g.Steps, f.vertex.step(in, backward))
		case len(in) == 2: // a sum of gradients
			refs[n] = Ref{Step: len(g.Steps)}
			out := []Form{b.formOf(g, in[0])}
			g.Steps = append(g.Steps, Step{Label: "sum of gradients", Op: Sum{}, In: in, Out: out, Grad: true, Layer: -1})
		default: // the constant 1 with which differentiation starts
			backward = true
		}
	}
	g.Loss, g.Logits, g.Last = refs[h.loss], refs[h.logits], refs[h.last]
	for i, n := range grads {
		g.Gradients = append(g.Gradients, Gradient{Name: trained[i], Ref: refs[n]})
	}
	return g, g.used()
}

// used checks that every step of the backward pass is needed. One that is not has lost its user: Gorgonia took the sum that
// it belongs to for another sum.
func (g *Graph) used() error {
	used := make([]bool, len(g.Steps))
	mark := func(r Ref) {
		if _, leaf := r.Leaf(); !leaf {
			used[r.Step] = true
		}
	}
	for _, s := range g.Steps {
		for _, r := range s.In {
			mark(r)
		}
	}
	for _, grad := range g.Gradients {
		mark(grad.Ref)
	}
	for i, s := range g.Steps {
		if s.Grad && !used[i] {
			return errClash
		}
	}
	return nil
}

// step is the vertex in Graph's words.
func (v *vertex) step(in []Ref, backward bool) Step {
	return Step{Label: v.label, Op: v.op, In: in, Out: v.out, Grad: backward, Layer: v.layer, Work: v.work}
}

// inputs are the references of a node's children, in order.
func (b *Builder) inputs(n *Node, refs map[*Node]Ref) ([]Ref, error) {
	if _, ours := b.facts[n]; !ours && n.Op() != nil && n.Op().Arity() != 0 && n.Op().String() != "+ false" {
		return nil, fmt.Errorf("graph: Gorgonia added %q, which has no kernel", n.Op())
	}
	var in []Ref
	for children := b.g.From(n.ID()); children.Next(); {
		ref, ok := refs[children.Node().(*Node)]
		if !ok {
			return nil, fmt.Errorf("graph: %s comes before one of its inputs", n.Name())
		}
		in = append(in, ref)
	}
	return in, nil
}

// formOf is the form of what a reference names.
func (b *Builder) formOf(g *Graph, r Ref) Form {
	if i, leaf := r.Leaf(); leaf {
		return Form{Shape: g.Leaves[i].Shape}
	}
	return g.Steps[r.Step].Out[r.Output]
}
