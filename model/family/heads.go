package family

import "github.com/osft-project/osft/model/kernel"

// Heads reads the shape of grouped-query attention: num_attention_heads; num_key_value_heads, by default kvDefault or, where
// that is 0, as many as heads; head_dim, by default hidden_size over heads.
func (k *Keys) Heads(kvDefault int) kernel.AttentionShape {
	hidden, heads := k.Count("hidden_size"), k.Count("num_attention_heads")
	if kvDefault == 0 || k.Has("num_key_value_heads") { // null means as many as heads in every family
		kvDefault = heads
	}
	s := kernel.AttentionShape{Heads: heads, KVHeads: k.CountOr("num_key_value_heads", kvDefault)}
	if heads%s.KVHeads != 0 {
		k.problem("num_key_value_heads", "is %d, which does not divide the %d of num_attention_heads", s.KVHeads, heads)
		s.KVHeads = 1
	}
	s.HeadDim = k.CountOr("head_dim", 0)
	if s.HeadDim == 0 {
		s.HeadDim = max(1, hidden/heads)
		if hidden%heads != 0 {
			k.problem("head_dim", "is missing and hidden_size %d is not a multiple of num_attention_heads %d", hidden, heads)
		}
	}
	return s
}

// Pad is the padding token, -1 where the model has none.
func (k *Keys) Pad() int32 {
	if pad := k.Tokens("pad_token_id", largest); len(pad) > 0 {
		return pad[0]
	}
	return -1
}
