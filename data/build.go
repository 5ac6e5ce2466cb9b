package data

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/osft-project/osft/data/format"
	"github.com/osft-project/osft/data/source"
)

// Set is a dataset made into tokens.
type Set struct {
	Train      []Example
	Validation []Example

	spec    Spec
	ledger  []Entry
	rounds  []round // epochs counted so far
	laid    [][]int // the sequences of the current epoch
	current int
}

// Build reads and encodes every row of the files of a Spec, relative to fsys. Problems of rows are returned together, the
// first MaxProblems of them in full.
func Build(ctx context.Context, fsys fs.FS, spec Spec, language Language) (*Set, error) {
	if err := errors.Join(spec.check(), spec.checkEnds(language)); err != nil {
		return nil, err
	}
	render, err := format.New(spec.Format, format.Options{
		Field: spec.Field, Template: spec.Template, Fields: spec.Fields, AddBOS: spec.AddBOS, AddEOS: spec.AddEOS,
	}, language)
	if err != nil {
		return nil, err
	}
	b := &builder{set: &Set{spec: spec}, spec: spec, language: language, render: render}
	if err := b.read(ctx, fsys, spec.Files, false); err != nil {
		return nil, err
	}
	if spec.Validation != "" {
		if err := b.read(ctx, fsys, []string{spec.Validation}, true); err != nil {
			return nil, err
		}
	}
	return b.set, b.check()
}

// MaxProblems is how many rows with problems are told in full.
const MaxProblems = 20

// builder fills a Set.
type builder struct {
	set      *Set
	spec     Spec
	language Language
	render   format.Format
	problems []error
	more     int        // problems beyond MaxProblems
	streams  [2]running // of windows, for training and validation
}

// read reads files as training rows, of which a share may be kept for validation, or all as validation rows. It reads no
// further than to the last row of data.rows.
func (b *builder) read(ctx context.Context, fsys fs.FS, files []string, validation bool) error {
	rows, start, end := 0, b.spec.Start, b.spec.End
	if validation {
		start, end = 0, -1
	}
	err := source.Read(ctx, fsys, files, func(row source.Row) error {
		rows++
		if row.Number >= start && (end < 0 || row.Number < end) {
			if err := b.row(row, validation); err != nil {
				b.problem(fmt.Errorf("%s: %w", row.Where(), err))
			}
		}
		if end >= 0 && rows >= end {
			return source.ErrStop
		}
		return nil
	})
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	switch {
	case err != nil:
		b.problem(err)
	case rows < end:
		b.problem(fmt.Errorf("data.rows: %d..%d: %s has %d rows (write a range within them)", start, end, strings.Join(files, ", "), rows))
	}
	for i := range b.streams {
		b.streams[i].flush(b)
	}
	return nil
}

func (b *builder) problem(err error) {
	if len(b.problems) < MaxProblems {
		b.problems = append(b.problems, err)
		return
	}
	b.more++
}

// row encodes one row and decides its fate.
func (b *builder) row(row source.Row, validation bool) error {
	if row.Err != nil {
		return row.Err
	}
	r, err := b.render(row)
	if err != nil {
		return err
	}
	tokens, counts := b.encode(r)
	entry := Entry{File: row.File, Row: row.Number, Line: row.Line, Source: sha256.Sum256(row.Raw), Text: sha256.Sum256([]byte(r.Text)),
		Ids: digest(tokens), Tokens: len(tokens), Fate: Trained}
	if validation || !row.Plain && share(entry.Source) < b.spec.ValidationShare {
		entry.Fate = Validated
	}
	if row.Plain || b.spec.Format == "text" && b.spec.Windows == "contiguous" {
		return b.windows(row, tokens, counts, entry)
	}
	return b.sequence(row, tokens, counts, entry)
}

// sequence makes a row one example, after what its length demands.
func (b *builder) sequence(row source.Row, tokens []int32, counts []bool, entry Entry) error {
	if over := len(tokens) - b.spec.MaxLength; over > 0 {
		switch b.spec.TooLong {
		case "drop":
			entry.Lost, entry.Fate = len(tokens), Dropped
			b.set.ledger = append(b.set.ledger, entry)
			return nil
		case "truncate":
			entry.Lost = over
			tokens, counts = tokens[:b.spec.MaxLength], counts[:b.spec.MaxLength]
		default:
			return fmt.Errorf("has %d tokens, train.max_length is %d (raise it, or write data.too_long: truncate or drop)", len(tokens), b.spec.MaxLength)
		}
	}
	e := example(tokens, counts, row.Where())
	entry.Targets = e.Targets()
	switch {
	case entry.Targets == 0 && entry.Lost > 0:
		return fmt.Errorf("has no target left after %d of its tokens were cut (raise train.max_length, or write data.too_long: drop)", entry.Lost)
	case entry.Targets == 0:
		return errNoTarget
	}
	b.set.ledger = append(b.set.ledger, entry)
	b.add(e, entry.Fate)
	return nil
}

// add puts an example where its fate says.
func (b *builder) add(e Example, fate Fate) {
	if fate == Validated {
		b.set.Validation = append(b.set.Validation, e)
		return
	}
	b.set.Train = append(b.set.Train, e)
}

// check refuses a dataset from which nothing can be learnt.
func (b *builder) check() error {
	files := strings.Join(b.spec.Files, ", ")
	if len(b.problems) == 0 && len(b.set.Train) == 0 {
		b.problem(fmt.Errorf("%s: no row is left to train on (look at data.rows, data.validation_share and data.too_long)", files))
	}
	if len(b.problems) == 0 && b.spec.ValidationShare > 0 && len(b.set.Validation) == 0 {
		b.problem(fmt.Errorf("%s: data.validation_share of %v keeps no row for validation (raise it, or name data.validation)", files, b.spec.ValidationShare))
	}
	if b.more > 0 {
		b.problems = append(b.problems, fmt.Errorf("%s: and %d more rows with problems", files, b.more))
	}
	return errors.Join(b.problems...)
}

// share maps a digest evenly to [0, 1): its first 53 bits.
func share(digest [32]byte) float64 {
	return float64(binary.BigEndian.Uint64(digest[:])>>11) / (1 << 53)
}

// digest is the sha256 of token ids as little-endian 32-bit integers.
func digest(tokens []int32) [32]byte {
	data := make([]byte, 0, 4*len(tokens))
	for _, id := range tokens {
		data = binary.LittleEndian.AppendUint32(data, uint32(id))
	}
	return sha256.Sum256(data)
}
