// Package optimizer changes trained tensors by their gradients: the norm over all of them, clipping, and AdamW with decoupled
// decay, as profile osft-1 defines them (model/kernel/profile.md, Step).
//
// It holds what a run must not lose between steps: the moments and the running products of the betas. It does not know where
// gradients come from, what the learning rate of a step is, or how its state is kept on a disk.
package optimizer

import (
	"math"

	"github.com/osft-project/osft/model/kernel"
)

// Settings are AdamW's numbers for a run; the learning rate comes with each step.
type Settings struct {
	Beta1, Beta2 float64
	Epsilon      float64
	WeightDecay  float64 // for the tensors that decay
}

// Tensor is a trained tensor. Value is changed in place.
type Tensor struct {
	Name  string
	Value []float32
	Decay bool // whether weight decay applies
}

// Moments are the running means of the gradient (M) and of its square (V), one element for each of the tensor.
type Moments struct{ M, V []float32 }

// Progress is what the bias corrections need: the steps taken and, as running products, β₁^t and β₂^t.
type Progress struct {
	Steps          int
	Power1, Power2 float64
}

// Optimizer is AdamW over the trained tensors of a run, in the order of the checkpoint. It is for one goroutine.
type Optimizer struct {
	Settings
	Progress
	tensors []Tensor
	moments []Moments
}

// New starts an optimizer with zero moments.
func New(settings Settings, tensors []Tensor) *Optimizer {
	o := &Optimizer{Settings: settings, Progress: Progress{Power1: 1, Power2: 1}, tensors: tensors}
	for _, t := range tensors {
		o.moments = append(o.moments, Moments{M: make([]float32, len(t.Value)), V: make([]float32, len(t.Value))})
	}
	return o
}

// Tensors are the trained tensors, in order.
func (o *Optimizer) Tensors() []Tensor { return o.tensors }

// Moments are those of the tensors, in the same order, for keeping and for bringing back.
func (o *Optimizer) Moments() []Moments { return o.moments }

// Norm is the L2 norm of all gradients together. It is infinite or NaN exactly when one of them is not finite.
func (o *Optimizer) Norm(grad func(name string) []float32) float64 {
	sum := 0.0
	for _, t := range o.tensors {
		sum += kernel.SumSquares(grad(t.Name))
	}
	return math.Sqrt(sum)
}

// ClipFactor is min(1, limit/(norm+1e-6)), PyTorch's clip_grad_norm_; a limit of 0 is none.
func ClipFactor(norm, limit float64) float32 {
	if limit == 0 {
		return 1
	}
	return float32(min(1, limit/(norm+1e-6)))
}

// Update takes one step with this learning rate. Gradients are multiplied by clip on the way.
func (o *Optimizer) Update(rate float64, clip float32, grad func(name string) []float32) {
	o.Steps++
	o.Power1 *= o.Beta1
	o.Power2 *= o.Beta2
	h := kernel.Hyper{
		LR: rate, Beta1: o.Beta1, Beta2: o.Beta2, Epsilon: o.Epsilon, Power1: o.Power1, Power2: o.Power2, Clip: clip,
	}
	for i, t := range o.tensors {
		h.WeightDecay = 0
		if t.Decay {
			h.WeightDecay = o.WeightDecay
		}
		kernel.AdamW(t.Value, grad(t.Name), o.moments[i].M, o.moments[i].V, h)
	}
}
