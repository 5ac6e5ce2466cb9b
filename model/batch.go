package model

import (
	"errors"
	"fmt"
)

// Batch is a micro-batch: one flat list of tokens with document boundaries and no padding. One row per example and a packed
// row of the same documents are the same batch.
type Batch struct {
	Tokens    []int32
	Targets   []int32 // the token that each position should predict; -1 does not count
	Positions []int32 // within the document, from 0
	Documents []int32 // the index at which each token's document starts
}

// Append adds a document: its tokens, and what each of them should predict (nil for nothing).
func (b *Batch) Append(tokens, targets []int32) {
	start := int32(len(b.Tokens))
	for i, t := range tokens {
		target := int32(-1)
		if targets != nil {
			target = targets[i]
		}
		b.Tokens = append(b.Tokens, t)
		b.Targets = append(b.Targets, target)
		b.Positions = append(b.Positions, int32(i))
		b.Documents = append(b.Documents, start)
	}
}

// Loss is a sum in nats and the number of targets in it.
type Loss struct {
	Sum    float64
	Tokens int
}

// Mean is the loss per target, 0 where there is none.
func (l Loss) Mean() float64 {
	if l.Tokens == 0 {
		return 0
	}
	return l.Sum / float64(l.Tokens)
}

// Add adds another sum.
func (l Loss) Add(o Loss) Loss { return Loss{Sum: l.Sum + o.Sum, Tokens: l.Tokens + o.Tokens} }

// counted is the number of targets that count.
func (b *Batch) counted() (n int) {
	for _, t := range b.Targets {
		if t >= 0 {
			n++
		}
	}
	return n
}

// farthest is the largest position: sine and cosine are exact far beyond.
const farthest = 1 << 21

// check refuses batches that no data section makes: they would read memory that is not theirs.
func (b *Batch) check(vocabulary int) error {
	n := len(b.Tokens)
	if n == 0 {
		return errors.New("batch: is empty")
	}
	if len(b.Targets) != n || len(b.Positions) != n || len(b.Documents) != n {
		return fmt.Errorf("batch: %d tokens with %d targets, %d positions and %d documents",
			n, len(b.Targets), len(b.Positions), len(b.Documents))
	}
	start := int32(0)
	for i := range n {
		if b.Documents[i] == int32(i) {
			start = int32(i)
		}
		switch {
		case b.Tokens[i] < 0 || int(b.Tokens[i]) >= vocabulary:
			return fmt.Errorf("batch: token %d: %d is not in the vocabulary of %d (does the tokenizer belong to this model?)",
				i, b.Tokens[i], vocabulary)
		case b.Targets[i] < -1 || int(b.Targets[i]) >= vocabulary:
			return fmt.Errorf("batch: target %d: %d is not in the vocabulary of %d", i, b.Targets[i], vocabulary)
		case b.Positions[i] < 0 || b.Positions[i] >= farthest:
			return fmt.Errorf("batch: position %d: %d is not between 0 and %d", i, b.Positions[i], farthest)
		case b.Documents[i] != start:
			return fmt.Errorf("batch: token %d: document %d does not start there", i, b.Documents[i])
		}
	}
	return nil
}
