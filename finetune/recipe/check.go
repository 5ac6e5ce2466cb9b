package recipe

import (
	"fmt"
	"path"
	"strconv"
	"strings"
)

// check finds what is wrong between keys, once each key for itself is read. A key that nothing would read is an error too.
func (w *walk) check() {
	r := w.recipe
	w.need("output.dir", r.Output.Dir, "name the folder of the result")
	if len(r.Data.Train) == 0 {
		w.need("data.train", "", "name a file of training rows")
	}
	w.need("data.format", r.Data.Format, "text, prompt or chat")
	w.checkBase()
	w.checkFormat()
	w.checkRows()
	w.checkTrain()
}

// need notes a key without which nothing can be done.
func (w *walk) need(key, value, fix string) {
	if _, stated := w.lines[key]; value == "" && !stated {
		w.problem(place{name: w.recipe.name}, key, "is missing", fix)
	}
}

// refuse notes a stated key that does not go with the rest.
func (w *walk) refuse(key, what, fix string) {
	if at, stated := w.lines[key]; stated {
		w.problem(at, key, what, fix)
	}
}

func (w *walk) checkBase() {
	base := w.recipe.Base
	if base.Path == "" && base.Init == "" {
		w.need("base.path", "", "name the checkpoint's folder, or base.init to train from scratch")
	}
	if base.Path != "" {
		w.refuse("base.init", "is stated beside base.path", "keep one of them")
		w.refuse("base.tokenizer", "is stated beside base.path, whose folder has the tokenizer", "remove it")
	} else if base.Init != "" && base.Tokenizer == "" {
		w.need("base.tokenizer", "", "base.init needs the folder of a tokenizer")
	}
}

// onlyIn lists the one format that reads a key.
var onlyIn = map[string]string{
	"data.field": "text", "data.template": "text", "data.windows": "text",
	"data.fields.prompt": "prompt", "data.fields.completion": "prompt", "data.fields.instruction": "prompt",
	"data.fields.input": "prompt", "data.fields.output": "prompt",
	"data.fields.messages": "chat", "data.fields.user": "chat", "data.fields.assistant": "chat", "data.fields.system": "chat",
	"data.chat_template": "chat",
}

// reads tells whether the recipe's format reads a key. A key that it does not read is refused where it is stated and not
// written where it is resolved.
func (r *Recipe) reads(key string) bool {
	format := onlyIn[key]
	if r.Data.Format == "chat" && (key == "data.add_bos" || key == "data.add_eos") {
		return false
	}
	return format == "" || r.Data.Format == "" || format == r.Data.Format
}

func (w *walk) checkFormat() {
	data := w.recipe.Data
	for _, f := range fields {
		if format := onlyIn[f.key]; !w.recipe.reads(f.key) && format != "" {
			w.refuse(f.key, "is read by data.format: "+format+" only", "remove it, or change data.format")
		}
	}
	if data.Field != "" {
		w.refuse("data.template", "is stated beside data.field", "keep one of them")
	}
	if data.Format == "text" && data.TrainOn == "completion" {
		w.refuse("data.train_on", "completion: text has no completion", "write all, or leave it out")
		w.recipe.Data.TrainOn = "all" // what the default means for text
	}
	if data.Format == "chat" {
		w.refuse("data.add_bos", "is not read by data.format: chat, where the template decides", "remove it")
		w.refuse("data.add_eos", "is not read by data.format: chat, where the template decides", "remove it")
		if (data.Fields.User == "") != (data.Fields.Assistant == "") {
			w.refuse("data.fields.user", "is stated without data.fields.assistant", "state both")
			w.refuse("data.fields.assistant", "is stated without data.fields.user", "state both")
		}
		if data.Fields.User != "" {
			w.refuse("data.fields.messages", "is stated beside data.fields.user", "keep one of them")
		} else {
			w.refuse("data.fields.system", "is stated without data.fields.user", "state data.fields.user and data.fields.assistant")
		}
	}
}

func (w *walk) checkRows() {
	data := w.recipe.Data
	for _, file := range append([]string{data.Validation}, data.Train...) {
		if ext := path.Ext(file); file != "" && ext != ".jsonl" && ext != ".txt" {
			key := "data.train"
			if file == data.Validation {
				key = "data.validation"
			}
			w.refuse(key, strconv.Quote(file)+" is neither .jsonl nor .txt", "convert it to one JSON object a line")
		} else if ext == ".txt" && data.Format != "" && data.Format != "text" {
			w.refuse("data.format", data.Format+" cannot be read from plain text such as "+strconv.Quote(file), "write text")
		}
	}
	if _, _, err := RowRange(data.Rows); err != nil {
		w.refuse("data.rows", err.Error(), "write it such as 0..64")
	}
	if data.Validation != "" && data.ValidationShare > 0 {
		w.refuse("data.validation_share", "is stated beside data.validation", "keep one of them")
	}
}

// RowRange reads "0..64" as the rows from 0 up to, not including, 64. The empty text is all rows, with an end of -1.
func RowRange(text string) (start, end int, err error) {
	if text == "" {
		return 0, -1, nil
	}
	from, to, ok := strings.Cut(text, "..")
	start, errFrom := strconv.Atoi(from)
	end, errTo := strconv.Atoi(to)
	if !ok || errFrom != nil || errTo != nil || start < 0 || end <= start {
		return 0, 0, fmt.Errorf("%q is not a range of rows", text)
	}
	return start, end, nil
}

func (w *walk) checkTrain() {
	t := w.recipe.Train
	if len(t.What) == 0 {
		w.refuse("train.what", "is an empty list: nothing would train", "write all, or patterns")
	}
	if t.Steps > 0 && w.recipe.Origin("train.epochs") == Overridden {
		w.refuse("train.epochs", "has no effect beside train.steps", "remove train.steps")
	}
	if t.WarmupSteps > 0 {
		w.refuse("train.warmup_ratio", "is stated beside train.warmup_steps", "keep one of them")
	}
	if t.Steps > 0 && t.WarmupSteps > t.Steps {
		w.refuse("train.warmup_steps", fmt.Sprintf("%d is longer than the run of %d steps", t.WarmupSteps, t.Steps), "fewer warm-up steps, or more steps")
	}
	if t.Schedule != "wsd" {
		w.refuse("train.decay_steps", "is read by train.schedule: wsd only", "remove it")
	}
	if t.Steps > 0 && t.WarmupSteps+t.DecaySteps > t.Steps {
		w.refuse("train.decay_steps", "is longer than what warm-up leaves of the run", "fewer decay steps, or more steps")
	}
	if t.Schedule != "cosine" && t.Schedule != "wsd" && t.MinLRRatio > 0 {
		w.refuse("train.min_lr_ratio", "is read by train.schedule: cosine and wsd only", "remove it")
	}
	for key, beta := range map[string]float64{"train.beta1": t.Beta1, "train.beta2": t.Beta2} {
		if beta >= 1 {
			w.refuse(key, "1 would never forget", "write a number below 1, such as 0.9")
		}
	}
	if w.recipe.Output.Weights == "best" && w.recipe.Data.Validation == "" && w.recipe.Data.ValidationShare == 0 {
		w.refuse("output.weights", "best needs rows to judge by", "state data.validation or data.validation_share")
	}
}
