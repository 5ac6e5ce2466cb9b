package recipe

import (
	"math"
	"strings"
)

// field is one key of the recipe.
type field struct {
	key   string
	doc   string
	def   string            // default as YAML text; "" where the key has none
	one   []string          // the values it may have
	low   float64           // smallest value
	high  float64           // largest value
	open  bool              // low itself is excluded
	short bool              // high itself is excluded
	alias []string          // what other tools call it, for advice only
	at    func(*Recipe) any // *string, *int, *uint64, *float64, *bool or *[]string
}

// above, from, between and within are the ranges of numbers: above its low end, from it on, up to and including the high end,
// and up to but not including it.
func above(low float64) field         { return field{low: low, high: math.Inf(1), open: true} }
func from(low float64) field          { return field{low: low, high: math.Inf(1)} }
func between(low, high float64) field { return field{low: low, high: high} }
func within(low, high float64) field  { return field{low: low, high: high, short: true} }

func among(values ...string) field            { return field{one: values} }
func anything() field                         { return field{low: math.Inf(-1), high: math.Inf(1)} }
func (f field) named(key string) field        { f.key = key; return f }
func (f field) or(def string) field           { f.def = def; return f }
func (f field) means(doc string) field        { f.doc = doc; return f }
func (f field) also(alias ...string) field    { f.alias = alias; return f }
func (f field) in(at func(*Recipe) any) field { f.at = at; return f }

// section is the part of the key before its last dot.
func (f field) section() string { return f.key[:strings.LastIndexByte(f.key, '.')] }

