package program

import (
	"fmt"

	"github.com/osft-project/osft/model/graph"
)

// item is an instruction before it has memory: inputs name items, or leaves where they are negative.
type item struct {
	step int
	in   []graph.Ref // Step counts items
	add  bool
	gone bool // merged into another item
	into graph.Ref
}

// list is a program in the making.
type list struct {
	g     *graph.Graph
	items []item
	want  map[graph.Ref]graph.Ref // what was asked for, in items
}

// Lower makes the program that computes the wanted outputs of a graph for micro-batches of so many tokens.
func Lower(g *graph.Graph, want []graph.Ref, tokens int, recompute Recompute) (*Program, error) {
	if tokens < 1 {
		return nil, fmt.Errorf("program: a micro-batch of %d tokens", tokens)
	}
	l := selectSteps(g, want)
	l.recompute(recompute)
	if err := l.mergeSums(); err != nil {
		return nil, err
	}
	return l.plan(tokens), nil
}

// selectSteps takes the steps that the wanted outputs need, in their order.
func selectSteps(g *graph.Graph, want []graph.Ref) *list {
	needed := make([]bool, len(g.Steps))
	for _, r := range want {
		if _, leaf := r.Leaf(); !leaf {
			needed[r.Step] = true
		}
	}
	for i := len(g.Steps) - 1; i >= 0; i-- {
		for _, r := range g.Steps[i].In {
			if _, leaf := r.Leaf(); needed[i] && !leaf {
				needed[r.Step] = true
			}
		}
	}
	l := &list{g: g, want: map[graph.Ref]graph.Ref{}}
	index := make([]int, len(g.Steps))
	for i, s := range g.Steps {
		if needed[i] {
			index[i] = len(l.items)
			l.items = append(l.items, item{step: i, in: renumber(s.In, index)})
		}
	}
	for _, r := range want {
		l.want[r] = renumber([]graph.Ref{r}, index)[0]
	}
	return l
}

func renumber(refs []graph.Ref, index []int) []graph.Ref {
	out := make([]graph.Ref, len(refs))
	for i, r := range refs {
		if _, leaf := r.Leaf(); !leaf {
			r.Step = index[r.Step]
		}
		out[i] = r
	}
	return out
}

// op is the operation of an item.
func (l *list) op(i int) graph.Operation { return l.g.Steps[l.items[i].step].Op }

// users lists, for every output, the items that read it, in order; a wanted output is also read at the very end.
func (l *list) users() map[graph.Ref][]int {
	users := map[graph.Ref][]int{}
	for i := range l.items {
		for _, r := range l.items[i].in {
			users[r] = append(users[r], i)
		}
	}
	for _, r := range l.want {
		users[r] = append(users[r], len(l.items))
	}
	return users
}

// mergeSums takes sums of gradients off the list: the later of the two is added into the earlier one's memory by its own
// kernel, where the kernel can and nobody needs either alone after that. What remains is done by the sum itself.
func (l *list) mergeSums() error {
	users := l.users()
	for i := range l.items {
		it := &l.items[i]
		if _, ok := l.op(i).(graph.Sum); !ok || !l.g.Steps[it.step].Grad {
			continue
		}
		early, late := l.resolve(it.in[0]), l.resolve(it.in[1])
		if late.Step < early.Step {
			early, late = late, early
		}
		if l.mergeable(users, early, late, i) {
			l.items[late.Step].add, l.items[late.Step].into = true, early
			it.gone, it.into = true, late
			users[late] = append(users[late], users[graph.Ref{Step: i}]...)
			continue
		}
		if o, ok := l.op(late.Step).(interface{ OnlyAdds() bool }); ok && o.OnlyAdds() {
			label := l.g.Steps[l.items[late.Step].step].Label
			return fmt.Errorf("program: %s cannot be added in the order of the numerics profile", label)
		}
	}
	return nil
}

// resolve follows a sum that was merged to the item that now makes its value.
func (l *list) resolve(r graph.Ref) graph.Ref {
	for r.Step >= 0 && l.items[r.Step].gone {
		r = l.items[r.Step].into
	}
	return r
}

// mergeable reports whether late can be added into early's memory in place of the sum, item i.
func (l *list) mergeable(users map[graph.Ref][]int, early, late graph.Ref, i int) bool {
	if early.Step < 0 || early.Step == late.Step || late.Output != 0 || l.items[late.Step].add || !l.op(late.Step).Accumulates() {
		return false
	}
	for _, u := range users[late] {
		if u != i {
			return false
		}
	}
	for _, u := range users[early] {
		if u != i && u >= late.Step {
			return false
		}
	}
	return true
}
