package program

import (
	"cmp"
	"slices"

	"github.com/osft-project/osft/model/graph"
)

// align is the number of floats to which places are aligned: a cache line.
const align = 16

// plan gives every value a place in the arena.
func (l *list) plan(tokens int) *Program {
	p := &Program{Tokens: tokens, graph: l.g, kept: map[graph.Ref]int{}}
	last := l.lastUses()
	where := map[graph.Ref]int{} // the place of every output
	for i := range l.items {
		it := &l.items[i]
		if it.gone {
			where[graph.Ref{Step: i}] = where[it.into]
			continue
		}
		p.code = append(p.code, instruction{step: it.step, add: it.add, in: operands(it.in, where)})
		l.outputs(p, i, tokens, last, where)
	}
	for key, r := range l.want {
		if r.Step >= 0 {
			p.kept[key] = where[r]
		}
	}
	p.arrange()
	return p
}

// lastUses is the last item that reads each output. What was merged into another value's memory prolongs that one's life.
func (l *list) lastUses() map[graph.Ref]int {
	last := map[graph.Ref]int{}
	for r, users := range l.users() {
		last[r] = max(last[r], slices.Max(users))
	}
	for i := len(l.items) - 1; i >= 0; i-- { // later items first: a chain of merges ends up in the earliest value
		self := graph.Ref{Step: i}
		if it := l.items[i]; it.gone || it.add {
			last[it.into] = max(last[it.into], last[self], i)
		}
	}
	return last
}

func operands(in []graph.Ref, where map[graph.Ref]int) []operand {
	out := make([]operand, len(in))
	for k, r := range in {
		if leaf, ok := r.Leaf(); ok {
			out[k] = operand{place: -1, leaf: leaf}
		} else {
			out[k] = operand{place: where[r]}
		}
	}
	return out
}

// outputs gives the outputs of an item their places: that of the value they are added to, that of an input which is not
// needed any more, or a new one.
func (l *list) outputs(p *Program, i, tokens int, last map[graph.Ref]int, where map[graph.Ref]int) {
	it, code := &l.items[i], &p.code[len(p.code)-1]
	for k, form := range l.g.Steps[it.step].Out {
		r := graph.Ref{Step: i, Output: k}
		end, used := last[r]
		if k > 0 && !used && optional(l.op(i)) {
			code.out = append(code.out, -1)
			continue
		}
		at := len(p.places)
		if k == 0 && it.add {
			at = where[it.into]
		} else if in := p.inPlace(l.op(i), code, i, form.Floats(tokens)); k == 0 && in >= 0 {
			at = in
		} else {
			p.places = append(p.places, place{floats: form.Floats(tokens), first: i, last: i})
		}
		p.places[at].last = max(p.places[at].last, end)
		where[r] = at
		code.out = append(code.out, at)
	}
}

// optional reports whether an operation can leave out the auxiliary outputs that nobody wants.
func optional(op graph.Operation) bool {
	o, ok := op.(interface{ Optional() bool })
	return ok && o.Optional()
}

// inPlace finds an input whose memory the operation may take: it must be of the same size, be read for the last time here,
// and not be read twice.
func (p *Program) inPlace(op graph.Operation, code *instruction, i, floats int) int {
	for _, k := range op.Overwrites() {
		at := code.in[k].place
		if at < 0 || p.places[at].last != i || p.places[at].floats != floats {
			continue
		}
		if n := len(slices.DeleteFunc(slices.Clone(code.in), func(o operand) bool { return o.place != at })); n == 1 {
			return at
		}
	}
	return -1
}

// arrange puts places that live at the same time beside one another: the largest first, each at the lowest offset that is
// free during its whole life.
func (p *Program) arrange() {
	order := make([]int, len(p.places))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(p.places[b].floats, p.places[a].floats), cmp.Compare(p.places[a].first, p.places[b].first))
	})
	var placed []int // by offset
	for _, i := range order {
		at, offset := &p.places[i], 0
		for _, j := range placed {
			other := &p.places[j]
			if other.first > at.last || at.first > other.last || other.offset+other.floats <= offset {
				continue
			}
			if offset+at.floats <= other.offset {
				break
			}
			offset = (other.offset + other.floats + align - 1) / align * align
		}
		at.offset = offset
		p.Floats = max(p.Floats, offset+at.floats)
		k, _ := slices.BinarySearchFunc(placed, i, func(a, b int) int { return cmp.Compare(p.places[a].offset, p.places[b].offset) })
		placed = slices.Insert(placed, k, i)
	}
}

// Alive is the largest number of floats that live at one time: no arrangement can need less.
func (p *Program) Alive() int {
	most := 0
	for _, then := range p.places { // the most live where one begins
		alive := 0
		for _, at := range p.places {
			if at.first <= then.first && then.first <= at.last {
				alive += at.floats
			}
		}
		most = max(most, alive)
	}
	return most
}
