package tune

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/osft-project/osft/cmd/osft/terminal"
	"github.com/osft-project/osft/data"
	"github.com/osft-project/osft/finetune"
)

// planned is the JSON line of `osft plan`.
type planned struct {
	Tensors    int             `json:"tensors_trained"`
	Values     int             `json:"parameters_trained"`
	AllTensors int             `json:"tensors"`
	AllValues  int             `json:"parameters"`
	Steps      int             `json:"steps"`
	Tokens     int             `json:"tokens"`
	Targets    int             `json:"targets"`
	Rows       data.Count      `json:"rows"`
	Memory     finetune.Memory `json:"memory_bytes"`
	Seconds    float64         `json:"seconds_about"`
	Trains     []string        `json:"trains"`
	Examples   [][]data.Shown  `json:"examples"`
	Cut        []cutRow        `json:"cut"`
	Notes      []string        `json:"notes"`
}

type cutRow struct {
	File string    `json:"file"`
	Line int       `json:"line"`
	Fate data.Fate `json:"fate"`
	Lost int       `json:"lost_tokens"`
}

func newPlan(screen *terminal.Terminal) *cobra.Command {
	var request finetune.Request
	var examples int
	var names bool
	command := &cobra.Command{
		Use:   "plan RECIPE",
		Short: "Show what a recipe trains, what it takes, the first examples with their targets, and everything that is cut",
		Args:  cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			request.Recipe = args[0]
			preview, err := finetune.PlanOnly(command.Context(), request, examples)
			if err != nil {
				return err
			}
			s := summary(preview)
			return screen.Result("plan", s, func(w io.Writer) { printPlan(w, preview, s, names) })
		},
	}
	overrides(command.Flags(), &request.Overrides)
	command.Flags().IntVar(&examples, "examples", 3, "how many examples to show")
	command.Flags().BoolVar(&names, "tensors", false, "list every tensor with what happens to it")
	return command
}

// summary counts up a preview. It measures how fast the machine multiplies, which takes a tenth of a second.
func summary(p finetune.Preview) planned {
	s := planned{Steps: p.Steps, Tokens: p.Tokens, Targets: p.Targets, Rows: p.Rows, Memory: p.Memory, Seconds: p.Seconds(),
		Trains: p.Plan.Trained(), Examples: p.Examples, Notes: p.Notes}
	s.Tensors, s.Values, s.AllTensors, s.AllValues = p.Plan.Count()
	for _, e := range p.Cut {
		s.Cut = append(s.Cut, cutRow{e.File, e.Line, e.Fate, e.Lost})
	}
	return s
}

func printPlan(w io.Writer, p finetune.Preview, s planned, names bool) {
	for _, note := range p.Notes {
		fmt.Fprintf(w, "note: %s\n", terminal.Safe(note))
	}
	fmt.Fprintf(w, "trains %d of %d parameters, in %d of %d tensors\n", s.Values, s.AllValues, s.Tensors, s.AllTensors)
	for _, m := range p.Choice.Included {
		fmt.Fprintf(w, "  %-40s matches %d tensors, %d parameters\n", terminal.Safe(m.Pattern), len(m.Names), m.Elements)
	}
	for _, m := range p.Choice.Excluded {
		fmt.Fprintf(w, "  except %-33s matches %d tensors, %d parameters\n", terminal.Safe(m.Pattern), len(m.Names), m.Elements)
	}
	if names {
		for _, t := range p.Plan {
			fmt.Fprintf(w, "  %s\n", terminal.Safe(t.String()))
		}
	}
	c := p.Rows
	fmt.Fprintf(w, "rows: %d, of which %d train and %d are held out; %d dropped, %d truncated, %d tokens lost\n",
		c.Rows, c.Trained, c.Validation, c.Dropped, c.Truncated, c.Lost)
	for _, e := range s.Cut {
		fmt.Fprintf(w, "  %s:%d %s, %d tokens lost\n", terminal.Safe(e.File), e.Line, e.Fate, e.Lost)
	}
	fmt.Fprintf(w, "%d steps over %d tokens, of which %d are targets; about %s on this machine\n",
		s.Steps, s.Tokens, s.Targets, left(time.Duration(s.Seconds*float64(time.Second))))
	m := p.Memory
	fmt.Fprintf(w, "memory about %s: %s mapped, %s trained, %s optimizer, %s sums of gradients, %s activations and gradients\n",
		mib(m.Total()), mib(m.Mapped), mib(m.Trained), mib(m.Moments), mib(m.Sums), mib(m.Arena))
	for i, example := range p.Examples {
		fmt.Fprintf(w, "example %d, what the model learns to say between ⟦ and ⟧:\n%s\n", i+1, marked(example))
	}
}

// marked is an example with its targets in brackets.
func marked(example []data.Shown) string {
	var text strings.Builder
	for _, part := range example {
		if part.Target {
			text.WriteString("⟦" + terminal.Safe(part.Text) + "⟧")
			continue
		}
		text.WriteString(terminal.Safe(part.Text))
	}
	return text.String()
}
