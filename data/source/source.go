// Package source reads the rows of a dataset's files, one after the other, with the number of each. A format is a file of this
// package, registered by the ending of file names. It refuses to know what a row means and to repair a damaged one: a damaged
// row is handed over as what it is, in its place, so that it has its number and no other row changes its own.
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
	Raw    []byte       // its bytes, which its digest is of, without the line's end
	Object strict.Value // JSON formats
	Text   string       // plain text
	Plain  bool         // the row is Text, not Object
	Err    error        // why the row cannot be read; it has neither Object nor Text then
}

// Where names the row for messages: "train.jsonl:3".
func (r Row) Where() string {
	if r.Line == 0 {
		return r.File
	}
	return fmt.Sprintf("%s:%d", r.File, r.Line)
}

// ErrStop is what a receiver of rows returns when it has seen enough. Read then ends without an error.
var ErrStop = errors.New("enough rows were read")

// format hands over the rows of one file. It ends at the first error that take returns, and returns it. Other errors of its
// own are of the whole file.
type format func(name string, file fs.File, take func(Row) error) error

// formats are the known endings.
var formats = map[string]format{}

// Read hands the rows of the files to take, in order, and ends at the first error that take returns. Problems of whole files
// (one that cannot be read, or has no rows) do not keep it from the next file and are returned together.
func Read(ctx context.Context, fsys fs.FS, files []string, take func(Row) error) error {
	var problems []error
	number := 0
	for _, name := range files {
		var ended error
		first := number
		err := read(fsys, name, func(r Row) error {
			if ended = context.Cause(ctx); ended != nil {
				return ended
			}
			r.Number = number
			number++
			ended = take(r)
			return ended
		})
		switch {
		case errors.Is(ended, ErrStop):
			return errors.Join(problems...)
		case ended != nil:
			return errors.Join(append(problems, ended)...)
		case err != nil:
			problems = append(problems, err)
		case number == first:
			problems = append(problems, fmt.Errorf("%s: holds no rows (write one JSON object a line, or text)", name))
		}
	}
	return errors.Join(problems...)
}

func read(fsys fs.FS, name string, take func(Row) error) error {
	f, ok := formats[path.Ext(name)]
	if !ok {
		return fmt.Errorf("%s: the ending is none of %s (convert it to one JSON object a line)", name, strings.Join(Endings(), ", "))
	}
	file, err := fsys.Open(name)
	if err != nil {
		var path *fs.PathError
		if errors.As(err, &path) {
			err = path.Err
		}
		return fmt.Errorf("%s: cannot be read: %w (is the path relative to the recipe?)", name, err)
	}
	return errors.Join(f(name, file, take), file.Close())
}

// Endings lists the endings of file names that can be read.
func Endings() (list []string) {
	for ending := range formats {
		list = append(list, ending)
	}
	slices.Sort(list)
	return list
}
