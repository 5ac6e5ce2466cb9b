package finetune

import (
	"math"
	"os"
	"strings"
	"testing"
)

// TestEvaluateGivesTheSameNumber: on what was written, and on the base, the figures are those of the run.
func TestEvaluateGivesTheSameNumber(t *testing.T) {
	w := newWorkshop(t)
	q := w.usual()
	f := w.must(q)
	first, last := f.Run.Evaluations[0], f.Run.Evaluations[len(f.Run.Evaluations)-1]
	for _, m := range []struct {
		Measure
		want float64
	}{
		{Measure{Folder: f.Out, Recipe: q.Recipe}, last.Loss},
		{Measure{Recipe: q.Recipe, Overrides: q.Overrides}, first.Loss},
		{Measure{Folder: f.Out, Overrides: []string{"data.train=" + w.path("rows.jsonl")}}, last.Loss},
	} {
		m.Rows = true
		got, err := Evaluate(t.Context(), m.Measure)
		if err != nil || got.Loss != m.want || got.Targets != last.Targets || got.Perplexity < 1 {
			t.Errorf("%v: %+v, want loss %v", err, got, m.want)
		}
		sum, targets := 0.0, 0
		for _, r := range got.Rows {
			sum, targets = sum+r.Loss*float64(r.Targets), targets+r.Targets
			if !strings.HasPrefix(r.Where, "rows.jsonl:") {
				t.Errorf("row %q", r.Where)
			}
		}
		if len(got.Rows) != f.Run.Data.Validation || targets != got.Targets || math.Abs(sum/float64(targets)-got.Loss) > 1e-9 {
			t.Errorf("rows %+v", got.Rows)
		}
	}
	all, err := Evaluate(t.Context(), Measure{Folder: f.Out, Data: w.path("rows.jsonl"), Rows: true})
	if err != nil || len(all.Rows) != 23 || all.Rows[22].Where != "rows.jsonl:23" {
		t.Errorf("%v: %d rows", err, len(all.Rows))
	}
}

func TestEvaluateRefuses(t *testing.T) {
	w := newWorkshop(t)
	plain := w.recipe()
	plain.Overrides = append(plain.Overrides, "data.validation_share=0")
	f := w.must(plain)
	hidden := w.recipe().with("data.train="+w.path("rows.jsonl"), "output.dir="+w.path("hidden"))
	h := w.must(hidden)
	tests := []struct {
		name string
		m    Measure
		want string
	}{
		{"nothing", Measure{}, "evaluate: neither a folder nor a recipe is named"},
		{"no record", Measure{Folder: w.path("base")}, "has no record of a recipe (name one,"},
		{"no rows", Measure{Folder: f.Out}, "data.validation: names no held-out rows"},
		{"hidden rows", Measure{Folder: h.Out}, "data.train: the record says by digests only which files were read"},
		{"bad recipe", Measure{Recipe: plain.Recipe, Overrides: []string{"x=1"}}, "x: is not a key of a recipe"},
		{"no checkpoint", Measure{Folder: w.path("gone"), Recipe: plain.Recipe}, "base.path: "},
		{"no file", Measure{Folder: w.path("base"), Recipe: plain.Recipe, Data: w.path("gone.jsonl")}, "data.train: "},
	}
	for _, tt := range tests {
		if _, err := Evaluate(t.Context(), tt.m); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

func TestPlanOnly(t *testing.T) {
	w := newWorkshop(t)
	q := w.usual().with("data.too_long=truncate", "train.max_length=40")
	p, err := PlanOnly(t.Context(), q, 2)
	if err != nil {
		t.Fatal(err)
	}
	tensors, elements, allTensors, _ := p.Plan.Count()
	if tensors != 19 || allTensors != 29 || elements != 2*(16*16*2+16*8*2+3*16*24+32)+270*16 || len(p.Choice.Included) != 2 {
		t.Errorf("trains %d tensors of %d, %d values: %+v", tensors, allTensors, elements, p.Choice)
	}
	if p.Steps < 8 || p.Tokens < p.Targets || p.Largest > 120 || p.Memory.Moments != 2*p.Memory.Trained || p.Memory.Sums != p.Memory.Trained || !(p.Seconds() > 0) {
		t.Errorf("overview %+v", p.Overview)
	}
	if len(p.Examples) != 2 || len(p.Cut) == 0 || p.Cut[0].Lost == 0 || len(p.Notes) != 1 {
		t.Errorf("examples %v, cut %v, notes %v", p.Examples, p.Cut, p.Notes)
	}
	if entries, _ := os.ReadDir(w.dir); len(entries) != 6 {
		t.Errorf("something was written: %v", entries)
	}
	if _, err := PlanOnly(t.Context(), q.with("train.what=[nothing.*]"), 2); err == nil {
		t.Error("a plan of nothing")
	}
}
