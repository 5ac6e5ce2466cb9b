package graph

import (
	"strings"

	"github.com/osft-project/osft/model/kernel"
	"github.com/osft-project/osft/model/kernel/matmul"
)

// linear has the inputs x, the weights, and the biases of those that have one.
type linear struct {
	none
	outs []int // outputs of each weight
	bias []int // input index of each weight's bias, 0 where it has none
}

// linearGradX has the inputs dy and the weights.
type linearGradX struct{ none }

// linearGradW has the inputs dy and x.
type linearGradW struct {
	none
	offset, stride, out, in int
}

// biasGrad has the input dy.
type biasGrad struct {
	none
	offset, stride int
}

// Affine names one weight of a linear map, and its bias or "".
type Affine struct{ Weight, Bias string }

// Linear is x·Wᵀ + b for several weights of one input; a row of the result holds their outputs side by side.
func (b *Builder) Linear(x *Node, maps ...Affine) *Node {
	op := linear{outs: make([]int, len(maps)), bias: make([]int, len(maps))}
	in, names, total := []*Node{x}, make([]string, len(maps)), 0
	for i, m := range maps {
		w := b.Param(m.Weight)
		s := b.facts[w].form.Shape
		if b.err == nil && (len(s) != 2 || s[1] != b.width(x)) {
			return b.fail("%s: has the shape %v, its input has %d columns", m.Weight, s, b.width(x))
		}
		if b.err != nil {
			return nil
		}
		in, names[i], op.outs[i] = append(in, w), m.Weight, s[0]
		total += s[0]
	}
	for i, m := range maps {
		if m.Bias != "" {
			op.bias[i] = len(in)
			in = append(in, b.Param(m.Bias))
		}
	}
	work := 2 * int64(b.width(x)) * int64(total)
	return b.apply("linear "+strings.Join(names, " "), op, work, []Form{row(total)}, in...)
}

// Run multiplies and adds the biases.
func (o linear) Run(c *Call) {
	weights := make([]matmul.Matrix, len(o.outs))
	biases := make([][]float32, len(o.outs))
	for i := range o.outs {
		weights[i] = c.In[1+i].Matrix
		if o.bias[i] > 0 {
			biases[i] = c.In[o.bias[i]].F32
		}
	}
	kernel.Linear(c.Out[0], c.Tokens, c.In[0].F32, weights, biases)
}

func (o linear) gradient(b *Builder, in []*Node, out, grad *Node, want []bool) []*Node {
	x, weights := in[0], in[1:1+len(o.outs)]
	width, stride := b.width(x), b.width(out)
	grads := make([]*Node, len(in))
	offset := 0
	for i, w := range weights {
		name, rows := w.Name(), o.outs[i]
		if want[1+i] {
			op := linearGradW{offset: offset, stride: stride, out: rows, in: width}
			grads[1+i] = b.apply("gradient of "+name, op, 2*int64(width)*int64(rows), []Form{b.facts[w].form}, grad, x)
		}
		if k := o.bias[i]; k > 0 && want[k] {
			op := biasGrad{offset: offset, stride: stride}
			grads[k] = b.apply("gradient of "+in[k].Name(), op, int64(rows), []Form{b.facts[in[k]].form}, grad)
		}
		offset += rows
	}
	if want[0] {
		label, work := "gradient through "+weights[0].Name(), 2*int64(width)*int64(stride)
		grads[0] = b.apply(label, linearGradX{}, work, []Form{row(width)}, append([]*Node{grad}, weights...)...)
	}
	return grads
}

// Run multiplies the gradient with every weight, finishing each product before the next is added.
func (o linearGradX) Run(c *Call) {
	weights := make([]matmul.Matrix, len(c.In)-1)
	for i := range weights {
		weights[i] = c.In[1+i].Matrix
	}
	kernel.LinearGradX(c.Out[0], c.Tokens, c.In[0].F32, weights)
}

// Accumulates is true.
func (o linearGradW) Accumulates() bool { return true }

// Run multiplies over the tokens in their order.
func (o linearGradW) Run(c *Call) {
	kernel.LinearGradW(c.Out[0], c.Tokens, c.In[0].F32, o.offset, o.stride, o.out, c.In[1].F32, o.in, c.Add)
}

// Accumulates is true.
func (o biasGrad) Accumulates() bool { return true }

// Run sums over the tokens in their order.
func (o biasGrad) Run(c *Call) {
	kernel.BiasGrad(c.Out[0], c.Tokens, c.In[0].F32, o.offset, o.stride, c.Add)
}
