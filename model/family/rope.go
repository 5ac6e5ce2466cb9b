package family

import "github.com/osft-project/osft/model/kernel"

// RoPE is a model's rotary position embedding (Su et al., arXiv 2104.09864): pair i of a head turns by position·InvFreq[i].
type RoPE struct {
	InvFreq []float32 // head_dim/2 frequencies in radians a position
}

const twoPi = 6.283185307179586476925286766559

// RoPE reads the rotary embedding in both spellings: `rope_parameters` (Transformers 5), or `rope_theta` with
// `rope_scaling` (4). Where a file has both they must agree. theta is the family's default.
func (k *Keys) RoPE(headDim int, theta float64) RoPE {
	if headDim%2 != 0 {
		k.problem("head_dim", "is %d, must be even (rotary embedding turns pairs)", headDim)
		return RoPE{}
	}
	outer := k.PositiveOr("rope_theta", theta)
	r := k.nested("rope_parameters")
	scaling := k.nested("rope_scaling")
	if r == nil {
		r = scaling
	} else if scaling != nil && scaling.object.Raw() != r.object.Raw() {
		k.problem("rope_scaling", "differs from rope_parameters (they are two names of one thing)")
	}
	if r == nil {
		return RoPE{InvFreq: frequencies(headDim, outer)}
	}
	base := r.PositiveOr("rope_theta", outer)
	if v, ok := k.get("rope_theta"); ok && k.float("rope_theta", v) != base {
		k.problem("rope_theta", "is %s where rope_parameters has %v", v.Raw(), base)
	}
	return RoPE{InvFreq: r.scale(frequencies(headDim, base))}
}

// scale applies the rope_type to the plain frequencies. A key that the type does not have is an error: it would change them.
func (k *Keys) scale(inv []float32) []float32 {
	name := "rope_type"
	if _, ok := k.object.Get(name); !ok {
		name = "type" // before Transformers 4.43
	}
	kind := k.ChoiceOr(name, "default", "default", "llama3")
	k.used["type"] = true
	if kind == "llama3" {
		inv = k.llama3(inv)
	}
	if v, ok := k.get("partial_rotary_factor"); ok && k.float("partial_rotary_factor", v) != 1 {
		k.problem("partial_rotary_factor", "%s is not supported for this model_type", v.Raw())
	}
	for _, name := range k.unused() {
		k.problem(name, "is not a key of rope type %q", kind)
	}
	return inv
}

// frequencies are theta^(-2i/d).
func frequencies(headDim int, theta float64) []float32 {
	inv := make([]float32, headDim/2)
	kernel.InverseFrequencies(inv, theta)
	return inv
}

// llama3 lowers the frequencies whose wavelength is beyond the length of pre-training by a factor and blends in between
// (Llama 3.1; `rope_type: llama3`). Every step is rounded to float32, as PyTorch computes it.
func (k *Keys) llama3(inv []float32) []float32 {
	factor, low := k.Positive("factor"), k.Positive("low_freq_factor")
	high, original := k.Positive("high_freq_factor"), float64(k.Count("original_max_position_embeddings"))
	if high <= low {
		k.problem("high_freq_factor", "is %v, must be above low_freq_factor %v", high, low)
		return inv
	}
	for i, f := range inv {
		wave := float32(twoPi) / f
		switch {
		case wave < float32(original/high):
		case wave > float32(original/low):
			inv[i] = f / float32(factor)
		default:
			smooth := (float32(original)/wave - float32(low)) / float32(high-low)
			inv[i] = float32(float32((1-smooth)*f)/float32(factor)) + float32(smooth*f)
		}
	}
	return inv
}
