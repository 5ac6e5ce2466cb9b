package graph

import "github.com/osft-project/osft/model/kernel"

// angles has the input positions; a row is the cosines, then the sines... of all tokens: [cos | sin], each tokens × pairs.
type angles struct {
	none
	frequencies []float32
	scaling     float32
}

// rotary turns the first heads of every row: inputs are the rows and the table. back turns the other way: its gradient.
type rotary struct {
	none
	heads, headDim int
	back           bool
}

// attention has the inputs qkv and documents; its auxiliary output is every query's log-sum-exp.
type attention struct {
	none
	shape kernel.AttentionShape
	layer int
}

// attentionGrad has the inputs dout, out, qkv, lse and documents.
type attentionGrad struct {
	none
	shape kernel.AttentionShape
}

// Angles is the table of rotation angles of every token's position: position·frequency for each pair of a head.
func (b *Builder) Angles(frequencies []float32, scaling float32) *Node {
	op := angles{frequencies: frequencies, scaling: scaling}
	return b.apply("angles", op, 0, []Form{row(2 * len(frequencies))}, b.field(Positions, "(positions)"))
}

// Run makes the table.
func (o angles) Run(c *Call) {
	half := c.Tokens * len(o.frequencies)
	kernel.RotaryTable(c.Out[0][:half], c.Out[0][half:], c.In[0].I32, o.frequencies, o.scaling)
}

// Rotary turns the first heads of every row by the angles of its position; the rest of the row stays. So one call turns the
// queries and keys of rows q|k|v.
func (b *Builder) Rotary(x, table *Node, heads, headDim int) *Node {
	op := rotary{heads: heads, headDim: headDim}
	return b.apply("rotary", op, 6*int64(heads*headDim), []Form{row(b.width(x))}, x, table)
}

// Overwrites names the rows.
func (o rotary) Overwrites() []int { return []int{0} }

// Run turns a copy, or the rows themselves where they were given away.
func (o rotary) Run(c *Call) {
	dst, table := c.Out[0], c.In[1].F32
	if !same(dst, c.In[0].F32) {
		copy(dst, c.In[0].F32)
	}
	cos, sin := table[:len(table)/2], table[len(table)/2:]
	if o.back {
		kernel.RotaryGrad(dst, len(dst)/c.Tokens, o.heads, o.headDim, cos, sin)
	} else {
		kernel.Rotary(dst, len(dst)/c.Tokens, o.heads, o.headDim, cos, sin)
	}
}

func (o rotary) gradient(b *Builder, in []*Node, _, grad *Node, _ []bool) []*Node {
	o.back = true
	form, work := []Form{row(b.width(in[0]))}, 6*int64(o.heads*o.headDim)
	dx := b.apply("gradient through rotary", o, work, form, grad, in[1])
	return []*Node{dx, nil}
}

// Attention is causal attention within each document, over rows q|k|v whose queries and keys are already turned. layer
// counts the model's attentions: it is where decoding keeps the keys and values.
func (b *Builder) Attention(qkv *Node, shape kernel.AttentionShape, layer int) *Node {
	width := shape.Heads * shape.HeadDim
	if want := width + 2*shape.KVHeads*shape.HeadDim; b.err == nil && b.width(qkv) != want {
		return b.fail("attention over rows of %d elements, %d heads and %d key heads of %d want %d",
			b.width(qkv), shape.Heads, shape.KVHeads, shape.HeadDim, want)
	}
	out := []Form{row(width), row(shape.Heads)}
	return b.apply("attention", attention{shape: shape, layer: layer}, 0, out, qkv, b.field(Documents, "(documents)"))
}

// Run attends. When decoding, earlier keys and values come from the cache, and those of this call go into it.
func (o attention) Run(c *Call) {
	if c.Cache != nil && c.Cache.step(c, o) {
		return
	}
	kernel.Attention(c.Out[0], c.Out[1], c.In[0].F32, c.In[1].I32, o.shape)
}

// Pairs is two products of a head's width for every query and every key that it sees.
func (o attention) Pairs(tokens int) int64 { return 4 * seen(tokens, o.shape) }

// Pairs is five products of a head's width for every query and every key that it sees.
func (o attentionGrad) Pairs(tokens int) int64 { return 10 * seen(tokens, o.shape) }

// seen is the number of query-key pairs of a document times the width of all heads.
func seen(tokens int, s kernel.AttentionShape) int64 {
	n, w := int64(tokens), int64(tokens)
	if s.Window > 0 {
		w = min(n, int64(s.Window))
	}
	return (w*(w+1)/2 + (n-w)*w) * int64(s.Heads) * int64(s.HeadDim)
}

func (o attention) gradient(b *Builder, in []*Node, out, grad *Node, _ []bool) []*Node {
	qkv, documents, lse := in[0], in[1], b.auxiliary(out, 1)
	op, form := attentionGrad{shape: o.shape}, []Form{row(b.width(qkv))}
	dqkv := b.apply("gradient through attention", op, 0, form, grad, out, qkv, lse, documents)
	return []*Node{dqkv, nil}
}

// Run computes the gradient of q|k|v.
func (o attentionGrad) Run(c *Call) {
	kernel.AttentionGrad(c.Out[0], c.In[0].F32, c.In[1].F32, c.In[2].F32, c.In[3].F32, c.In[4].I32, o.shape)
}

// Cache keeps the turned keys and the values of a document's tokens, layer by layer, so that one more token costs one more
// row. The zero Cache is empty. It grows as needed and is one document's and one goroutine's.
type Cache struct {
	Length int // tokens kept; the caller raises it after a call
	layers []kept
}

type kept struct{ keys, values []float32 }

// step stores the keys and values of a call's tokens. Where the cache was empty the call is the whole document and step
// returns false; otherwise it attends to what is kept, token by token, with the bits of the full pass.
func (k *Cache) step(c *Call, o attention) bool {
	for len(k.layers) <= o.layer {
		k.layers = append(k.layers, kept{})
	}
	l := &k.layers[o.layer]
	s := o.shape
	width, kv := s.Heads*s.HeadDim, s.KVHeads*s.HeadDim
	l.keys, l.values = l.keys[:k.Length*kv], l.values[:k.Length*kv]
	for i := range c.Tokens {
		row := c.In[0].F32[i*(width+2*kv):][:width+2*kv]
		l.keys, l.values = append(l.keys, row[width:width+kv]...), append(l.values, row[width+kv:]...)
		if k.Length > 0 {
			kernel.AttentionStep(c.Out[0][i*width:][:width], row[:width], l.keys, l.values, k.Length+i+1, s)
		}
	}
	return k.Length > 0
}
