// Package evaluate measures a model: its loss on rows that it is not trained on, row by row where asked, and the texts that it
// writes.
//
// All figures are sums over tokens divided by their number, so that how rows are grouped into micro-batches decides nothing but
// the last bits; and the same micro-batches give the same bits. It does not read data and does not judge.
package evaluate

import (
	"context"
	"fmt"
	"slices"

	"github.com/osft-project/osft/model"
	"github.com/osft-project/osft/model/kernel/elementary"
)

// Losses is what evaluating asks of a model: a model.Session.
type Losses interface {
	Evaluate(ctx context.Context, b model.Batch) (model.Loss, error)
	DocumentLosses(ctx context.Context, b model.Batch) ([]model.Loss, error)
}

// Loss adds the losses of micro-batches, in their order.
func Loss(ctx context.Context, m Losses, batches []model.Batch) (sum model.Loss, err error) {
	for i, b := range batches {
		if err := ctx.Err(); err != nil {
			return model.Loss{}, err
		}
		loss, err := m.Evaluate(ctx, b)
		if err != nil {
			return model.Loss{}, fmt.Errorf("evaluation, micro-batch %d: %w", i+1, err)
		}
		sum = sum.Add(loss)
	}
	return sum, nil
}

// Documents computes the loss of every document of the micro-batches, in their order.
func Documents(ctx context.Context, m Losses, batches []model.Batch) (all []model.Loss, err error) {
	for i, b := range batches {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		losses, err := m.DocumentLosses(ctx, b)
		if err != nil {
			return nil, fmt.Errorf("evaluation, micro-batch %d: %w", i+1, err)
		}
		all = append(all, losses...)
	}
	return all, nil
}

// greatest is the largest mean loss whose exponential is computed.
const greatest = 700

// Perplexity is e to the mean loss: among how many equally likely tokens the model chooses on average. Means above 700 count
// as 700.
func Perplexity(l model.Loss) float64 { return elementary.Exp64(min(l.Mean(), greatest)) }

// Continue is what the model writes after a prompt, the likeliest token each time, at most so many; it ends with one of the
// stop tokens, which is part of it.
func Continue(ctx context.Context, m *model.Model, prompt []int32, most int, stop []int32) (tokens []int32, err error) {
	o := model.GenerateOptions{MaxTokens: most, Stop: slices.Clone(stop)}
	err = m.Generate(ctx, prompt, o, func(id int32) { tokens = append(tokens, id) })
	return tokens, err
}
