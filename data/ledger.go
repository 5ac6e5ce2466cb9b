package data

import (
	"crypto/sha256"
	"encoding/hex"
	"io"

	"github.com/osft-project/osft/provenance/strict"
)

// Fate is what became of a row.
type Fate string

// The fates of rows.
const (
	Trained   Fate = "trained"
	Validated Fate = "validation"
	Dropped   Fate = "dropped"
)

// Entry is what the ledger says of one row. Digests are sha256.
type Entry struct {
	File    string
	Row     int      // from 0, over all training files
	Line    int      // from 1, in its file; 0 for plain text, which is one row
	Source  [32]byte // of the row's bytes
	Text    [32]byte // of the text it was rendered to
	Ids     [32]byte // of its token ids before anything was cut, as little-endian 32-bit integers
	Tokens  int      // before anything was cut
	Targets int
	Held    int // of Targets, kept for validation though the row is trained on: plain text, of which windows are kept
	Lost    int // tokens that were cut or dropped
	Fate    Fate
}

// Ledger lists what became of every row that data.rows chose, in the order of the files.
func (s *Set) Ledger() []Entry { return s.ledger }

// Count sums up a ledger.
type Count struct {
	Rows, Trained, Validation, Dropped, Truncated int
	Tokens, Targets, Held, Lost                   int
}

// Count sums up the ledger.
func (s *Set) Count() (c Count) {
	for _, e := range s.ledger {
		c.Rows++
		c.Tokens += e.Tokens
		c.Targets += e.Targets
		c.Held += e.Held
		c.Lost += e.Lost
		switch {
		case e.Fate == Dropped:
			c.Dropped++
		case e.Lost > 0:
			c.Truncated++
		}
		switch e.Fate {
		case Trained:
			c.Trained++
		case Validated:
			c.Validation++
		}
	}
	return c
}

// WriteLedger writes one JSON object a row, and returns the sha256 of what it wrote.
func (s *Set) WriteLedger(w io.Writer) (digest [32]byte, err error) {
	sum := sha256.New()
	out := io.MultiWriter(w, sum)
	for _, e := range s.ledger {
		line, err := strict.MarshalLine(strict.Ordered{
			{Name: "file", Value: e.File}, {Name: "row", Value: e.Row}, {Name: "line", Value: e.Line},
			{Name: "source_sha256", Value: hex.EncodeToString(e.Source[:])}, {Name: "text_sha256", Value: hex.EncodeToString(e.Text[:])},
			{Name: "ids_sha256", Value: hex.EncodeToString(e.Ids[:])}, {Name: "tokens", Value: e.Tokens},
			{Name: "targets", Value: e.Targets}, {Name: "validation_targets", Value: e.Held}, {Name: "fate", Value: e.Fate}, {Name: "lost_tokens", Value: e.Lost},
		})
		if err != nil {
			return digest, err
		}
		if _, err := out.Write(append(line, '\n')); err != nil {
			return digest, err
		}
	}
	return [32]byte(sum.Sum(nil)), nil
}
