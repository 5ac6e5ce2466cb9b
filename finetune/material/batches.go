package material

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/osft-project/osft/data"
	"github.com/osft-project/osft/finetune/evaluate"
	"github.com/osft-project/osft/model"
	"github.com/osft-project/osft/provenance"
)

// Batch is a micro-batch as the model sees it.
func Batch(b data.MicroBatch) model.Batch {
	documents := make([]int32, len(b.Tokens))
	for i, position := range b.Positions {
		documents[i] = int32(i) - position
	}
	return model.Batch{Tokens: b.Tokens, Targets: b.Targets, Positions: b.Positions, Documents: documents}
}

// Validation is the micro-batches of the held-out rows; empty where there are none.
func (m *Material) Validation() (list []model.Batch) {
	for _, b := range m.Set.ValidationBatches() {
		list = append(list, Batch(b))
	}
	return list
}

// Order is the digest of all micro-batches of the first steps, in the order of use: of each the number of its tokens, and for
// every token its id, its target and its position, as little-endian 32-bit integers.
func (m *Material) Order(steps int) string {
	sum := sha256.New()
	var buffer []byte
	for step := range steps {
		for _, b := range m.Set.Step(step) {
			buffer = binary.LittleEndian.AppendUint32(buffer[:0], uint32(len(b.Tokens)))
			for i := range b.Tokens {
				for _, v := range []int32{b.Tokens[i], b.Targets[i], b.Positions[i]} {
					buffer = binary.LittleEndian.AppendUint32(buffer, uint32(v))
				}
			}
			sum.Write(buffer)
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// Prompt is a text as the tokens after which a model goes on: for chat the user's turn and the beginning of the answer.
func (m *Material) Prompt(text string) (tokens []int32, err error) {
	if m.Recipe.Data.Format == "chat" {
		return m.Language.Ask([]data.Message{{Role: "user", Content: text}})
	}
	if m.Recipe.Data.AddBOS && m.Language.BOS >= 0 {
		tokens = append(tokens, m.Language.BOS)
	}
	tokens = append(tokens, m.Language.Tokenizer.EncodeText(text)...)
	if len(tokens) == 0 {
		return nil, errors.New("has no tokens (write a longer prompt)")
	}
	return tokens, nil
}

// Samples lets a model, usually Material's own, go on after every prompt of the recipe.
func (m *Material) Samples(ctx context.Context, from *model.Model) (list []provenance.Sample, err error) {
	for i, text := range m.Recipe.Eval.Samples {
		prompt, err := m.Prompt(text)
		if err != nil {
			return nil, m.Recipe.Locate(fmt.Errorf("eval.samples: prompt %d: %w", i+1, err))
		}
		tokens, err := evaluate.Continue(ctx, from, prompt, m.Recipe.Eval.MaxTokens, m.Stop())
		if err != nil {
			return nil, err
		}
		list = append(list, provenance.Sample{Prompt: text, Text: m.Language.Tokenizer.Decode(tokens, true), Tokens: tokens})
	}
	return list, nil
}

// Stop is the tokens that end what a model writes.
func (m *Material) Stop() []int32 {
	stop := slices.Clone(m.Config.EOS)
	if eos := m.Language.EOS; eos >= 0 && !slices.Contains(stop, eos) {
		stop = append(stop, eos)
	}
	return stop
}

// ValidationRows names the row of every document of Validation.
func (m *Material) ValidationRows() []string { return named(m.Set.Validation) }

// All is every training row once, in the order of the file, and their names. It is for rows that are only evaluated: the
// recipe's order must be file, without packing.
func (m *Material) All() (list []model.Batch, where []string) {
	for step := range m.Set.Steps(1) {
		for _, b := range m.Set.Step(step) {
			list = append(list, Batch(b))
		}
	}
	return list, named(m.Set.Train)
}

func named(examples []data.Example) (where []string) {
	for _, e := range examples {
		where = append(where, strings.Join(e.Rows, ", "))
	}
	return where
}
