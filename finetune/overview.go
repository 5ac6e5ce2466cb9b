package finetune

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"

	"github.com/osft-project/osft/data"
	"github.com/osft-project/osft/finetune/choose"
	"github.com/osft-project/osft/finetune/material"
	"github.com/osft-project/osft/finetune/recipe"
	"github.com/osft-project/osft/finetune/schedule"
	"github.com/osft-project/osft/model"
	"github.com/osft-project/osft/model/kernel/matmul"
)

// Overview is what a run is going to do, and about what it takes.
type Overview struct {
	Plan     Plan
	Choice   choose.Choice // what each pattern of the recipe matched
	Rows     data.Count
	Steps    int
	Epoch    int // steps of the first epoch
	Schedule schedule.Schedule
	Tokens   int    // of the whole run, those of later epochs taken to be as many as the first's
	Targets  int    // among them
	Largest  int    // tokens of the largest micro-batch of the first epoch
	Memory   Memory // estimated
	Work     float64
}

// Memory is where a run's memory goes, in bytes.
type Memory struct {
	Mapped  int64 // frozen parameters, which stay in the mapped checkpoint
	Trained int64 // float32 values of trained parameters
	Moments int64 // the optimizer's
	Sums    int64 // gradients of a step of several micro-batches
	Arena   int64 // activations and gradients of the largest micro-batch
}

// Total is all of it.
func (m Memory) Total() int64 { return m.Mapped + m.Trained + m.Moments + m.Sums + m.Arena }

// typicalShare is the share of the machine's ceiling that training reaches, about.
const typicalShare = 0.7

// Seconds estimates how long the training takes on this machine, of which it measures how fast it multiplies. It takes a
// tenth of a second.
func (o Overview) Seconds() float64 {
	ceiling := matmul.Ceiling() * 1e9 * float64(runtime.GOMAXPROCS(0))
	return o.Work / (ceiling * typicalShare)
}

// Preview is what PlanOnly shows.
type Preview struct {
	Overview
	Notes    []string
	Examples [][]data.Shown // the first ones, targets marked
	Cut      []data.Entry   // rows that lose tokens, or are left out for their length
}

// PlanOnly opens and reads what a recipe names and says what would be done, without training or writing anything. It shows so
// many examples.
func PlanOnly(ctx context.Context, q Request, examples int) (Preview, error) {
	m, err := Open(ctx, q.Recipe, q.Overrides)
	if err != nil {
		return Preview{}, err
	}
	view, _, err := overview(m)
	p := Preview{Overview: view, Notes: m.Notes}
	if err == nil {
		p.Examples = m.Set.Preview(m.Language, examples)
		for _, entry := range m.Set.Ledger() {
			if entry.Lost > 0 {
				p.Cut = append(p.Cut, entry)
			}
		}
	}
	return p, errors.Join(err, m.Close())
}

// overview makes the plan of a run and counts what it does. The session is ready to train.
func overview(m *material.Material) (o Overview, s *model.Session, err error) {
	if o.Plan, o.Choice, err = NewPlan(m.Model.Params(), m.Recipe.Train); err != nil {
		return o, nil, m.Recipe.Locate(err)
	}
	if s, err = m.Model.Session(o.Plan.Trained()); err != nil {
		return o, nil, err
	}
	o.Rows, o.Epoch = m.Set.Count(), m.Set.Steps(1)
	if o.Steps = m.Recipe.Train.Steps; o.Steps == 0 {
		o.Steps = m.Set.Steps(m.Recipe.Train.Epochs)
	}
	o.Schedule = scheduleOf(m.Recipe.Train, o.Steps)
	err = o.Schedule.Check()
	if o.Schedule.Warmup > o.Steps && err == nil {
		err = fmt.Errorf("train.warmup_steps: %d is longer than the run of %d steps (fewer warm-up steps, or more steps)", o.Schedule.Warmup, o.Steps)
	}
	if err != nil {
		return o, nil, m.Recipe.Locate(err)
	}
	return o, s, o.count(m, s)
}

// count adds up tokens, memory and work.
func (o *Overview) count(m *material.Material, s *model.Session) error {
	var largest model.Batch
	steps := min(o.Steps, o.Epoch)
	for step := range steps {
		for _, b := range m.Set.Step(step) {
			o.Tokens += len(b.Tokens)
			o.Targets += MicroBatch{Batch: material.Batch(b)}.Targets()
			if len(b.Tokens) > len(largest.Tokens) {
				largest = material.Batch(b)
			}
		}
	}
	cost, err := s.Cost(lengths(largest))
	if err != nil {
		return err
	}
	o.Largest = len(largest.Tokens)
	o.Work = float64(cost.Work) * float64(o.Tokens) / float64(o.Largest)
	if o.Steps > steps {
		more := float64(o.Steps) / float64(steps)
		o.Tokens, o.Targets, o.Work = int(float64(o.Tokens)*more), int(float64(o.Targets)*more), o.Work*more
	}
	o.Memory = Memory{Mapped: cost.Weights, Trained: cost.Trained, Moments: 2 * cost.Trained, Arena: cost.Arena}
	if m.Recipe.Train.Accumulate > 1 {
		o.Memory.Sums = cost.Trained
	}
	return nil
}

// lengths are those of the documents of a micro-batch.
func lengths(b model.Batch) (list []int) {
	for i, start := range b.Documents {
		if int(start) == i {
			list = append(list, 0)
		}
		list[len(list)-1]++
	}
	return list
}

// scheduleOf makes the schedule of a recipe for a run of so many steps. A share of warm-up is rounded up, as Transformers does.
func scheduleOf(t recipe.Train, steps int) schedule.Schedule {
	s := schedule.Schedule{Kind: t.Schedule, Total: steps, Warmup: t.WarmupSteps}
	if t.WarmupRatio > 0 {
		s.Warmup = int(math.Ceil(float64(steps) * t.WarmupRatio))
	}
	if s.Kind == schedule.Cosine || s.Kind == schedule.WSD {
		s.Floor = t.MinLRRatio
	}
	if s.Kind == schedule.WSD {
		s.Shape, s.Decay = schedule.ShapeCosine, t.DecaySteps
		if s.Decay == 0 {
			s.Decay = max(1, steps/10)
		}
	}
	return s
}
