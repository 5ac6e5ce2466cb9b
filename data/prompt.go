package data

import (
	"fmt"

	"github.com/osft-project/osft/data/source"
)

func init() { formats["prompt"] = promptFormat }

// promptFormat reads a prompt with its completion, or an instruction with its output and perhaps an input. The completion
// counts.
func promptFormat(spec Spec, _ Language) (render, error) {
	f := spec.Fields
	prompt, completion := named(f.Prompt, "prompt"), named(f.Completion, "completion")
	instruction, output := named(f.Instruction, "instruction"), named(f.Output, "output")
	stated := f.Instruction != "" || f.Output != "" || f.Input != ""
	return func(row source.Row) (rendered, error) {
		if stated || !has(row, prompt) && has(row, instruction) {
			return instructed(row, instruction, named(f.Input, "input"), output)
		}
		asked, err := text(row, prompt)
		if err != nil {
			return rendered{}, err
		}
		answer, err := text(row, completion)
		if err != nil {
			return rendered{}, err
		}
		return answered(completion, answer, piece{text: asked, quoted: true})
	}, nil
}

// instructed makes the prompt in the wording of Stanford Alpaca (github.com/tatsu-lab/stanford_alpaca, train.py), which is what
// models fine-tuned on such rows were trained with.
func instructed(row source.Row, instruction, input, output string) (rendered, error) {
	asked, err := text(row, instruction)
	if err != nil {
		return rendered{}, err
	}
	answer, err := text(row, output)
	if err != nil {
		return rendered{}, err
	}
	given := ""
	if has(row, input) {
		if given, err = text(row, input); err != nil {
			return rendered{}, err
		}
	}
	pieces := []piece{
		{text: "Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n### Instruction:\n"},
		{text: asked, quoted: true},
		{text: "\n\n### Response:\n"},
	}
	if given != "" {
		pieces = []piece{
			{text: "Below is an instruction that describes a task, paired with an input that provides further context. Write a response that appropriately completes the request.\n\n### Instruction:\n"},
			{text: asked, quoted: true},
			{text: "\n\n### Input:\n"},
			{text: given, quoted: true},
			{text: "\n\n### Response:\n"},
		}
	}
	return answered(output, answer, pieces...)
}

// answered ends a prompt with what the model should say.
func answered(field, answer string, prompt ...piece) (rendered, error) {
	if answer == "" {
		return rendered{}, fmt.Errorf("%s: is empty, there is nothing to learn (remove the row)", field)
	}
	return joined(append(prompt, piece{text: answer, quoted: true, learn: true})...), nil
}
