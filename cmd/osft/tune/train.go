package tune

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/osft-project/osft/cmd/osft/terminal"
	"github.com/osft-project/osft/finetune"
)

func newTrain(screen *terminal.Terminal) *cobra.Command {
	var request finetune.Request
	command := &cobra.Command{
		Use:   "train RECIPE",
		Short: "Fine-tune as a recipe says, or go on where an interrupted run of it stopped",
		Args:  cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			request.Recipe = args[0]
			p := &printer{screen: screen}
			_, err := finetune.Execute(command.Context(), request, p.observe)
			if err == nil {
				err = p.err
			}
			return err
		},
	}
	overrides(command.Flags(), &request.Overrides)
	command.Flags().BoolVar(&request.Restart, "restart", false, "throw away an unfinished run of this recipe and begin anew")
	command.Flags().BoolVar(&request.Overwrite, "overwrite", false, "replace a finished result instead of making OUT-2")
	return command
}

// printer shows what a run tells.
type printer struct {
	screen *terminal.Terminal
	view   finetune.Overview
	begun  time.Time
	tokens int // read since begun
	before map[string]string
	losses [2]float64 // held-out, before and after
	err    error      // of printing
}

// The JSON lines of a run, beside those of package finetune that are results as they are.
type (
	began struct {
		Out     string `json:"out"`
		Work    string `json:"work"`
		Steps   int    `json:"steps"`
		From    int    `json:"from_step"`
		Tensors int    `json:"tensors_trained"`
		Values  int    `json:"parameters_trained"`
		Memory  int64  `json:"memory_bytes"`
	}
	trained struct {
		Step     int     `json:"step"`
		Steps    int     `json:"steps"`
		Loss     float64 `json:"loss"`
		GradNorm float64 `json:"grad_norm"`
		Rate     float64 `json:"lr"`
		Targets  int     `json:"targets"`
		Tokens   int     `json:"tokens"`
	}
	saved struct {
		Step int `json:"step"`
	}
	noted struct {
		Text string `json:"text"`
	}
	finished struct {
		Out  string  `json:"out"`
		Loss float64 `json:"last_loss"`
	}
)

// observe prints one event.
func (p *printer) observe(event finetune.Event) {
	switch e := event.(type) {
	case finetune.Began:
		p.start(e)
	case finetune.Trained:
		p.step(e)
	case finetune.Evaluated:
		p.evaluation(e)
	case finetune.Sampled:
		p.result("sample", e.Sample, func(w io.Writer) {
			fmt.Fprintf(w, "sample %s: %s⟶%s\n", e.When, terminal.Safe(e.Prompt), terminal.Safe(e.Text))
		})
	case finetune.Saved:
		p.result("checkpoint", saved{e.Step}, nil)
	case finetune.Noted:
		p.note(e.Text)
	case finetune.Finished:
		p.finish(e)
	}
}

// result prints a result; without human only its JSON line.
func (p *printer) result(kind string, value any, human func(io.Writer)) {
	if human == nil {
		human = func(io.Writer) {}
	}
	if err := p.screen.Result(kind, value, human); err != nil && p.err == nil {
		p.err = err
	}
}

func (p *printer) note(text string) {
	if p.screen.JSON() {
		p.result("note", noted{text}, nil)
		return
	}
	p.screen.Note("note: %s", terminal.Safe(text))
}

func (p *printer) start(e finetune.Began) {
	p.view, p.begun = e.Overview, time.Now()
	tensors, values, allTensors, allValues := e.Plan.Count()
	b := began{Out: e.Out, Work: e.Work, Steps: e.Steps, From: e.From, Tensors: tensors, Values: values, Memory: e.Memory.Total()}
	p.result("began", b, func(w io.Writer) {
		fmt.Fprintf(w, "trains %d of %d parameters, in %d of %d tensors, for %d steps on %d rows, in about %s\n",
			values, allValues, tensors, allTensors, e.Steps, e.Rows.Trained, mib(e.Memory.Total()))
		if e.From > 0 {
			fmt.Fprintf(w, "goes on after step %d, from %s\n", e.From, e.Work)
		}
	})
}

func (p *printer) step(e finetune.Trained) {
	p.tokens += e.Tokens
	if p.screen.JSON() {
		p.result("step", trained{Step: e.Number, Steps: e.Steps, Loss: e.Loss, GradNorm: e.GradNorm, Rate: e.Rate, Targets: e.Targets, Tokens: e.Tokens}, nil)
		return
	}
	elapsed := time.Since(p.begun)
	speed := float64(p.tokens) / elapsed.Seconds()
	rest := time.Duration(float64(p.view.Tokens) * float64(e.Steps-e.Number) / float64(e.Steps) / speed * float64(time.Second))
	p.screen.Progress(e.Number, e.Steps, fmt.Sprintf("loss %.4f  %.0f tokens/s  left %s", e.Loss, speed, left(rest)))
}

func (p *printer) evaluation(e finetune.Evaluated) {
	switch e.When {
	case "before":
		p.losses[0] = e.Loss
	case "after":
		p.losses[1] = e.Loss
	}
	p.result("evaluation", e.Evaluation, func(w io.Writer) {
		fmt.Fprintf(w, "held-out loss %s (step %d): %.4f, perplexity %.2f\n", e.When, e.Step, e.Loss, e.Perplexity)
	})
}

// finish says what was learnt and where everything lies.
func (p *printer) finish(e finetune.Finished) {
	f := finished{Out: e.Out}
	if n := len(e.Run.Steps); n > 0 {
		f.Loss = e.Run.Steps[n-1].Loss
	}
	p.result("finished", f, func(w io.Writer) {
		if before, after := p.losses[0], p.losses[1]; before > 0 && after > 0 {
			fmt.Fprintf(w, "held-out loss went from %.4f to %.4f (%+.0f %%)\n", before, after, 100*(after/before-1))
		}
		fmt.Fprintf(w, "weights, config and tokenizer: %s\nrecord, ledger and metrics:    %s/provenance\ntry it: osft generate %s --prompt \"…\"\n", e.Out, e.Out, e.Out)
	})
}
