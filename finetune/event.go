package finetune

import (
	"fmt"

	"github.com/osft-project/osft/provenance"
)

// Event is something that Execute tells while it works: one of the types below.
type Event interface{ event() }

// Observer is told every event, in order, on the goroutine that trains; it should return soon.
type Observer func(Event)

// Began says that everything is loaded and training is about to begin.
type Began struct {
	Overview
	Work string // where the unfinished run is kept
	Out  string // where the result is going to be
	From int    // steps that earlier processes have done; 0 for a new run
}

// Trained says that a step was done.
type Trained struct {
	Step
	Steps int // of the whole run
}

// Evaluated says what the loss on held-out rows is.
type Evaluated struct{ provenance.Evaluation }

// Sampled shows a text that the model wrote.
type Sampled struct{ provenance.Sample }

// Saved says that a checkpoint is on the disk.
type Saved struct{ Step int }

// Noted is something that a person should know and that stops nothing: a key that is not known, a checkpoint passed over.
type Noted struct{ Text string }

// Finished says where the result is.
type Finished struct {
	Out string
	Run provenance.Run
}

func (Began) event()     {}
func (Trained) event()   {}
func (Evaluated) event() {}
func (Sampled) event()   {}
func (Saved) event()     {}
func (Noted) event()     {}
func (Finished) event()  {}

// Interrupted says that a run was cancelled and how to go on. The step under way was finished and a checkpoint saved.
type Interrupted struct {
	Step, Steps int
	Work        string
	Cause       error
}

// Error says where the run stopped and what to type.
func (e *Interrupted) Error() string {
	return fmt.Sprintf("interrupted after step %d of %d; everything is in %s (the same command goes on from there to the same bits)",
		e.Step, e.Steps, e.Work)
}

// Unwrap returns what cancelled the run.
func (e *Interrupted) Unwrap() error { return e.Cause }
