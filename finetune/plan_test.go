package finetune

import (
	"slices"
	"strings"
	"testing"

	"github.com/osft-project/osft/finetune/recipe"
	"github.com/osft-project/osft/model"
)

func params(t *testing.T) []*model.Param {
	t.Helper()
	m, err := model.Init(t.Context(), []byte(tinyConfig), 1)
	if err != nil {
		t.Fatal(err)
	}
	return m.Params()
}

func TestNewPlan(t *testing.T) {
	tests := []struct {
		decay                                 string
		trains, decays, trainsElse, decaysAll bool
	}{{"matrices", true, false, true, true}, {"all", true, true, true, true}, {"none", true, false, true, false}}
	for _, tt := range tests {
		plan, choice, err := NewPlan(params(t), recipe.Train{What: []string{"model.layers.2.*"}, Except: []string{"*.q_proj.*"}, Decay: tt.decay})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range plan {
			in := strings.Contains(p.Name, "layers.2.") && !strings.Contains(p.Name, "q_proj")
			if decay := in && (len(p.Shape) == 2 && tt.decaysAll || len(p.Shape) == 1 && tt.decays); p.Trains != in || p.Decay != decay {
				t.Errorf("%s: %v", tt.decay, p)
			}
		}
		if tensors, elements, all, allElements := plan.Count(); tensors != 8 || all != 29 || elements <= 0 || allElements <= elements || len(choice.Trained) != 8 {
			t.Errorf("%d tensors of %d, %d values of %d", tensors, all, elements, allElements)
		}
	}
}

func TestPlanRefuses(t *testing.T) {
	if _, _, err := NewPlan(params(t), recipe.Train{What: []string{"all"}, Decay: "some"}); err == nil || err.Error() != `train.decay: unknown "some" (use matrices, all or none)` {
		t.Error(err)
	}
	_, err := PlanOf(params(t), []string{"lm_head.weight", "x"}, Matrices)
	if err == nil || err.Error() != "train: lm_head.weight: is not a parameter of this model\ntrain: x: is not a parameter of this model" {
		t.Error(err)
	}
	if _, err := PlanOf(params(t), nil, Matrices); err == nil || err.Error() != "train: nothing is chosen to be trained" {
		t.Error(err)
	}
}

func TestPlansCompare(t *testing.T) {
	a, err := PlanOf(params(t), []string{"model.norm.weight"}, Matrices)
	if err != nil {
		t.Fatal(err)
	}
	if lines := a.Diff(slices.Clone(a)); lines != nil {
		t.Errorf("a plan differs from itself: %v", lines)
	}
	b := slices.Clone(a)
	b[0].Trains, b[0].Decay = true, true
	b[1].Name = "new"
	want := []string{
		"model.embed_tokens.weight [270 16] BF16: frozen, in the other plan model.embed_tokens.weight [270 16] BF16: trains, with weight decay",
		a[1].Name + ": only in the first plan", "new: only in the second plan",
	}
	if got := a.Diff(b); !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if got := a[len(a)-1].String(); got != "model.norm.weight [16] BF16: trains" {
		t.Error(got)
	}
}
