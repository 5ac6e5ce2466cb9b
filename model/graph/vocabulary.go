package graph

import "github.com/osft-project/osft/model/kernel"

// embedding looks rows up: inputs are the table and the token ids.
type embedding struct {
	none
	width int
	pad   int32
}

// embeddingGrad adds the rows of dy to the rows of their tokens: inputs are dy and the token ids.
type embeddingGrad struct {
	none
	width int
	pad   int32
}

// Embedding is the row of every token in a table of vocabulary × width. The padding token's row (pad, or -1) takes no
// gradient from its own occurrences, as in PyTorch's nn.Embedding(padding_idx); a tied head still trains it.
func (b *Builder) Embedding(weight string, pad int32) *Node {
	table := b.Param(weight)
	width := b.cols(table)
	op, ids := embedding{width: width, pad: pad}, b.field(Tokens, "(tokens)")
	return b.apply("embedding "+weight, op, 0, []Form{row(width)}, table, ids)
}

// cols is the number of inputs of a weight matrix.
func (b *Builder) cols(n *Node) int {
	if s := b.facts[n].form.Shape; len(s) == 2 {
		return s[1]
	}
	return 0
}

// Run copies the rows.
func (o embedding) Run(c *Call) { kernel.Embed(c.Out[0], c.In[0].Matrix, c.In[1].I32) }

func (o embedding) gradient(b *Builder, in []*Node, _, grad *Node, _ []bool) []*Node {
	table := b.facts[in[0]].form
	dTable := b.apply("gradient of the embedding", embeddingGrad{width: o.width, pad: o.pad}, 0, []Form{table}, grad, in[1])
	return []*Node{dTable, nil}
}

// Accumulates is true, and more: under a tied head the rows must be added to the head's gradient one by one.
func (o embeddingGrad) Accumulates() bool { return true }

// OnlyAdds is true: a sum of two finished gradients would have other bits.
func (o embeddingGrad) OnlyAdds() bool { return true }

// Run adds the rows in token order.
func (o embeddingGrad) Run(c *Call) {
	dst := c.Out[0]
	if !c.Add {
		clear(dst)
	}
	var kept []float32
	if o.pad >= 0 {
		kept = append(kept, dst[int(o.pad)*o.width:][:o.width]...)
	}
	kernel.EmbedGrad(dst, c.In[0].F32, c.In[1].I32, o.width)
	if o.pad >= 0 {
		copy(dst[int(o.pad)*o.width:], kept)
	}
}

// headLoss has the inputs hidden, W, targets and scale; its auxiliary outputs are d loss/d hidden and d loss/d W, which the
// forward pass computes chunk by chunk because the logits are never kept.
type headLoss struct{ none }

// logits has the inputs hidden and W; with last it looks at the last token only.
type logits struct {
	none
	last bool
}

// heads are the ends of a graph.
type heads struct{ loss, logits, last *Node }

// head adds the loss and the logits.
func (b *Builder) head(hidden *Node, weight string) heads {
	w := b.Param(weight)
	width := b.width(hidden)
	if b.err != nil {
		return heads{}
	}
	form := b.facts[w].form
	if len(form.Shape) != 2 || form.Shape[1] != width {
		b.fail("%s: has the shape %v, the last hidden state has %d columns", weight, form.Shape, width)
		return heads{}
	}
	vocabulary, work := form.Shape[0], 2*int64(form.Shape[0])*int64(width)
	out := []Form{fixed(), row(width), form}
	return heads{
		loss:   b.apply("head "+weight+" and loss", headLoss{}, work, out, hidden, w, b.field(Targets, "(targets)"), b.scale()),
		logits: b.apply("logits", logits{}, work, []Form{row(vocabulary)}, hidden, w),
		last:   b.apply("last logits", logits{last: true}, 0, []Form{fixed(vocabulary)}, hidden, w),
	}
}

// Optional is true: gradients that nobody wants are not computed.
func (headLoss) Optional() bool { return true }

// Run computes the loss of the tokens that count, and the gradients that somebody wants.
func (headLoss) Run(c *Call) {
	space := c.Head
	if space == nil {
		space = new(kernel.HeadSpace)
	}
	grads := kernel.HeadGrads{X: c.Out[1], W: c.Out[2]}
	sum, _ := space.Loss(c.Losses, grads, c.In[0].F32, c.In[1].Matrix, c.In[2].I32, c.In[3].F32[0])
	c.Out[0][0] = float32(sum)
	if c.Sum != nil {
		*c.Sum = sum
	}
}

func (headLoss) gradient(b *Builder, _ []*Node, out, _ *Node, want []bool) []*Node {
	grads := make([]*Node, 4)
	for i := range 2 {
		if want[i] {
			grads[i] = b.auxiliary(out, 1+i)
		}
	}
	return grads
}

// Run multiplies with the vocabulary's weights.
func (o logits) Run(c *Call) {
	x, w, n := c.In[0].F32, c.In[1].Matrix, c.Tokens
	if o.last {
		x, n = x[(n-1)*w.Cols:], 1
	}
	kernel.Logits(c.Out[0], n, x, w)
}
