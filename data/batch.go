package data

import "slices"

// MicroBatch is what a model sees at once: the tokens of several documents, one after the other, without padding.
type MicroBatch struct {
	Tokens    []int32
	Targets   []int32 // the token that each position should predict, -1 where that does not count
	Positions []int32 // from 0 in each document
	Documents []int32 // where each document starts
	Rows      []string
}

// add appends an example as a document of its own.
func (b *MicroBatch) add(e Example) {
	b.Documents = append(b.Documents, int32(len(b.Tokens)))
	b.Tokens = append(b.Tokens, e.Tokens...)
	b.Targets = append(b.Targets, e.Next...)
	for i := range e.Tokens {
		b.Positions = append(b.Positions, int32(i))
	}
	b.Rows = append(b.Rows, e.Rows...)
}

// round says which steps an epoch covers.
type round struct {
	first, steps int // first is the number of its first step, from 0
}

// lay counts the steps of the epochs up to the given one, whose sequences it keeps. An epoch's last step has what is left, be
// it less than a full step: no row waits for another epoch and none is left out.
func (s *Set) lay(epoch int) round {
	for len(s.rounds) <= epoch {
		s.laid, s.current = s.sequences(len(s.rounds)), len(s.rounds)
		var next round
		if n := len(s.rounds); n > 0 {
			next.first = s.rounds[n-1].first + s.rounds[n-1].steps
		}
		perStep := s.spec.Batch * s.spec.Accumulate
		next.steps = (len(s.laid) + perStep - 1) / perStep
		s.rounds = append(s.rounds, next)
	}
	return s.rounds[epoch]
}

// sequences puts the examples of an epoch in order, one in each sequence, or packed: each goes into the first of the open
// sequences that has room for it, of which the newest openSequences stay open.
func (s *Set) sequences(epoch int) (list [][]int) {
	order := s.order(epoch)
	if !s.spec.Packing {
		for _, i := range order {
			list = append(list, []int{i})
		}
		return list
	}
	var room []int
	for _, i := range order {
		size := len(s.Train[i].Tokens)
		place := max(0, len(list)-openSequences)
		for place < len(list) && room[place] < size {
			place++
		}
		if place == len(list) {
			list, room = append(list, nil), append(room, s.spec.MaxLength)
		}
		list[place] = append(list[place], i)
		room[place] -= size
	}
	return list
}

// openSequences is how many packed sequences may still get another row.
const openSequences = 64

// Steps is the number of steps of the first epochs.
func (s *Set) Steps(epochs int) int {
	if epochs < 1 {
		return 0
	}
	last := s.lay(epochs - 1)
	return last.first + last.steps
}

// Step is the micro-batches of a step, counted from 0 over all epochs. It depends on nothing but the Set and the number. A Set
// is for one goroutine: it keeps the epoch that it laid out last.
func (s *Set) Step(step int) []MicroBatch {
	epoch := s.Epoch(step)
	r := s.lay(epoch)
	if s.current != epoch {
		s.laid, s.current = s.sequences(epoch), epoch
	}
	perStep := s.spec.Batch * s.spec.Accumulate
	start := (step - r.first) * perStep
	return s.batches(s.laid[min(start, len(s.laid)):min(start+perStep, len(s.laid))], s.Train)
}

// Epoch tells which epoch a step belongs to, from 0.
func (s *Set) Epoch(step int) int {
	if len(s.Train) == 0 {
		return 0
	}
	for last := len(s.rounds) - 1; last < 0 || step >= s.rounds[last].first+s.rounds[last].steps; last++ {
		s.lay(last + 1)
	}
	after, _ := slices.BinarySearchFunc(s.rounds, step+1, func(r round, step int) int { return r.first - step })
	return after - 1
}

// batches makes micro-batches of Batch sequences each, the last with what is left.
func (s *Set) batches(sequences [][]int, examples []Example) (list []MicroBatch) {
	for start := 0; start < len(sequences); start += s.spec.Batch {
		var b MicroBatch
		for _, sequence := range sequences[start:min(start+s.spec.Batch, len(sequences))] {
			for _, i := range sequence {
				b.add(examples[i])
			}
		}
		list = append(list, b)
	}
	return list
}

// ValidationBatches is the validation rows in order, Batch at a time.
func (s *Set) ValidationBatches() []MicroBatch {
	sequences := make([][]int, len(s.Validation))
	for i := range sequences {
		sequences[i] = []int{i}
	}
	return s.batches(sequences, s.Validation)
}
