// Package llama holds the decoders that follow Llama: pre-normalised blocks of rotary grouped-query attention and SwiGLU.
//
// One file is one model_type. Names are the checkpoint's own. It refuses to load weights and to run anything.
package llama

import (
	"fmt"
	"iter"
	"math"

	"github.com/osft-project/osft/model/family"
	"github.com/osft-project/osft/model/graph"
	"github.com/osft-project/osft/model/kernel"
)

func init() { family.Register("llama", newLlama) }

// decoder is Llama (Touvron et al., arXiv:2302.13971; Grattafiori et al., arXiv:2407.21783):
//
//	x = x + Wo·attention(rope(Wq·h), rope(Wk·h), Wv·h)    h = norm(x)
//	x = x + Wdown·(silu(Wgate·h) ⊙ Wup·h)                 h = norm(x)
type decoder struct {
	vocabulary, hidden, inner, layers int
	heads                             kernel.AttentionShape
	rope                              family.RoPE
	eps                               float64
	attentionBias, mlpBias, tied      bool
	pad                               int32
}

// newLlama reads the keys of model_type "llama", with the defaults of Transformers' LlamaConfig.
func newLlama(k *family.Keys) family.Architecture {
	d := newDecoder(k, 0)
	d.attentionBias = k.BoolOr("attention_bias", false)
	d.mlpBias = k.BoolOr("mlp_bias", false)
	return d
}

// newDecoder reads what all models of this package have. kvHeads is the family's default, 0 for as many as heads.
func newDecoder(k *family.Keys, kvHeads int) *decoder {
	d := &decoder{
		vocabulary: k.Count("vocab_size"), hidden: k.Count("hidden_size"), inner: k.Count("intermediate_size"),
		layers: k.Count("num_hidden_layers"), heads: k.Heads(kvHeads), eps: k.Positive("rms_norm_eps"),
		tied: k.BoolOr("tie_word_embeddings", false), pad: k.Pad(),
	}
	d.rope = k.RoPE(d.heads.HeadDim, 10000)
	d.heads.Scale = float32(1 / math.Sqrt(float64(d.heads.HeadDim)))
	k.ChoiceOr("hidden_act", "silu", "silu", "swish")
	return d
}

const embedding, head = "model.embed_tokens.weight", "lm_head.weight"

// Params yields the parameters in the order of the forward pass.
func (d *decoder) Params() iter.Seq[family.Param] {
	return func(yield func(family.Param) bool) {
		if !yield(family.Param{Name: embedding, Shape: graph.Shape{d.vocabulary, d.hidden}, Init: family.Embedding}) {
			return
		}
		for i := range d.layers {
			for _, p := range d.block(i) {
				if !yield(p) {
					return
				}
			}
		}
		if yield(norm("model.norm", d.hidden)) && !d.tied {
			yield(family.Param{Name: head, Shape: graph.Shape{d.vocabulary, d.hidden}})
		}
	}
}

// block lists the parameters of layer i.
func (d *decoder) block(i int) []family.Param {
	name := fmt.Sprintf("model.layers.%d.", i)
	q, kv := d.heads.Heads*d.heads.HeadDim, d.heads.KVHeads*d.heads.HeadDim
	p := []family.Param{norm(name+"input_layernorm", d.hidden)}
	p = append(p, linear(name+"self_attn.q_proj", q, d.hidden, d.attentionBias)...)
	p = append(p, linear(name+"self_attn.k_proj", kv, d.hidden, d.attentionBias)...)
	p = append(p, linear(name+"self_attn.v_proj", kv, d.hidden, d.attentionBias)...)
	p = append(p, linear(name+"self_attn.o_proj", d.hidden, q, d.attentionBias)...)
	p = append(p, norm(name+"post_attention_layernorm", d.hidden))
	p = append(p, linear(name+"mlp.gate_proj", d.inner, d.hidden, d.mlpBias)...)
	p = append(p, linear(name+"mlp.up_proj", d.inner, d.hidden, d.mlpBias)...)
	return append(p, linear(name+"mlp.down_proj", d.hidden, d.inner, d.mlpBias)...)
}

// Forward writes the decoder down.
func (d *decoder) Forward(b *graph.Builder) family.Head {
	x := b.Embedding(embedding, d.pad)
	angles := b.Angles(d.rope.InvFreq, 1)
	for i := range d.layers {
		b.Layer(i)
		x = d.attend(b, x, angles, i)
		x = d.gate(b, x, i)
	}
	b.Layer(-1)
	x = b.RMSNorm(x, "model.norm.weight", d.eps)
	if d.tied {
		return family.Head{Hidden: x, Weight: embedding}
	}
	return family.Head{Hidden: x, Weight: head}
}

// attend is x + Wo·attention(norm(x)).
func (d *decoder) attend(b *graph.Builder, x, angles *graph.Node, i int) *graph.Node {
	name := fmt.Sprintf("model.layers.%d.", i)
	h := b.RMSNorm(x, name+"input_layernorm.weight", d.eps)
	name += "self_attn."
	qkv := b.Linear(h, affine(name, d.attentionBias, "q_proj", "k_proj", "v_proj")...)
	qkv = b.Rotary(qkv, angles, d.heads.Heads+d.heads.KVHeads, d.heads.HeadDim)
	h = b.Attention(qkv, d.heads, i)
	return b.Add(x, b.Linear(h, affine(name, d.attentionBias, "o_proj")...))
}

// gate is x + Wdown·(silu(Wgate·h) ⊙ Wup·h).
func (d *decoder) gate(b *graph.Builder, x *graph.Node, i int) *graph.Node {
	name := fmt.Sprintf("model.layers.%d.", i)
	h := b.RMSNorm(x, name+"post_attention_layernorm.weight", d.eps)
	name += "mlp."
	h = b.SwiGLU(b.Linear(h, affine(name, d.mlpBias, "gate_proj", "up_proj")...))
	return b.Add(x, b.Linear(h, affine(name, d.mlpBias, "down_proj")...))
}

// affine names the weights of linear maps that share an input, and their biases where the model has them.
func affine(prefix string, bias bool, maps ...string) []graph.Affine {
	list := make([]graph.Affine, len(maps))
	for i, m := range maps {
		list[i].Weight = prefix + m + ".weight"
		if bias {
			list[i].Bias = prefix + m + ".bias"
		}
	}
	return list
}

func norm(name string, width int) family.Param {
	return family.Param{Name: name + ".weight", Shape: graph.Shape{width}, Init: family.Ones}
}

func linear(name string, out, in int, bias bool) []family.Param {
	p := []family.Param{{Name: name + ".weight", Shape: graph.Shape{out, in}}}
	if bias {
		p = append(p, family.Param{Name: name + ".bias", Shape: graph.Shape{out}, Init: family.Zeros})
	}
	return p
}
