package program

import "github.com/osft-project/osft/model/graph"

// Recompute says which values of the forward pass are computed again in the backward pass instead of being kept. Results
// have the same bits under every choice.
type Recompute uint8

// The choices. Cheap, the default, computes norms and gated activations again: a third less memory for activations, in less
// than a hundredth of the time. Nothing keeps everything. Layers keeps only what goes from layer to layer, which makes the
// whole forward pass run twice.
const (
	Cheap Recompute = iota
	Nothing
	Layers
)

// recompute rewrites the list: right before its first use in the backward pass a value that is not to be kept is computed
// again, together with what it is made of.
func (l *list) recompute(choice Recompute) {
	if choice == Nothing {
		return
	}
	again := l.again(choice)
	old := l.items
	l.items = nil
	moved := make([]int, len(old))  // where an item has gone
	copied := make([]int, len(old)) // where it is computed again; 0 for not yet, since item 0 never is
	for i, it := range old {
		if l.g.Steps[it.step].Grad {
			for k, r := range it.in {
				it.in[k] = l.second(old, again, moved, copied, r)
			}
		} else {
			it.in = renumber(it.in, moved)
		}
		moved[i] = len(l.items)
		l.items = append(l.items, it)
	}
	for key, r := range l.want {
		l.want[key] = renumber([]graph.Ref{r}, moved)[0]
	}
}

// again decides for every item of the forward pass whether it is computed a second time.
func (l *list) again(choice Recompute) []bool {
	again := make([]bool, len(l.items))
	for i, it := range l.items {
		s := &l.g.Steps[it.step]
		if choice == Cheap {
			o, ok := s.Op.(interface{ Cheap() bool })
			again[i] = !s.Grad && ok && o.Cheap()
		} else {
			again[i] = !s.Grad && s.Layer >= 0
		}
	}
	if choice == Layers { // what another layer or the head reads is kept
		for _, it := range l.items {
			for _, r := range it.in {
				if s := &l.g.Steps[it.step]; r.Step >= 0 && !s.Grad && s.Layer != l.g.Steps[l.items[r.Step].step].Layer {
					again[r.Step] = false
				}
			}
		}
	}
	for _, r := range l.want {
		if r.Step >= 0 {
			again[r.Step] = false
		}
	}
	return again
}

// second is the reference that the backward pass uses for an output: the value itself, or its second computation, which is
// put on the list when it is needed first.
func (l *list) second(old []item, again []bool, moved, copied []int, r graph.Ref) graph.Ref {
	if r.Step < 0 {
		return r
	}
	if !again[r.Step] {
		return graph.Ref{Step: moved[r.Step], Output: r.Output}
	}
	if copied[r.Step] == 0 {
		source := old[r.Step]
		it := item{step: source.step}
		for _, in := range l.g.Steps[source.step].In {
			it.in = append(it.in, l.second(old, again, moved, copied, l.original(old, in)))
		}
		copied[r.Step] = len(l.items)
		l.items = append(l.items, it)
	}
	return graph.Ref{Step: copied[r.Step], Output: r.Output}
}

// original turns a reference between steps into one between the items of the old list.
func (l *list) original(old []item, r graph.Ref) graph.Ref {
	if r.Step < 0 {
		return r
	}
	lo, hi := 0, len(old)
	for lo < hi {
		if mid := (lo + hi) / 2; old[mid].step < r.Step {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return graph.Ref{Step: lo, Output: r.Output}
}
