// Package model is a language model as its publisher ships it: a folder with config.json and safetensors.
//
// Load reads it, strictly; Init makes a new one from a config.json alone; Save writes it back, byte for byte where nothing was
// trained. A Session evaluates it and computes gradients for the parameters that are to be trained; Generate continues a
// prompt. Parameters have the checkpoint's own names everywhere. Frozen ones stay in the mapped file in their own dtype; those
// that a session trains get a float32 copy, which the optimizer changes in place.
//
// The architectures are in model/llama and its like, each registered under its model_type. Everything numeric is
// model/kernel's, so equal inputs give equal bits on every machine.
//
// It refuses to be an optimizer, to know what tokens mean, and to run a model of which it does not understand every key that
// matters.
package model

import (
	"io/fs"
	"math"
	"slices"

	"github.com/osft-project/osft/model/family"
	"github.com/osft-project/osft/model/graph"
	"github.com/osft-project/osft/model/kernel/matmul"
	_ "github.com/osft-project/osft/model/llama" // the architectures
	"github.com/osft-project/osft/model/weights"
)

// Config is what a config.json says.
type Config = family.Config

// Param is a parameter of the model. A tied head is not one: it is the embedding.
type Param struct {
	Name  string        // as in the checkpoint
	Shape graph.Shape   // outputs × inputs for weights
	DType weights.DType // in which it is published

	tensor weights.Tensor // empty for a new model
}

// Elements is the number of values.
func (p *Param) Elements() int { return graph.Form{Shape: p.Shape}.Floats(0) }

// Model is a loaded or new model. One goroutine at a time may use it together with its sessions.
type Model struct {
	config     *Config
	arch       family.Architecture
	params     []*Param
	byName     map[string]*Param
	checkpoint *weights.Checkpoint // nil for a new model
	folder     fs.FS               // nil for a new model
	extra      []Extra
	values     map[string][]float32   // the parameters that were trained, or made
	trained    map[string]bool        // the parameters that some session trains
	views      map[string]graph.Value // the others, in place
	plain      *Session               // trains nothing
	unread     error                  // why a parameter's copy could not be made
}

// Config is the model's config.json.
func (m *Model) Config() *Config { return m.config }

// Params lists the parameters in the order of the checkpoint; of a new model, in the order of the forward pass.
func (m *Model) Params() []*Param { return slices.Clone(m.params) }

// Extra lists the tensors of the checkpoint that are not parameters of the model. They are written back unchanged.
func (m *Model) Extra() []Extra { return slices.Clone(m.extra) }

// Checkpoint is what the model was loaded from; nil for a new model.
func (m *Model) Checkpoint() *weights.Checkpoint { return m.checkpoint }

// Close ends the mapping of the checkpoint. The model, its sessions and what they returned must not be used any more.
func (m *Model) Close() error {
	if m.checkpoint == nil {
		return nil
	}
	return m.checkpoint.Close()
}

// Value is the memory of a parameter that some session trains, or of any parameter of a new model: float32 values that the
// optimizer may change. It is nil for every other name. The first call makes the copy; where the file cannot be read any more
// the next use of a session, and Save, say so.
func (m *Model) Value(name string) []float32 {
	if v, ok := m.values[name]; ok || !m.trained[name] {
		return v
	}
	p := m.byName[name]
	v := make([]float32, p.Elements())
	if err := weights.Guard(func() error { return p.tensor.Decode(v) }); err != nil && m.unread == nil {
		m.unread = err
	}
	p.tensor.Forget()
	delete(m.views, name)
	m.values[name] = v
	return v
}

// Read copies a parameter's present values to dst, which must have an element for each.
func (m *Model) Read(p *Param, dst []float32) error {
	if v, ok := m.values[p.Name]; ok && len(v) == len(dst) {
		copy(dst, v)
		return nil
	}
	return weights.Guard(func() error { return p.tensor.Decode(dst) })
}

// value is a parameter as the kernels read it.
func (m *Model) value(name string) graph.Value {
	p := m.byName[name]
	if v, ok := m.values[name]; ok || m.trained[name] {
		if !ok {
			v = m.Value(name)
		}
		return floats(v, p.Shape)
	}
	v, ok := m.views[name]
	if !ok {
		v = view(p)
		m.views[name] = v
	}
	return v
}

func floats(v []float32, shape graph.Shape) graph.Value {
	value := graph.Value{F32: v}
	if len(shape) == 2 {
		value.Matrix = matmul.Matrix{F32: v, Rows: shape[0], Cols: shape[1], RowStride: shape[1], ColStride: 1}
	}
	return value
}

// view is a parameter in the mapped file: matrices as they are stored, vectors as float32.
func view(p *Param) graph.Value {
	if len(p.Shape) != 2 || p.DType == weights.F32 {
		return floats(p.tensor.Float32s(), p.Shape)
	}
	half := matmul.BF16
	if p.DType == weights.F16 {
		half = matmul.F16
	}
	return graph.Value{Matrix: matmul.Matrix{
		U16: p.tensor.Uint16s(), Half: half, Rows: p.Shape[0], Cols: p.Shape[1], RowStride: p.Shape[1], ColStride: 1,
	}}
}

// finite reports whether a float32 is neither infinite nor NaN.
func finite(v float32) bool { return math.Float32bits(v)&0x7f800000 != 0x7f800000 }

// nonFinite is the index of the first value that is infinite or NaN, -1 where there is none.
func nonFinite(values []float32) int {
	return slices.IndexFunc(values, func(v float32) bool { return !finite(v) })
}
