// Package program turns a differentiated graph into a list of instructions over one piece of memory, and runs it.
//
// Lowering takes the steps that the wanted outputs need, optionally rewrites the list so that cheap or bulky values of the
// forward pass are computed again instead of kept, adds gradients into one another where a kernel can, and gives every value
// a place in one arena: places are reused as soon as a value is dead, and an operation that can work in place does. A list
// belongs to one number of tokens; making it takes milliseconds. Which memory a value has, and whether it is computed
// once or twice, never changes a bit of any result.
//
// It refuses to know what the operations compute, and to reorder them.
package program

import (
	"context"
	"fmt"

	"github.com/osft-project/osft/model/graph"
	"github.com/osft-project/osft/model/kernel"
)

// Program is a list of instructions for micro-batches of one size. It does not change and holds no memory of its own.
type Program struct {
	Tokens int // of every micro-batch
	Floats int // size of the arena
	graph  *graph.Graph
	code   []instruction
	places []place
	kept   map[graph.Ref]int // the place of every wanted output
}

// instruction is one execution of a step.
type instruction struct {
	step int
	in   []operand
	out  []int // places; -1 where nobody wants the output
	add  bool
}

// operand is a place, or a leaf where place is negative.
type operand struct{ place, leaf int }

// place is where a value lies, from its first instruction to its last.
type place struct {
	offset, floats int
	first, last    int
}

// Frame is everything that one run needs beside the program.
type Frame struct {
	Arena  []float32     // at least Program.Floats elements; what it holds before does not matter
	Leaves []graph.Value // in the order of the graph's leaves
	Head   *kernel.HeadSpace
	Cache  *graph.Cache // only when decoding
	Losses []float64    // where every token's loss goes, or nil
	Sum    float64      // receives the loss

	// Watch, where set, is called after every step with its label and its first output. An error ends the run.
	Watch func(label string, out []float32) error
}

// Run executes the program. It stops between instructions when the context is done.
func (p *Program) Run(ctx context.Context, f *Frame) error {
	if len(f.Arena) < p.Floats {
		return fmt.Errorf("program: the arena has %d floats, %d are needed", len(f.Arena), p.Floats)
	}
	c := graph.Call{Tokens: p.Tokens, Sum: &f.Sum, Losses: f.Losses, Head: f.Head, Cache: f.Cache}
	for i := range p.code {
		if err := ctx.Err(); err != nil {
			return err
		}
		step := &p.graph.Steps[p.code[i].step]
		p.fill(&c, f, &p.code[i])
		step.Op.Run(&c)
		if f.Watch != nil {
			if err := f.Watch(step.Label, c.Out[0]); err != nil {
				return err
			}
		}
	}
	return nil
}

// fill points a call at an instruction's operands.
func (p *Program) fill(c *graph.Call, f *Frame, in *instruction) {
	c.In, c.Out, c.Add = c.In[:0], c.Out[:0], in.add
	for _, o := range in.in {
		if o.place < 0 {
			c.In = append(c.In, f.Leaves[o.leaf])
		} else {
			c.In = append(c.In, graph.Value{F32: p.memory(f, o.place)})
		}
	}
	for _, o := range in.out {
		if o < 0 {
			c.Out = append(c.Out, nil)
		} else {
			c.Out = append(c.Out, p.memory(f, o))
		}
	}
}

func (p *Program) memory(f *Frame, i int) []float32 {
	at := &p.places[i]
	return f.Arena[at.offset : at.offset+at.floats : at.offset+at.floats]
}

// Output is the memory of a wanted output after a run with this frame. It is valid until the arena is used again.
func (p *Program) Output(f *Frame, r graph.Ref) []float32 {
	i, ok := p.kept[r]
	if !ok {
		return nil
	}
	return p.memory(f, i)
}

// Instructions is the length of the list.
func (p *Program) Instructions() int { return len(p.code) }

// Work is the number of floating-point operations of a run over documents of these lengths. An auxiliary output that can be
// left out costs as much as the first one.
func (p *Program) Work(documents []int) int64 {
	total := int64(0)
	for _, in := range p.code {
		step := &p.graph.Steps[in.step]
		total += step.Work * int64(p.Tokens)
		for _, at := range in.out[1:] {
			if at >= 0 && optional(step.Op) {
				total += step.Work * int64(p.Tokens)
			}
		}
		if o, ok := step.Op.(graph.Pairs); ok {
			for _, n := range documents {
				total += o.Pairs(n)
			}
		}
	}
	return total
}
