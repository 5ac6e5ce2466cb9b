package finetune

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/osft-project/osft/finetune/evaluate"
	"github.com/osft-project/osft/finetune/material"
	"github.com/osft-project/osft/finetune/optimizer"
	"github.com/osft-project/osft/finetune/recipe"
	"github.com/osft-project/osft/finetune/state"
	"github.com/osft-project/osft/model"
	"github.com/osft-project/osft/model/kernel/machine"
	"github.com/osft-project/osft/provenance"
	"github.com/osft-project/osft/provenance/disk"
)

// Request says what to run and how to treat what is there already.
type Request struct {
	Recipe    string   // path of the recipe
	Overrides []string // key=value, as --set has them
	Restart   bool     // throw away an unfinished run
	Overwrite bool     // replace a finished result

	Disk disk.FS          // where results are written; nil is the operating system's
	Now  func() time.Time // the clock, for what is observed and never for what is recorded; nil is the machine's
}

// Execute runs a recipe from its first step, or from where an unfinished run of it stopped, to a published folder. A cancelled
// run ends with an *Interrupted, and a run that somebody else is at with disk.ErrLocked; an unfinished run that was started
// from something else is a *state.ChangedError.
func Execute(ctx context.Context, q Request, observe Observer) (Finished, error) {
	q = q.resolved()
	e := &execution{Request: q, observe: observe}
	finished, err := e.run(ctx)
	return finished, errors.Join(err, e.close())
}

func (q Request) resolved() Request {
	if q.Disk == nil {
		q.Disk = disk.System{}
	}
	if q.Now == nil {
		q.Now = time.Now
	}
	return q
}

// execution is an Execute under way.
type execution struct {
	Request
	observe  Observer
	started  time.Time
	material *material.Material
	overview Overview
	session  *model.Session
	work     *state.Work
	out      string
}

func (e *execution) close() error {
	var problems []error
	if e.work != nil {
		problems = append(problems, e.work.Close())
	}
	if e.material != nil {
		problems = append(problems, e.material.Close())
	}
	return errors.Join(problems...)
}

// run is the whole of it, from top to bottom.
func (e *execution) run(ctx context.Context) (Finished, error) {
	e.started = e.Now()
	if err := e.prepare(ctx); err != nil {
		return Finished{}, err
	}
	if err := e.claim(); err != nil {
		return Finished{}, err
	}
	p, err := e.begin()
	if err != nil {
		return Finished{}, err
	}
	if err := p.train(ctx); err != nil {
		return Finished{}, err
	}
	return e.finish(ctx, p)
}

// finish publishes the weights that the recipe wants: the last ones, or the best.
func (e *execution) finish(ctx context.Context, p *progress) (Finished, error) {
	step := e.overview.Steps
	if p.best && p.memory.Best > 0 && p.memory.Best != step {
		step = p.memory.Best
		if err := e.work.Values(p.training.Optimizer, step); err != nil {
			return Finished{}, err
		}
	}
	if p.saved != e.overview.Steps {
		ctx = context.WithoutCancel(ctx) // there would be nothing to go on from
	}
	e.session = nil // its memory is not needed any more
	record, err := (&publisher{
		Material: e.material, work: e.work, out: e.out, overwrite: e.Overwrite, progress: p, observe: e.observe,
		plan: e.overview.Plan, parts: p.parts(), steps: e.overview.Steps, step: step,
	}).publish(ctx)
	if err != nil {
		return Finished{}, e.unlessCancelled(ctx, err)
	}
	finished := Finished{Out: e.out, Run: record}
	e.observe(finished)
	return finished, nil
}

// prepare opens what the recipe names and makes the plan. All problems of recipe, base and data are reported together.
func (e *execution) prepare(ctx context.Context) (err error) {
	if e.material, err = Open(ctx, e.Recipe, e.Overrides); err != nil {
		return err
	}
	for _, note := range e.material.Notes {
		e.observe(Noted{note})
	}
	if c := e.material.Set.Count(); c.Lost > 0 {
		e.observe(Noted{fmt.Sprintf("%d rows are cut and %d left out for their length, %d of %d tokens: the ledger lists them", c.Truncated, c.Dropped, c.Lost, c.Tokens)})
	}
	e.overview, e.session, err = overview(e.material)
	return err
}

