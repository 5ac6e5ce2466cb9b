package data

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

// round is one epoch laid out: the sequences in order, each a list of examples, and which steps it covers.
type round struct {
	first     int // number of its first step, from 0
	steps     int
	sequences [][]int
}

// lay lays out the epochs up to the given one. An epoch's last step has what is left, be it less than a full step: no row
// waits for another epoch and none is left out.
func (s *Set) lay(epoch int) *round {
	for len(s.rounds) <= epoch {
		next := &round{sequences: s.sequences(len(s.rounds))}
		if n := len(s.rounds); n > 0 {
			last := s.rounds[n-1]
			next.first = last.first + last.steps
			last.sequences = nil // only the newest epoch is kept; an older one is laid out again
		}
		perStep := s.spec.Batch * s.spec.Accumulate
		next.steps = (len(next.sequences) + perStep - 1) / perStep
		s.rounds = append(s.rounds, next)
	}
	r := s.rounds[epoch]
	if r.sequences == nil {
		r.sequences = s.sequences(epoch)
	}
	return r
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
	last := s.lay(epochs - 1)
	return last.first + last.steps
}

// Step is the micro-batches of a step, counted from 0 over all epochs. It depends on nothing but the Set and the number.
func (s *Set) Step(step int) []MicroBatch {
	r := s.lay(s.Epoch(step))
	perStep := s.spec.Batch * s.spec.Accumulate
	start := (step - r.first) * perStep
	return s.batches(r.sequences[start:min(start+perStep, len(r.sequences))], s.Train)
}

// Epoch tells which epoch a step belongs to, from 0.
func (s *Set) Epoch(step int) (epoch int) {
	for r := s.lay(0); step >= r.first+r.steps; r = s.lay(epoch) {
		epoch++
	}
	return epoch
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
