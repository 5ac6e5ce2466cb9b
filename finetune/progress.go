package finetune

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/osft-project/osft/finetune/evaluate"
	"github.com/osft-project/osft/finetune/state"
	"github.com/osft-project/osft/model"
	"github.com/osft-project/osft/provenance"
)

// memory is what a run remembers beside tensors. It goes into every checkpoint.
type memory struct {
	Steps       []provenance.Step       `json:"steps"`
	Evaluations []provenance.Evaluation `json:"evaluations"`
	Samples     []provenance.Sample     `json:"samples"`
	Parts       []provenance.Part       `json:"parts"`
	Best        int                     `json:"best"` // the step with the least loss on held-out rows; 0 is none
}

// when names the moments of a measurement in the record.
const (
	before = "before"
	during = "during"
	after  = "after"
)

// progress takes a run through its steps: it reports, measures when that is due, and keeps what a later process needs.
type progress struct {
	training *Training
	work     *state.Work
	memory   memory
	metrics  *metrics
	observe  Observer
	now      func() time.Time

	judge     func(ctx context.Context) (model.Loss, error)          // of the held-out rows; nil where there are none
	sample    func(ctx context.Context) ([]provenance.Sample, error) // nil where none is wanted
	every     int                                                    // steps between evaluations; 0 is none
	best      bool                                                   // the best step's weights are wanted, not the last's
	saveEvery int                                                    // steps between checkpoints; 0 is none but for an interruption
	keep      int                                                    // how many checkpoints stay

	saved int // the step of the last checkpoint
	part  provenance.Part
	last  time.Time // when the step under way began
}

// resume goes back to where an earlier process was, if one was. It reports the steps that are done.
func (p *progress) resume() (int, error) {
	found, passed, err := p.work.Resume(p.training.Optimizer, &p.memory)
	for _, why := range passed {
		p.observe(Noted{"a checkpoint was passed over: " + why.Error()})
	}
	p.saved = -1
	if found {
		p.saved = p.training.Optimizer.Steps
	}
	return p.training.Optimizer.Steps, err
}

// train runs to the last step. A cancelled run is saved, and the error is an *Interrupted.
func (p *progress) train(ctx context.Context) error {
	p.part.Started, p.part.First = p.now().UTC(), p.training.Optimizer.Steps
	p.last = p.part.Started
	err := p.metrics.begin(p.memory)
	if err == nil {
		err = p.measure(ctx)
	}
	if err == nil {
		err = Run(ctx, p.training, func(s Step) error { return p.did(ctx, s) })
	}
	if err == nil {
		err = ctx.Err()
	}
	if err != nil && ctx.Err() != nil {
		err = p.interrupted(ctx, err)
	}
	return errors.Join(err, p.metrics.end())
}

// interrupted saves what there is.
func (p *progress) interrupted(ctx context.Context, cause error) error {
	steps := p.training.Optimizer.Steps
	if p.saved != steps && steps > 0 {
		if err := p.save(context.WithoutCancel(ctx)); err != nil {
			return err
		}
	}
	return &Interrupted{Step: steps, Steps: p.training.Steps, Work: p.work.Path(""), Cause: cause}
}

// did takes note of a step, and measures and saves where that is due.
func (p *progress) did(ctx context.Context, s Step) error {
	now := p.now()
	p.part.Seconds += now.Sub(p.last).Seconds()
	p.part.Tokens += s.Tokens
	line := provenance.Step{Number: s.Number, Loss: s.Loss, Targets: s.Targets, GradNorm: s.GradNorm, Rate: s.Rate}
	p.memory.Steps = append(p.memory.Steps, line)
	if err := p.metrics.step(line); err != nil {
		return err
	}
	p.observe(Trained{Step: s, Steps: p.training.Steps})
	if err := p.measure(ctx); err != nil {
		return err
	}
	if p.saveDue(s.Number) && p.saved != s.Number {
		if err := p.save(ctx); err != nil {
			return err
		}
	}
	p.last = p.now()
	return nil
}

// saveDue: the last step counts too, so that what follows the training can be interrupted as well.
func (p *progress) saveDue(step int) bool {
	return p.saveEvery > 0 && (step%p.saveEvery == 0 || step == p.training.Steps)
}

func (p *progress) save(ctx context.Context) error {
	keeping := p.memory
	keeping.Parts = p.parts()
	if err := p.work.Save(ctx, p.training.Optimizer, keeping, p.memory.Best, p.keep); err != nil {
		return err
	}
	p.saved = p.training.Optimizer.Steps
	p.observe(Saved{p.saved})
	return nil
}

// parts are those of earlier processes and this one.
func (p *progress) parts() []provenance.Part {
	part := p.part
	part.Ended, part.Last = p.now().UTC(), p.training.Optimizer.Steps
	return append(slices.Clone(p.memory.Parts), part)
}

// measure evaluates, and before the first step writes samples, where that is due and was not done by an earlier process.
func (p *progress) measure(ctx context.Context) error {
	step := p.training.Optimizer.Steps
	if step == 0 && p.sample != nil && len(p.memory.Samples) == 0 {
		samples, err := p.sample(ctx)
		if err != nil {
			return err
		}
		for _, s := range samples {
			s.When = before
			p.memory.Samples = append(p.memory.Samples, s)
			p.observe(Sampled{s})
		}
	}
	known := slices.ContainsFunc(p.memory.Evaluations, func(e provenance.Evaluation) bool { return e.Step == step })
	if p.judge == nil || known || !p.judgeDue(step) {
		return nil
	}
	loss, err := p.judge(ctx)
	if err != nil {
		return err
	}
	return p.judged(ctx, evaluation(during, step, loss))
}

// judgeDue: before the first step always; at the last only where it may be the best, because the weights that are written are
// evaluated in any case.
func (p *progress) judgeDue(step int) bool {
	if step == 0 || step == p.training.Steps {
		return step == 0 || p.best
	}
	return p.every > 0 && step%p.every == 0
}

// judged takes note of an evaluation, and keeps the weights where they are the best so far.
func (p *progress) judged(ctx context.Context, e provenance.Evaluation) error {
	if e.Step == 0 {
		e.When = before
	}
	improved := p.best && e.Step > 0 && (p.memory.Best == 0 || e.Loss < p.bestLoss())
	p.memory.Evaluations = append(p.memory.Evaluations, e)
	if err := p.metrics.evaluation(e); err != nil {
		return err
	}
	p.observe(Evaluated{e})
	if !improved {
		return nil
	}
	p.memory.Best = e.Step
	return p.save(ctx)
}

func (p *progress) bestLoss() float64 {
	i := slices.IndexFunc(p.memory.Evaluations, func(e provenance.Evaluation) bool { return e.Step == p.memory.Best })
	return p.memory.Evaluations[i].Loss
}

func evaluation(when string, step int, loss model.Loss) provenance.Evaluation {
	return provenance.Evaluation{
		When: when, Step: step, Loss: loss.Mean(), Perplexity: evaluate.Perplexity(loss), Targets: loss.Tokens,
	}
}
