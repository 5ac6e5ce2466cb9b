package finetune

import (
	"errors"
	"fmt"
	"slices"

	"github.com/osft-project/osft/finetune/choose"
	"github.com/osft-project/osft/finetune/optimizer"
	"github.com/osft-project/osft/finetune/recipe"
	"github.com/osft-project/osft/model"
	"github.com/osft-project/osft/provenance"
)

// Plan is what trains: a value that can be printed, compared, recorded and signed. It lists every parameter of the model, in
// the order of the checkpoint, also those that stay frozen.
type Plan []Planned

// Planned is a parameter and what happens to it.
type Planned struct {
	Name   string
	Shape  []int
	DType  string // in which it is published
	Trains bool
	Decay  bool // whether weight decay applies to it
}

// Elements is the number of values of the parameter.
func (p Planned) Elements() int {
	n := 1
	for _, dim := range p.Shape {
		n *= dim
	}
	return n
}

// NewPlan trains what a recipe chooses, and says what each of its patterns matched. Every pattern must match.
func NewPlan(params []*model.Param, t recipe.Train) (Plan, choose.Choice, error) {
	var tensors []choose.Tensor
	for _, p := range params {
		tensors = append(tensors, choose.Tensor{Name: p.Name, Elements: p.Elements()})
	}
	choice, err := choose.Select(t.What, t.Except, tensors)
	if err != nil {
		return nil, choice, err
	}
	scopes := map[string]func(string, []int) bool{
		"matrices": Matrices,
		"all":      func(string, []int) bool { return true },
		"none":     func(string, []int) bool { return false },
	}
	decay, ok := scopes[t.Decay]
	if !ok {
		return nil, choice, fmt.Errorf("train.decay: unknown %q (use matrices, all or none)", t.Decay)
	}
	plan, err := PlanOf(params, choice.Trained, decay)
	return plan, choice, err
}

// PlanOf trains the named parameters; weight decay applies to those that decay says. Errors: a name that is not a parameter,
// and a plan in which nothing trains.
func PlanOf(params []*model.Param, trained []string, decay func(name string, shape []int) bool) (Plan, error) {
	var plan Plan
	known := map[string]bool{}
	for _, p := range params {
		known[p.Name] = true
		trains := slices.Contains(trained, p.Name)
		plan = append(plan, Planned{
			Name: p.Name, Shape: slices.Clone([]int(p.Shape)), DType: p.DType.String(),
			Trains: trains, Decay: trains && decay(p.Name, p.Shape),
		})
	}
	var problems []error
	for _, name := range trained {
		if !known[name] {
			problems = append(problems, fmt.Errorf("train: %s: is not a parameter of this model", name))
		}
	}
	if len(trained) == 0 {
		problems = append(problems, errors.New("train: nothing is chosen to be trained"))
	}
	return plan, errors.Join(problems...)
}

// Matrices is the usual scope of weight decay: tensors of two or more dimensions; norms and biases do not decay.
func Matrices(_ string, shape []int) bool { return len(shape) >= 2 }

// Trained lists the names of the parameters that train, in the order of the checkpoint.
func (p Plan) Trained() (names []string) {
	for _, t := range p {
		if t.Trains {
			names = append(names, t.Name)
		}
	}
	return names
}

// Count is the number of tensors and of values in them, of those that train and of all.
func (p Plan) Count() (tensors, elements, allTensors, allElements int) {
	for _, t := range p {
		allTensors++
		allElements += t.Elements()
		if t.Trains {
			tensors++
			elements += t.Elements()
		}
	}
	return tensors, elements, allTensors, allElements
}

// Diff says where two plans differ, a line for each parameter; nothing where they are equal.
func (p Plan) Diff(other Plan) (lines []string) {
	theirs := map[string]Planned{}
	for _, t := range other {
		theirs[t.Name] = t
	}
	for _, t := range p {
		o, ok := theirs[t.Name]
		delete(theirs, t.Name)
		if !ok {
			lines = append(lines, t.Name+": only in the first plan")
		} else if a, b := t.String(), o.String(); a != b {
			lines = append(lines, fmt.Sprintf("%s, in the other plan %s", a, b))
		}
	}
	for _, t := range other {
		if _, left := theirs[t.Name]; left {
			lines = append(lines, t.Name+": only in the second plan")
		}
	}
	return lines
}

// String is one line about the parameter.
func (p Planned) String() string {
	fate := "frozen"
	switch {
	case p.Decay:
		fate = "trains, with weight decay"
	case p.Trains:
		fate = "trains"
	}
	return fmt.Sprintf("%s %v %s: %s", p.Name, p.Shape, p.DType, fate)
}

// Optimizer starts AdamW over the memory of the parameters that train.
func (p Plan) Optimizer(m *model.Model, settings optimizer.Settings) *optimizer.Optimizer {
	var tensors []optimizer.Tensor
	for _, t := range p {
		if t.Trains {
			tensors = append(tensors, optimizer.Tensor{Name: t.Name, Value: m.Value(t.Name), Decay: t.Decay})
		}
	}
	return optimizer.New(settings, tensors)
}

// record is the plan as run.json has it.
func (p Plan) record() []provenance.Planned {
	list := make([]provenance.Planned, len(p))
	for i, t := range p {
		list[i] = provenance.Planned{Name: t.Name, Shape: t.Shape, DType: t.DType, Trains: t.Trains, Decay: t.Decay}
	}
	return list
}
