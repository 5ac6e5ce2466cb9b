package recipe

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

// check finds what is wrong between keys, once each key for itself is read. A key that nothing would read is an error too.
func (w *walk) check() {
	r := w.recipe
	w.need("output.dir", "name the folder of the result")
	w.need("data.train", "name a file of training rows")
	w.need("data.format", "text, prompt or chat")
	if len(r.Data.Train) == 0 {
		w.refuse("data.train", "is an empty list", "name a file of training rows")
	}
	w.checkBase()
	w.checkFormat()
	w.checkRows()
	w.checkTrain()
}

// need notes a key without which nothing can be done.
func (w *walk) need(key, fix string) {
	if _, stated := w.lines[key]; !stated {
		w.problem(place{name: w.recipe.name}, key, "is missing", fix)
	}
}

// refuse notes a stated key that does not go with the rest, once: a key that has a problem already is left alone.
func (w *walk) refuse(key, what, fix string) {
	at, stated := w.lines[key]
	if stated && !slices.ContainsFunc(w.problems, func(p Problem) bool { return p.Key == key }) {
		w.problem(at, key, what, fix)
	}
}

func (w *walk) checkBase() {
	base := w.recipe.Base
	_, initial := w.lines["base.init"]
	if base.Path == "" && !initial {
		w.need("base.path", "name the checkpoint's folder, or base.init to train from scratch")
	}
	if base.Path != "" {
		w.refuse("base.init", "is stated beside base.path", "keep one of them")
		w.refuse("base.tokenizer", "is stated beside base.path, whose folder has the tokenizer", "remove it")
	} else if initial {
		w.need("base.tokenizer", "base.init needs the folder of a tokenizer")
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
	plain := w.files("data.train", data.Train)
	if data.Validation != "" {
		w.files("data.validation", []string{data.Validation})
	}
	if len(data.Train) > 0 && plain == len(data.Train) {
		w.refuse("data.field", "is stated, and plain text has no fields", "remove it")
		w.refuse("data.template", "is stated, and plain text has no fields", "remove it")
	}
	if _, _, err := RowRange(data.Rows); err != nil {
		w.refuse("data.rows", err.Error(), "write it such as 0..64")
	}
	if data.Validation != "" && data.ValidationShare > 0 {
		w.refuse("data.validation_share", "is stated beside data.validation", "keep one of them")
	}
}

// files checks the names of files by which their kind is told, and counts those of plain text.
func (w *walk) files(key string, names []string) (plain int) {
	var strange []string
	for _, name := range names {
		switch path.Ext(name) {
		case ".jsonl":
		case ".txt":
			plain++
		default:
			strange = append(strange, strconv.Quote(clip(name)))
		}
	}
	if len(strange) > 0 {
		w.refuse(key, clip(strings.Join(strange, ", "))+": neither .jsonl nor .txt", "convert it to one JSON object a line")
	}
	if format := w.recipe.Data.Format; plain > 0 && format != "" && format != "text" {
		w.refuse("data.format", format+" cannot be read from the plain text of "+key, "write text")
	}
	return plain
}

// RowRange reads "0..64" as the rows from 0 up to, not including, 64. The empty text is all rows, with an end of -1.
func RowRange(text string) (start, end int, err error) {
	if text == "" {
		return 0, -1, nil
	}
	from, to, ok := strings.Cut(text, "..")
	start, errFrom := strconv.Atoi(from)
	end, errTo := strconv.Atoi(to)
	digits := !strings.ContainsAny(text, "+-")
	if !ok || !digits || errFrom != nil || errTo != nil || end <= start {
		return 0, 0, fmt.Errorf("%q is not a range of rows", clip(text))
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
	w.checkSchedule()
	if w.recipe.Output.Weights == "best" && w.recipe.Data.Validation == "" && w.recipe.Data.ValidationShare == 0 {
		w.refuse("output.weights", "best needs rows to judge by", "state data.validation or data.validation_share")
	}
}

func (w *walk) checkSchedule() {
	t := w.recipe.Train
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
}

// Notes are what is allowed and hardly ever meant, each beginning with its key.
func (r *Recipe) Notes() (notes []string) {
	t := r.Train
	if t.LR >= 0.1 {
		notes = append(notes, fmt.Sprintf("train.lr: %g is far above what trains a language model; a loss that is not finite stops the run", t.LR))
	}
	if t.LR*t.WeightDecay >= 1 {
		notes = append(notes, "train.weight_decay: times train.lr it is 1 or more, so that each step takes away all of a weight")
	}
	return notes
}