// fields is the one table of all keys, in the order in which they are written.
var fields = []field{
	anything().named("base.path").in(func(r *Recipe) any { return &r.Base.Path }).
		means("folder of the checkpoint, as its publisher ships it").
		also("model", "base_model", "model_name_or_path", "checkpoint_dir", "checkpoint"),
	anything().named("base.init").in(func(r *Recipe) any { return &r.Base.Init }).
		means("config.json of a model that is trained from scratch, instead of base.path").
		also("config", "model_config"),
	anything().named("base.tokenizer").in(func(r *Recipe) any { return &r.Base.Tokenizer }).
		means("folder of the tokenizer, with base.init").
		also("tokenizer_path", "tokenizer_name_or_path"),
	anything().named("base.strict_config").or("false").in(func(r *Recipe) any { return &r.Base.StrictConfig }).
		means("refuse keys of config.json that osft does not know, instead of recording them"),

	anything().named("data.train").in(func(r *Recipe) any { return &r.Data.Train }).
		means("file of training rows (.jsonl or .txt), or a list of files").
		also("dataset", "datasets", "train_file", "training_data"),
	anything().named("data.validation").in(func(r *Recipe) any { return &r.Data.Validation }).
		means("file of rows that are only evaluated").
		also("eval_dataset", "test_datasets", "valid", "valid_data"),
	between(0, 0.5).named("data.validation_share").or("0").in(func(r *Recipe) any { return &r.Data.ValidationShare }).
		means("share of the training rows that is only evaluated; a row's digest decides, so adding rows moves none").
		also("val_size", "val_set_size", "validation_split", "test_split_size"),
	anything().named("data.rows").in(func(r *Recipe) any { return &r.Data.Rows }).
		means("rows of data.train that are used, as 0..64: from row 0 up to, not including, row 64").
		also("max_samples", "max_train_samples"),
	among("text", "prompt", "chat").named("data.format").in(func(r *Recipe) any { return &r.Data.Format }).
		means("what a row is: running text, a prompt with its completion, or a conversation").
		also("type", "dataset_format"),
	anything().named("data.field").in(func(r *Recipe) any { return &r.Data.Field }).
		means("format text: the field that holds the text (default: text)").
		also("text_field", "dataset_text_field", "text_column", "column"),
	anything().named("data.template").in(func(r *Recipe) any { return &r.Data.Template }).
		means(`format text: the text made of fields, such as "Question: {question}\nAnswer: {answer}"`).
		also("prompt_template"),
	anything().named("data.fields.prompt").in(func(r *Recipe) any { return &r.Data.Fields.Prompt }).
		means("format prompt: name of the prompt field (default: prompt)"),
	anything().named("data.fields.completion").in(func(r *Recipe) any { return &r.Data.Fields.Completion }).
		means("format prompt: name of the completion field (default: completion)"),
	anything().named("data.fields.instruction").in(func(r *Recipe) any { return &r.Data.Fields.Instruction }).
		means("format prompt: name of the instruction field (default: instruction)"),
	anything().named("data.fields.input").in(func(r *Recipe) any { return &r.Data.Fields.Input }).
		means("format prompt: name of the input field beside the instruction (default: input)"),
	anything().named("data.fields.output").in(func(r *Recipe) any { return &r.Data.Fields.Output }).
		means("format prompt: name of the output field beside the instruction (default: output)"),
	anything().named("data.fields.messages").in(func(r *Recipe) any { return &r.Data.Fields.Messages }).
		means("format chat: name of the list of turns (default: messages, or conversations)"),
	anything().named("data.fields.user").in(func(r *Recipe) any { return &r.Data.Fields.User }).
		means("format chat: field with the user's turn, where a row has no list of turns"),
	anything().named("data.fields.assistant").in(func(r *Recipe) any { return &r.Data.Fields.Assistant }).
		means("format chat: field with the assistant's turn, where a row has no list of turns"),
	anything().named("data.fields.system").in(func(r *Recipe) any { return &r.Data.Fields.SystemText }).
		means("format chat: field with the system text, where a row has no list of turns"),
	anything().named("data.chat_template").in(func(r *Recipe) any { return &r.Data.ChatTemplate }).
		means("format chat: a Jinja file that replaces the checkpoint's own template").
		also("chat_template_path"),
	among("completion", "all").named("data.train_on").or("completion").in(func(r *Recipe) any { return &r.Data.TrainOn }).
		means("which tokens count: what the model should say, or everything (format text always counts everything)").
		also("train_on_inputs", "train_on_input", "train_on_prompt", "mask_prompt", "completion_only_loss", "assistant_only_loss"),
	anything().named("data.add_bos").or("false").in(func(r *Recipe) any { return &r.Data.AddBOS }).
		means("begin text and prompts with the beginning-of-sequence token"),
	anything().named("data.add_eos").or("true").in(func(r *Recipe) any { return &r.Data.AddEOS }).
		means("end text and completions with the end-of-sequence token"),
	among("file", "shuffled").named("data.order").or("shuffled").in(func(r *Recipe) any { return &r.Data.Order }).
		means("order of rows in an epoch; shuffled differs from epoch to epoch and follows from train.seed").
		also("shuffle", "shuffle_dataset", "disable_shuffling"),
	anything().named("data.packing").or("false").in(func(r *Recipe) any { return &r.Data.Packing }).
		means("put several rows into one sequence of train.max_length tokens; they do not see each other").
		also("sample_packing", "packed", "pack", "neat_packing"),
	among("separate", "contiguous").named("data.windows").or("separate").in(func(r *Recipe) any { return &r.Data.Windows }).
		means("format text: cut rows into windows of train.max_length each for itself, or one after the other over rows"),
	among("error", "truncate", "drop").named("data.too_long").or("error").in(func(r *Recipe) any { return &r.Data.TooLong }).
		means("what happens to a row of more than train.max_length tokens").
		also("truncation", "truncation_mode", "excess_length_strategy"),

	anything().named("train.what").or("[all]").in(func(r *Recipe) any { return &r.Train.What }).
		means("what trains: all, or patterns over tensor names such as model.layers.{28..29}.*; * is any text, dots too, {a,b} and {0..3} are alternatives; each must match").
		also("unfrozen_parameters", "trainable", "trainable_layers", "freeze_trainable_layers", "num_layers", "finetuning_type"),
	anything().named("train.except").or("[]").in(func(r *Recipe) any { return &r.Train.Except }).
		means("patterns of tensors that stay frozen although train.what matches them; each must match one of those").
		also("freeze", "frozen", "exclude", "exclude_modules"),
	from(1).named("train.steps").in(func(r *Recipe) any { return &r.Train.Steps }).
		means("optimizer steps; wins over train.epochs and is the length of the schedule").
		also("max_steps", "iters", "total_steps", "num_steps", "max_iters"),
	from(1).named("train.epochs").or("1").in(func(r *Recipe) any { return &r.Train.Epochs }).
		means("how often the training rows are seen, where train.steps is not given").
		also("num_epochs", "num_train_epochs"),
	above(0).named("train.lr").or("2e-05").in(func(r *Recipe) any { return &r.Train.LR }).
		means("peak learning rate").
		also("learning_rate", "max_lr", "peak_lr"),
	among("constant", "linear", "cosine", "wsd").named("train.schedule").or("linear").
		in(func(r *Recipe) any { return &r.Train.Schedule }).
		means("how the rate goes after warm-up: stays, falls to zero, falls along a cosine, or stays and then falls").
		also("lr_scheduler", "lr_scheduler_type", "lr_schedule", "scheduler"),
	from(0).named("train.warmup_steps").in(func(r *Recipe) any { return &r.Train.WarmupSteps }).
		means("steps over which the rate rises from zero").
		also("warmup", "num_warmup_steps", "lr_warmup_steps", "warmup_iters"),
	between(0, 1).named("train.warmup_ratio").in(func(r *Recipe) any { return &r.Train.WarmupRatio }).
		means("share of all steps over which the rate rises from zero, instead of train.warmup_steps"),
	from(1).named("train.decay_steps").in(func(r *Recipe) any { return &r.Train.DecaySteps }).
		means("schedule wsd: steps of the last, falling phase (default: a tenth of all)").
		also("num_decay_steps", "cooldown_steps"),
	between(0, 1).named("train.min_lr_ratio").or("0").in(func(r *Recipe) any { return &r.Train.MinLRRatio }).
		means("schedules cosine and wsd: where the rate ends, as a share of train.lr").
		also("min_lr", "cosine_min_lr_ratio", "lr_min"),
	from(1).named("train.batch").or("4").in(func(r *Recipe) any { return &r.Train.Batch }).
		means("rows (packed sequences, with data.packing) a micro-batch").
		also("batch_size", "micro_batch_size", "per_device_train_batch_size"),
	from(1).named("train.accumulate").or("1").in(func(r *Recipe) any { return &r.Train.Accumulate }).
		means("micro-batches a step; their loss is the mean over all their targets together").
		also("gradient_accumulation_steps", "grad_accumulation_steps", "accumulation"),
	from(2).named("train.max_length").or("1024").in(func(r *Recipe) any { return &r.Train.MaxLength }).
		means("most tokens of a row, a window or a packed sequence").
		also("max_seq_length", "max_seq_len", "sequence_len", "cutoff_len", "seq_len", "max_tokens_per_row"),
	from(0).named("train.seed").or("0").in(func(r *Recipe) any { return &r.Train.Seed }).
		means("seed of every random choice: order of rows, new weights, samples"),
	from(0).named("train.weight_decay").or("0.01").in(func(r *Recipe) any { return &r.Train.WeightDecay }).
		means("AdamW's decoupled weight decay").
		also("wd"),
	among("matrices", "all", "none").named("train.decay").or("matrices").in(func(r *Recipe) any { return &r.Train.Decay }).
		means("which trained tensors decay: those of two or more dimensions, all, or none"),
	within(0, 1).named("train.beta1").or("0.9").in(func(r *Recipe) any { return &r.Train.Beta1 }).
		means("AdamW's decay rate of the first moment").
		also("adam_beta1"),
	within(0, 1).named("train.beta2").or("0.999").in(func(r *Recipe) any { return &r.Train.Beta2 }).
		means("AdamW's decay rate of the second moment").
		also("adam_beta2"),
	above(0).named("train.eps").or("1e-08").in(func(r *Recipe) any { return &r.Train.Eps }).
		means("AdamW's term beside the root of the second moment").
		also("adam_epsilon", "epsilon"),
	from(0).named("train.clip").or("1").in(func(r *Recipe) any { return &r.Train.Clip }).
		means("largest norm of the gradient over all trained tensors; 0 does not clip").
		also("max_grad_norm", "gradient_clipping", "clip_grad_norm", "grad_clip"),
	from(0).named("train.checkpoint_every").or("100").in(func(r *Recipe) any { return &r.Train.CheckpointEvery }).
		means("steps between checkpoints; 0 makes one only when interrupted").
		also("save_steps", "save_every_n_steps", "save_every"),
	from(1).named("train.keep_checkpoints").or("2").in(func(r *Recipe) any { return &r.Train.KeepCheckpoints }).
		means("how many of the newest checkpoints are kept while the run lasts").
		also("save_total_limit"),

	from(0).named("eval.every").or("0").in(func(r *Recipe) any { return &r.Eval.Every }).
		means("steps between evaluations during the run; 0 evaluates before and after only").
		also("eval_steps", "steps_per_eval", "run_val_every_n_steps"),
	anything().named("eval.samples").or("[]").in(func(r *Recipe) any { return &r.Eval.Samples }).
		means("prompts that the model continues before and after training").
		also("prompts"),
	from(1).named("eval.max_tokens").or("48").in(func(r *Recipe) any { return &r.Eval.MaxTokens }).
		means("longest continuation of a sample, in tokens").
		also("max_new_tokens"),

	anything().named("output.dir").in(func(r *Recipe) any { return &r.Output.Dir }).
		means("folder of the result, relative to the working directory").
		also("output_dir", "out_dir", "save_dir"),
	among("base", "f32", "bf16", "f16").named("output.dtype").or("base").in(func(r *Recipe) any { return &r.Output.DType }).
		means("number format of the written weights; base keeps each tensor's own").
		also("torch_dtype"),
	among("last", "best").named("output.weights").or("last").in(func(r *Recipe) any { return &r.Output.Weights }).
		means("write the weights of the last step, or of the step with the lowest validation loss").
		also("load_best_model_at_end", "save_strategy"),
}

// byKey finds a field.
func byKey(key string) (field, bool) {
	for _, f := range fields {
		if f.key == key {
			return f, true
		}
	}
	return field{}, false
}

// isSection tells whether a key holds other keys.
func isSection(key string) bool {
	for _, f := range fields {
		if strings.HasPrefix(f.key, key+".") {
			return true
		}
	}
	return false
}

// Doc is what a key means, for help and documentation.
type Doc struct {
	Key, Type, Default, Meaning string
	Values                      []string
}

// Docs describes every key, in the order of the resolved recipe.
func Docs() (docs []Doc) {
	for _, f := range fields {
		docs = append(docs, Doc{Key: f.key, Type: f.kind(), Default: f.def, Meaning: f.doc, Values: f.one})
	}
	return docs
}

// kind names the type of a field's value.
func (f field) kind() string {
	switch f.at(&Recipe{}).(type) {
	case *int, *uint64:
		return "integer"
	case *float64:
		return "number"
	case *bool:
		return "boolean"
	case *[]string:
		return "list"
	}
	return "string"
}
