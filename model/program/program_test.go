package program_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/osft-project/osft/model/graph"
	"github.com/osft-project/osft/model/program"
)

// mix is an operation whose result tells which inputs it had: Σ (k+2)·in_k + id, in integers below 2^24.
type mix struct {
	id, inputs    int
	inPlace, adds bool
	cheap, only   bool
	extra         int // auxiliary outputs
}

func (m mix) Overwrites() []int {
	if m.inPlace {
		return []int{1, 0}[2-m.inputs:]
	}
	return nil
}
func (m mix) Accumulates() bool { return m.adds }
func (m mix) Cheap() bool       { return m.cheap }
func (m mix) OnlyAdds() bool    { return m.only }
func (m mix) Optional() bool    { return m.id%2 == 0 }

func (m mix) Run(c *graph.Call) {
	for i := range c.Out[0] {
		sum := m.id
		for k, in := range c.In {
			sum += (k + 2) * int(in.F32[i%len(in.F32)])
		}
		if c.Add {
			c.Out[0][i] += float32(sum % 1009)
		} else {
			c.Out[0][i] = float32(sum % 1009)
		}
	}
	for k, out := range c.Out[1:] {
		for i := range out {
			out[i] = float32(m.id*10 + k)
		}
	}
}

// invented makes a random graph: a forward part, then a backward part with sums, in which any value may be used by any later
// step.
func invented(seed uint64) (g *graph.Graph, want []graph.Ref) {
	rng := rand.New(rand.NewPCG(seed, 1))
	g = &graph.Graph{Leaves: []graph.Leaf{{Name: "a"}, {Name: "b"}}}
	refs := []graph.Ref{{Step: ^0}, {Step: ^1}}
	pick := func() graph.Ref { return refs[max(0, len(refs)-1-rng.IntN(min(len(refs), 8)))] }
	forward := 4 + rng.IntN(12)
	for i := range forward + 4 + rng.IntN(20) {
		backward := i >= forward
		step := graph.Step{Label: fmt.Sprint("step ", i), Grad: backward, Layer: -1, In: []graph.Ref{pick()}, Out: []graph.Form{{Rows: true, Shape: graph.Shape{3}}}}
		if rng.IntN(2) == 0 {
			step.In = append(step.In, pick())
		}
		if backward && rng.IntN(3) == 0 && len(step.In) == 2 && step.In[0].Step >= 0 && step.In[1].Step >= 0 {
			step.Op = graph.Sum{}
		} else {
			m := mix{id: i, inputs: len(step.In), inPlace: rng.IntN(2) == 0, adds: rng.IntN(2) == 0, cheap: rng.IntN(2) == 0, extra: rng.IntN(3) / 2}
			for range m.extra {
				step.Out = append(step.Out, step.Out[0])
			}
			step.Op = m
		}
		if !backward {
			step.Layer = i / 4
		}
		for k := range step.Out {
			refs = append(refs, graph.Ref{Step: i, Output: k})
		}
		g.Steps = append(g.Steps, step)
	}
	for range 3 {
		want = append(want, refs[2+rng.IntN(len(refs)-2)])
	}
	return g, append(want, graph.Ref{Step: len(g.Steps) - 1})
}

const tokens = 5

var leaves = []graph.Value{{F32: []float32{1, 2, 3}}, {F32: []float32{4, 5, 6}}}

// plainly computes every value of a graph in memory of its own.
func plainly(g *graph.Graph) map[graph.Ref][]float32 {
	values := map[graph.Ref][]float32{}
	for i, s := range g.Steps {
		c := graph.Call{Tokens: tokens}
		for _, r := range s.In {
			if leaf, ok := r.Leaf(); ok {
				c.In = append(c.In, leaves[leaf])
			} else {
				c.In = append(c.In, graph.Value{F32: values[r]})
			}
		}
		for k, f := range s.Out {
			out := make([]float32, f.Floats(tokens))
			values[graph.Ref{Step: i, Output: k}] = out
			c.Out = append(c.Out, out)
		}
		s.Op.Run(&c)
	}
	return values
}

