package format

import (
	"fmt"

	"github.com/osft-project/osft/data/source"
)

func init() { formats["prompt"] = promptFormat }

// promptFormat reads a prompt with its completion, or an instruction with its output and perhaps an input. The completion
// counts. Prompt and completion are one text: a token that begins in the prompt and ends in the completion counts too.
func promptFormat(o Options, _ Language) (Format, error) {
	f := o.Fields
	prompt, completion := named(f.Prompt, "prompt"), named(f.Completion, "completion")
	instruction, output := named(f.Instruction, "instruction"), named(f.Output, "output")
	stated := f.Instruction != "" || f.Output != "" || f.Input != ""
	return func(row source.Row) (Rendered, error) {
		if stated || !Has(row, prompt) && Has(row, instruction) {
			return instructed(row, instruction, named(f.Input, "input"), output)
		}
		asked, err := field(row, prompt)
		if err != nil {
			return Rendered{}, err
		}
		answer, err := field(row, completion)
		if err != nil {
			return Rendered{}, err
		}
		return answered(completion, answer, piece{text: asked, quoted: true})
	}, nil
}

// The wording of Stanford Alpaca (github.com/tatsu-lab/stanford_alpaca, train.py), with which models fine-tuned on such rows
// were trained.
const (
	task      = "Below is an instruction that describes a task"
	context   = ", paired with an input that provides further context"
	request   = ". Write a response that appropriately completes the request."
	atTask    = "\n\n### Instruction:\n"
	atContext = "\n\n### Input:\n"
	atAnswer  = "\n\n### Response:\n"
)

// instructed makes the prompt of an instruction. An empty input is none.
func instructed(row source.Row, instruction, input, output string) (Rendered, error) {
	asked, err := field(row, instruction)
	if err != nil {
		return Rendered{}, err
	}
	answer, err := field(row, output)
	if err != nil {
		return Rendered{}, err
	}
	given := ""
	if Has(row, input) {
		if given, err = field(row, input); err != nil {
			return Rendered{}, err
		}
	}
	pieces := []piece{{text: task + request + atTask}, {text: asked, quoted: true}}
	if given != "" {
		pieces[0].text = task + context + request + atTask
		pieces = append(pieces, piece{text: atContext}, piece{text: given, quoted: true})
	}
	return answered(output, answer, append(pieces, piece{text: atAnswer})...)
}

// answered ends a prompt with what the model should say.
func answered(name, answer string, prompt ...piece) (Rendered, error) {
	if answer == "" {
		return Rendered{}, fmt.Errorf("%s: is empty, there is nothing to learn (remove the row)", name)
	}
	return joined(append(prompt, piece{text: answer, quoted: true, learn: true})...), nil
}