// claim finds the place of the result and takes the working folder beside it.
func (e *execution) claim() (err error) {
	dir := filepath.FromSlash(e.material.Recipe.Output.Dir)
	if err := e.apart(dir); err != nil {
		return e.material.Recipe.Locate(err)
	}
	if e.out, err = state.Place(e.Disk, dir, e.Overwrite); err != nil {
		return e.material.Recipe.Locate(err)
	}
	if e.out != filepath.Clean(dir) {
		e.observe(Noted{fmt.Sprintf("%s holds a finished result, which is left alone; this one goes to %s", dir, e.out)})
	}
	if e.work, err = state.Open(e.Disk, e.out+state.Suffix); err != nil {
		return err
	}
	if err := e.work.Repair(e.out); err != nil {
		return err
	}
	if e.Restart {
		if err := e.work.Restart(); err != nil {
			return err
		}
	}
	_, err = e.work.Claim(e.material.Identity())
	return err
}

// apart refuses to replace the base by its own fine-tune, and a folder in which the recipe or the data are.
func (e *execution) apart(out string) error {
	info, err := os.Stat(out)
	if err != nil || !e.Overwrite {
		return nil // nothing is there, or what is there stays
	}
	for _, input := range e.material.Paths() {
		for dir := input; ; dir = filepath.Dir(dir) {
			if other, err := os.Stat(dir); err == nil && os.SameFile(info, other) {
				return fmt.Errorf("output.dir: %s holds what the run reads (%s) and is not overwritten (name another folder)", out, filepath.Base(input))
			}
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	return nil
}

// begin sets up the training and goes back to where an earlier process was.
func (e *execution) begin() (*progress, error) {
	m, r, view := e.material, e.material.Recipe, e.overview
	t := r.Train
	settings := optimizer.Settings{Beta1: t.Beta1, Beta2: t.Beta2, Epsilon: t.Eps, WeightDecay: t.WeightDecay}
	p := &progress{
		training: &Training{
			Steps: view.Steps, Model: e.session, Feed: setFeed{m}, Optimizer: view.Plan.Optimizer(m.Model, settings), Clip: t.Clip,
			Rate: func(step int) float64 { return float64(t.LR * view.Schedule.Factor(step)) },
		},
		work: e.work, metrics: &metrics{work: e.work}, observe: e.observe, now: e.Now,
		every: r.Eval.Every, best: r.Output.Weights == "best", saveEvery: t.CheckpointEvery, keep: t.KeepCheckpoints,
		part: provenance.Part{Machine: provenance.ThisMachine(machine.Active().String()), Revision: provenance.ThisProgram().Revision},
	}
	if validation := m.Validation(); len(validation) > 0 {
		p.judge = func(ctx context.Context) (model.Loss, error) { return evaluate.Loss(ctx, e.session, validation) }
	}
	if len(r.Eval.Samples) > 0 {
		p.sample = func(ctx context.Context) ([]provenance.Sample, error) { return m.Samples(ctx, m.Model) }
	}
	if err := e.session.Reserve(view.Largest); err != nil {
		return nil, err
	}
	from, err := p.resume()
	if err != nil {
		return nil, err
	}
	e.observe(Began{Overview: view, Work: e.work.Path(""), Out: e.out, From: from})
	return p, nil
}

// unlessCancelled turns the error of a cancelled publication into one that says how to go on.
func (e *execution) unlessCancelled(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return &Interrupted{Step: e.overview.Steps, Steps: e.overview.Steps, Work: e.work.Path(""), Cause: err}
}

// setFeed gives the micro-batches of a dataset.
type setFeed struct{ *material.Material }

func (f setFeed) Step(_ context.Context, step int) (list []MicroBatch, err error) {
	for _, b := range f.Set.Step(step) {
		list = append(list, MicroBatch{Batch: material.Batch(b), Rows: b.Rows})
	}
	return list, nil
}

// Open reads a recipe, what it names, and its data. All that is wrong with any of them is reported together.
func Open(ctx context.Context, path string, overrides []string) (*material.Material, error) {
	r, err := material.ReadRecipe(path, overrides)
	if r == nil {
		return nil, err
	}
	var known recipe.Problems
	errors.As(err, &known)
	m, more := material.Open(ctx, filepath.Dir(path), r)
	if m.Model != nil {
		_, _, planning := NewPlan(m.Model.Params(), r.Train)
		more = errors.Join(more, planning)
	}
	more = errors.Join(more, m.ReadData(ctx))
	if err := errors.Join(err, r.Locate(known.Unreported(more))); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return m, nil
}