// TestInventedGraphs compares planned memory, merged sums and second computations with a plain evaluation.
func TestInventedGraphs(t *testing.T) {
	fewer := 0
	for seed := range uint64(3000) {
		g, want := invented(seed)
		values := plainly(g)
		for _, choice := range []program.Recompute{program.Nothing, program.Cheap, program.Layers} {
			p, err := program.Lower(g, want, tokens, choice)
			if err != nil {
				t.Fatal(err)
			}
			f := &program.Frame{Arena: make([]float32, p.Floats), Leaves: leaves}
			if err := p.Run(t.Context(), f); err != nil {
				t.Fatal(err)
			}
			for _, r := range want {
				if got := p.Output(f, r); !slices.Equal(got, values[r]) {
					t.Fatalf("graph %d, choice %d: output %v is %v, want %v", seed, choice, r, got, values[r])
				}
			}
			if p.Floats < p.Alive() {
				t.Fatalf("graph %d: %d floats where %d live at one time", seed, p.Floats, p.Alive())
			}
			if p.Instructions() < len(g.Steps) {
				fewer++
			}
		}
	}
	if fewer == 0 {
		t.Error("no step was left out or merged")
	}
}

func line(ops ...graph.Operation) *graph.Graph {
	g := &graph.Graph{Leaves: []graph.Leaf{{Name: "a"}, {Name: "b"}}}
	for i, op := range ops {
		in := graph.Ref{Step: i - 1}
		g.Steps = append(g.Steps, graph.Step{Label: fmt.Sprint("step ", i), Op: op, In: []graph.Ref{in}, Out: []graph.Form{{Rows: true, Shape: graph.Shape{3}}}, Layer: -1})
	}
	return g
}

func TestInPlace(t *testing.T) {
	g := line(mix{id: 1}, mix{id: 2, inputs: 1, inPlace: true}, mix{id: 3, inputs: 1, inPlace: true}, mix{id: 4})
	p, err := program.Lower(g, []graph.Ref{{Step: 3}}, 16, program.Nothing)
	if err != nil {
		t.Fatal(err)
	}
	if p.Floats != 2*48 {
		t.Errorf("%d floats, want 96: three steps in one place and one beside", p.Floats)
	}
	if p.Work([]int{16}) != 0 {
		t.Errorf("work %d", p.Work(nil))
	}
}

func TestMergedSum(t *testing.T) {
	g := line(mix{id: 1}, mix{id: 2}, mix{id: 3, adds: true})
	g.Steps[2].In = []graph.Ref{{Step: 0}}
	g.Steps = append(g.Steps, graph.Step{Op: graph.Sum{}, Grad: true, In: []graph.Ref{{Step: 1}, {Step: 2}}, Out: g.Steps[0].Out})
	p, err := program.Lower(g, []graph.Ref{{Step: 3}}, tokens, program.Nothing)
	if err != nil || p.Instructions() != 3 {
		t.Fatalf("%d instructions, %v", p.Instructions(), err)
	}
	g.Steps[2].Op = mix{id: 3, only: true}
	if _, err = program.Lower(g, []graph.Ref{{Step: 3}}, tokens, program.Nothing); err == nil || err.Error() != "program: step 2 cannot be added in the order of the numerics profile" {
		t.Errorf("got %v", err)
	}
}

func TestRunRefuses(t *testing.T) {
	g := line(mix{id: 1}, mix{id: 2})
	if _, err := program.Lower(g, []graph.Ref{{Step: 1}}, 0, program.Cheap); err == nil || err.Error() != "program: a micro-batch of 0 tokens" {
		t.Errorf("got %v", err)
	}
	p, err := program.Lower(g, []graph.Ref{{Step: 1}}, tokens, program.Cheap)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Run(t.Context(), &program.Frame{}); err == nil || !strings.Contains(err.Error(), "the arena has 0 floats, ") {
		t.Errorf("got %v", err)
	}
	f := &program.Frame{Arena: make([]float32, p.Floats), Leaves: leaves}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Run(stopped, f); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	var seen []string
	stop := errors.New("enough")
	f.Watch = func(label string, out []float32) error {
		seen = append(seen, label)
		return stop
	}
	if err := p.Run(t.Context(), f); err != stop || !slices.Equal(seen, []string{"step 0"}) {
		t.Errorf("got %v after %v", err, seen)
	}
	if p.Output(f, graph.Ref{Step: 0}) != nil {
		t.Error("an output that was not wanted is handed out")
	}
}
