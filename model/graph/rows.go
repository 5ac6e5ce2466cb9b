package graph

import "github.com/osft-project/osft/model/kernel"

// rmsNorm has the inputs x and w.
type rmsNorm struct {
	none
	eps float64
}

// rmsNormGradX has the inputs dy, x and w.
type rmsNormGradX struct {
	none
	eps float64
}

// rmsNormGradW has the inputs dy and x.
type rmsNormGradW struct {
	none
	eps float64
}

// RMSNorm is w·x/√(mean(x²)+eps) for every token (Zhang and Sennrich, arXiv:1910.07467).
func (b *Builder) RMSNorm(x *Node, weight string, eps float64) *Node {
	w := b.Param(weight)
	width := b.width(x)
	if s := b.facts[w].form.Shape; b.err == nil && (len(s) != 1 || s[0] != width) {
		return b.fail("%s: has the shape %v, the norm's input has %d columns", weight, s, width)
	}
	return b.apply("norm "+weight, rmsNorm{eps: eps}, 4*int64(width), []Form{row(width)}, x, w)
}

// Cheap is true: a norm costs little to compute again.
func (o rmsNorm) Cheap() bool { return true }

// Run normalises every row.
func (o rmsNorm) Run(c *Call) { kernel.RMSNorm(c.Out[0], c.In[0].F32, c.In[1].F32, o.eps) }

func (o rmsNorm) gradient(b *Builder, in []*Node, _, grad *Node, want []bool) []*Node {
	x, w := in[0], in[1]
	width := int64(b.width(x))
	grads := make([]*Node, 2)
	if want[1] {
		grads[1] = b.apply("gradient of "+w.Name(), rmsNormGradW{eps: o.eps}, 4*width, []Form{b.facts[w].form}, grad, x)
	}
	if want[0] {
		grads[0] = b.apply("gradient through "+w.Name(), rmsNormGradX{eps: o.eps}, 8*width, []Form{b.facts[x].form}, grad, x, w)
	}
	return grads
}

// Overwrites names dy.
func (o rmsNormGradX) Overwrites() []int { return []int{0} }

// Run computes the gradient of the input.
func (o rmsNormGradX) Run(c *Call) {
	kernel.RMSNormGradX(c.Out[0], c.In[0].F32, c.In[1].F32, c.In[2].F32, o.eps)
}

// Accumulates is true.
func (o rmsNormGradW) Accumulates() bool { return true }

// Run sums the gradient of the weight over the tokens.
func (o rmsNormGradW) Run(c *Call) {
	kernel.RMSNormGradW(c.Out[0], c.In[0].F32, c.In[1].F32, o.eps, c.Add)
}

// Sum is the sum of two values of one form: a residual connection, or two gradients of one value.
type Sum struct{ none }

// swiGLU has the input gate|up.
type swiGLU struct{ none }

// swiGLUGrad has the inputs dy and gate|up.
type swiGLUGrad struct{ none }

// Add is a residual connection.
func (b *Builder) Add(x, y *Node) *Node {
	if b.err == nil && b.width(x) != b.width(y) {
		return b.fail("a sum of rows of %d and of %d elements", b.width(x), b.width(y))
	}
	width := b.width(x)
	return b.apply("residual", Sum{}, int64(width), []Form{row(width)}, x, y)
}

// Overwrites names both.
func (Sum) Overwrites() []int { return []int{1, 0} }

// Run adds.
func (Sum) Run(c *Call) { kernel.Add(c.Out[0], c.In[0].F32, c.In[1].F32) }

func (Sum) gradient(_ *Builder, _ []*Node, _, grad *Node, want []bool) []*Node {
	grads := make([]*Node, 2)
	for i := range grads {
		if want[i] {
			grads[i] = grad
		}
	}
	return grads
}

// SwiGLU is silu(gate)·up of rows gate|up (Shazeer, arXiv:2002.05202).
func (b *Builder) SwiGLU(gateUp *Node) *Node {
	width := b.width(gateUp) / 2
	return b.apply("swiglu", swiGLU{}, 8*int64(width), []Form{row(width)}, gateUp)
}

// Cheap is true: a gated activation costs little to compute again.
func (swiGLU) Cheap() bool { return true }

// Run gates.
func (swiGLU) Run(c *Call) { kernel.SwiGLU(c.Out[0], c.In[0].F32, len(c.In[0].F32)/c.Tokens/2) }

func (swiGLU) gradient(b *Builder, in []*Node, _, grad *Node, _ []bool) []*Node {
	width := b.width(in[0])
	return []*Node{b.apply("gradient through swiglu", swiGLUGrad{}, 8*int64(width), []Form{row(width)}, grad, in[0])}
}

// Overwrites names gate|up.
func (swiGLUGrad) Overwrites() []int { return []int{1} }

// Run computes the gradient of gate|up.
func (swiGLUGrad) Run(c *Call) {
	kernel.SwiGLUGrad(c.Out[0], c.In[0].F32, c.In[1].F32, len(c.In[1].F32)/c.Tokens/2)
}
