// Package source reads the rows of a dataset's files, one after the other, with the number of each. A format is a file of this
// package, registered by the ending of file names. It refuses to know what a row means, and to read past a damaged one.
package source

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/osft-project/osft/provenance/strict"
)

// Row is one row of a file.
type Row struct {
	File   string
	Number int          // from 0, over all files of the dataset
	Line   int          // from 1, in its file; 0 where the whole file is one row
	Raw    []byte       // its bytes, which its digest is of; not kept after the row is handed over
	Object strict.Value // JSON formats
	Text   string       // plain text
	Plain  bool         // the row is Text, not Object
}

// Where names the row for messages: "train.jsonl:3".
func (r Row) Where() string {
	if r.Line == 0 {
		return r.File
	}
	return fmt.Sprintf("%s:%d", r.File, r.Line)
}

// format reads the rows of one file. It stops at the first row that take refuses, and reports a damaged row by a RowError
// through damaged, which decides whether to go on.
type format func(name string, file fs.File, take func(Row) error, damaged func(error) error) error

// formats are the known endings.
var formats = map[string]format{}

// Read hands the rows of the files to take, in order. Damaged rows are collected, at most MaxDamaged of them, and returned
// together; an error of take ends the reading.
func Read(ctx context.Context, fsys fs.FS, files []string, take func(Row) error) error {
	var problems []error
	number := 0
	for _, name := range files {
		rows := number
		err := read(fsys, name, func(r Row) error {
			if err := ctx.Err(); err != nil {
				return context.Cause(ctx)
			}
			r.Number = number
			number++
			return take(r)
		}, func(err error) error {
			number++
			if problems = append(problems, err); len(problems) >= MaxDamaged {
				return errTooMany
			}
			return nil
		})
		if err != nil && !errors.Is(err, errTooMany) {
			return errors.Join(append(problems, err)...)
		}
		if number == rows {
			problems = append(problems, fmt.Errorf("%s: holds no rows (write one JSON object a line)", name))
		}
	}
	return errors.Join(problems...)
}

// MaxDamaged is how many damaged rows are reported at most.
const MaxDamaged = 20

var errTooMany = errors.New("too many damaged rows")

func read(fsys fs.FS, name string, take func(Row) error, damaged func(error) error) error {
	f, ok := formats[path.Ext(name)]
	if !ok {
		return fmt.Errorf("%s: the ending is none of %s (convert it to one JSON object a line)", name, strings.Join(Endings(), ", "))
	}
	file, err := fsys.Open(name)
	if err != nil {
		return fmt.Errorf("%s: cannot be read: %w (is the path relative to the recipe?)", name, errors.Unwrap(err))
	}
	defer file.Close()
	return f(name, file, take, damaged)
}

// Endings lists the endings of file names that can be read.
func Endings() (list []string) {
	for ending := range formats {
		list = append(list, ending)
	}
	slices.Sort(list)
	return list
}
