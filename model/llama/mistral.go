package llama

import "github.com/osft-project/osft/model/family"

func init() { family.Register("mistral", newMistral) }

// newMistral reads the keys of model_type "mistral" (Jiang et al., arXiv:2310.06825): Llama without biases, whose queries see
// the last sliding_window tokens, themselves among them. Where the key is missing Transformers takes 4096; null means that
// all earlier tokens are seen.
func newMistral(k *family.Keys) family.Architecture {
	d := newDecoder(k, 8)
	if k.Has("sliding_window") {
		d.heads.Window = k.CountOr("sliding_window", 0)
	} else {
		d.heads.Window = 4096
	}
	return d
}
