package family

import "slices"

// harmless are the keys that say nothing about what is computed here: who wrote the file, how the weights were loaded, what
// a pipeline prints, and the settings of generation that old files keep beside the model.
var harmless = []string{
	"_name_or_path", "_attn_implementation", "_attn_implementation_autoset", "transformers_version", "use_cache", "return_dict",
	"output_attentions", "output_hidden_states", "torchscript", "is_decoder", "use_bfloat16", "pruned_heads",
	"chunk_size_feed_forward", "finetuning_task", "id2label", "label2id", "task_specific_params", "problem_type",
	"tokenizer_class", "prefix", "sep_token_id", "decoder_start_token_id", "model_max_length", "max_sequence_length",
	"pretraining_tp", "unsloth_version", "unsloth_fixed", "transformers.js_config", "is_llama_config", "license",
	"max_length", "min_length", "do_sample", "early_stopping", "num_beams", "num_beam_groups", "diversity_penalty",
	"temperature", "top_k", "top_p", "typical_p", "repetition_penalty", "length_penalty", "no_repeat_ngram_size",
	"encoder_no_repeat_ngram_size", "bad_words_ids", "num_return_sequences", "output_scores", "return_dict_in_generate",
	"forced_bos_token_id", "forced_eos_token_id", "remove_invalid_values", "exponential_decay_length_penalty",
	"suppress_tokens", "begin_suppress_tokens",
}

// neutral are the keys that change what is computed unless they hold one of these values (as JSON text). An architecture
// that implements such a key asks for it, and then it is not looked up here.
var neutral = map[string][]string{
	"attention_dropout":           {"0", "0.0"},
	"hidden_dropout":              {"0", "0.0"},
	"hidden_dropout_prob":         {"0", "0.0"},
	"resid_pdrop":                 {"0", "0.0"},
	"embd_pdrop":                  {"0", "0.0"},
	"residual_dropout":            {"0", "0.0"},
	"embedding_multiplier":        {"1", "1.0"},
	"residual_multiplier":         {"1", "1.0"},
	"logits_scaling":              {"1", "1.0"},
	"logit_scale":                 {"1", "1.0"},
	"attention_multiplier":        {},
	"query_pre_attn_scalar":       {},
	"final_logit_softcapping":     {},
	"attn_logit_softcapping":      {},
	"partial_rotary_factor":       {"1", "1.0"},
	"rotary_pct":                  {"1", "1.0"},
	"rope_interleaved":            {"false"},
	"is_encoder_decoder":          {"false"},
	"add_cross_attention":         {"false"},
	"cross_attention_hidden_size": {},
	"tie_encoder_decoder":         {"false"},
	"attention_bias":              {"false"},
	"mlp_bias":                    {"false"},
	"qkv_bias":                    {"false"},
	"use_qk_norm":                 {"false"},
	"qk_layernorm":                {"false"},
	"no_rope_layers":              {},
	"num_experts":                 {"0"},
	"num_local_experts":           {"0", "1"},
	"quantization_config":         {},
	"compression_config":          {},
}

// common goes through the keys that the architecture did not ask for: harmless ones are done with, neutral ones are checked,
// and the rest is returned as unknown.
func (k *Keys) common() (unknown []string) {
	for _, name := range k.unused() {
		values, known := neutral[name]
		v, _ := k.object.Get(name)
		switch {
		case slices.Contains(harmless, name):
		case !known:
			unknown = append(unknown, name)
		case v.IsNull() || slices.Contains(values, v.Raw()):
		case name == "quantization_config" || name == "compression_config":
			k.problem(name, "the checkpoint is quantised, which is not supported (fine-tune the unquantised one)")
		default:
			k.problem(name, "%s is not supported for this model_type (osft would compute something else)", v.Raw())
		}
	}
	return unknown
}
