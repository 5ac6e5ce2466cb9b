package graph

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Oracle runs the graph on Gorgonia's TapeMachine. The leaves' values are float32 and int32 slices, a scale a float32; the
// graph's stand-in number of tokens is the number of tokens. It returns the loss and the gradients.
func (g *Graph) Oracle(values map[string]any) (loss float32, grads [][]float32, err error) {
	for name, n := range g.oracle.leaves {
		var value any
		switch v := values[name].(type) {
		case float32:
			value = v
		case []float32, []int32:
			value = tensor.New(tensor.WithShape(n.Shape()...), tensor.WithBacking(v))
		default:
			return 0, nil, fmt.Errorf("no value for %s", name)
		}
		if err := gorgonia.Let(n, value); err != nil {
			return 0, nil, err
		}
	}
	machine := gorgonia.NewTapeMachine(g.oracle.graph)
	defer machine.Close()
	if err := machine.RunAll(); err != nil {
		return 0, nil, err
	}
	for _, n := range g.oracle.grads {
		grads = append(grads, n.Value().Data().([]float32))
	}
	return g.oracle.loss.Value().Data().(float32), grads, nil
}

// BuildHashed is Build with a numbering of the test's own and without a second try.
func BuildHashed(params []Declared, trained []string, hash func(uint32) uint32, forward func(*Builder) (*Node, string)) (*Graph, error) {
	return build(params, trained, 3, hash, forward)
}

// BuildSalted is Build with numberings of the test's own.
func BuildSalted(params []Declared, trained []string, hash func(salt, id uint32) uint32, forward func(*Builder) (*Node, string)) (*Graph, error) {
	return buildSalted(params, trained, 3, hash, forward)
}

// ErrClash is what two equal hash codes give.
var ErrClash = errClash
