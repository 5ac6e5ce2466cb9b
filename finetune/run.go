// Package finetune turns a recipe into weights.
//
// A Plan says what trains. Run is the loop, the only one: micro-batches, their gradient, clipping, one step of the optimizer.
// Execute is the only caller of everything: it loads what the recipe names, resumes what was interrupted, runs, evaluates what
// it wrote, and lets the output folder appear by one rename with the record of what was read and done.
//
// It prints nothing, asks nothing and knows no arithmetic: that is package model/kernel's. It never guesses what a recipe
// means: recipes are package recipe's, and choices of tensors package choose's.
package finetune

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/osft-project/osft/finetune/optimizer"
	"github.com/osft-project/osft/model"
)

// Gradients is what training asks of a model: a model.Session.
type Gradients interface {
	// Gradient computes the loss of a micro-batch and the gradients of scale times its sum; with first they begin a step,
	// otherwise they are added to it.
	Gradient(ctx context.Context, b model.Batch, scale float32, first bool) (model.Loss, error)
	// Grad is the step's gradient of a trained tensor.
	Grad(name string) []float32
	// NonFinite names the first element of a gradient that is infinite or NaN.
	NonFinite() error
}

// Feed gives every step its micro-batches: a pure function of the step, counted from 0, so that a resumed run sees what one
// that was never stopped would have seen.
type Feed interface {
	Step(ctx context.Context, step int) ([]MicroBatch, error)
}

// MicroBatch is what the model sees at once, and where it comes from.
type MicroBatch struct {
	model.Batch
	Rows []string // the source rows of its documents, for messages
}

// Targets is the number of tokens in it that count.
func (b MicroBatch) Targets() (n int) {
	for _, t := range b.Batch.Targets {
		if t >= 0 {
			n++
		}
	}
	return n
}

// Step is what one step of the optimizer did.
type Step struct {
	Number   int     // from 1
	Loss     float64 // mean over the step's targets, in nats, before the update
	Targets  int     // of all its micro-batches
	Tokens   int     // that were read for them
	GradNorm float64 // over all trained tensors, before clipping
	Rate     float64 // learning rate
}

// Training is a run under way: what Run takes from one step to the next. The optimizer knows how many steps were taken.
type Training struct {
	Steps     int
	Model     Gradients
	Feed      Feed
	Optimizer *optimizer.Optimizer
	Rate      func(step int) float64 // learning rate of a step, counted from 0
	Clip      float64                // limit of the gradient's norm; 0 is none
}

// Run trains. It is the one loop of osft: full and partial fine-tuning, training from scratch and reproduction differ only in
// what t holds. When ctx is cancelled the step under way is finished and reported, and the cancellation's cause is returned;
// calling Run again goes on where it stopped.
func Run(ctx context.Context, t *Training, report func(Step) error) error {
	for whole := context.WithoutCancel(ctx); t.Optimizer.Steps < t.Steps; {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		step := Step{Number: t.Optimizer.Steps + 1, Rate: t.Rate(t.Optimizer.Steps)}
		batches, err := t.Feed.Step(whole, t.Optimizer.Steps)
		if err == nil {
			err = t.gradient(whole, batches, &step)
		}
		if err != nil {
			return fmt.Errorf("step %d: %w", step.Number, err)
		}
		t.Optimizer.Update(step.Rate, optimizer.ClipFactor(step.GradNorm, t.Clip), t.Model.Grad)
		if err := report(step); err != nil {
			return err
		}
	}
	return nil
}

// gradient computes the gradient of a step's mean loss and its norm. The mean is over the targets of all micro-batches
// together, not a mean of their means.
func (t *Training) gradient(ctx context.Context, batches []MicroBatch, step *Step) error {
	for _, b := range batches {
		step.Targets += b.Targets()
		step.Tokens += len(b.Tokens)
	}
	if step.Targets == 0 {
		return fmt.Errorf("%s: not one token is a target", rowsOf(batches))
	}
	var sum model.Loss
	for i, b := range batches {
		loss, err := t.Model.Gradient(ctx, b.Batch, float32(1/float64(step.Targets)), i == 0)
		if err != nil {
			return fmt.Errorf("%s: %w", rowsOf(batches[i:i+1]), err)
		}
		sum = sum.Add(loss)
	}
	step.Loss = sum.Mean()
	step.GradNorm = t.Optimizer.Norm(t.Model.Grad)
	if math.IsNaN(step.GradNorm) || math.IsInf(step.GradNorm, 0) {
		return fmt.Errorf("%s: %w (try a lower rate, or clipping)", rowsOf(batches), t.Model.NonFinite())
	}
	return nil
}

// rowsOf names the source rows of micro-batches.
func rowsOf(batches []MicroBatch) string {
	var rows []string
	for _, b := range batches {
		rows = append(rows, b.Rows...)
	}
	const shown = 8
	if len(rows) > shown {
		return fmt.Sprintf("rows %s and %d more", strings.Join(rows[:shown], ", "), len(rows)-shown)
	}
	return "rows " + strings.Join(rows, ", ")
}
