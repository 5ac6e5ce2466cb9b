// Package weights reads and writes the tensors of checkpoints in the safetensors format: one file, or shards with an index.
//
// Reading is by memory map where the file allows it, so a tensor costs memory only while it is used, and strict: a header
// that names data twice, leaves some out, overflows, or points elsewhere is an error, not a guess. Writing back keeps what was
// not changed byte for byte: the files and their order, each header, each dtype, the metadata.
//
// It knows nothing of models: which tensors there must be and of which shapes is package model's business. It reads no pickle
// files and never will, and it computes nothing but the rounding between float32, bfloat16 and float16.
package weights

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
)

// The names under which a checkpoint's tensors are found.
const (
	FileName  = "model.safetensors"
	IndexName = "model.safetensors.index.json"
)

// Checkpoint is a set of opened files. It does not change and is safe for concurrent use until Close.
type Checkpoint struct {
	files   []*file
	index   *index // nil for a single file
	tensors []Tensor
	byName  map[string]int
	warning string
}

// Open opens the checkpoint in a folder: model.safetensors, or the shards of model.safetensors.index.json. Having both is an
// error, since they could differ. Files of the operating system are mapped, other files offer Mapper or are read into memory.
func Open(fsys fs.FS) (*Checkpoint, error) {
	single, err := exists(fsys, FileName)
	if err != nil {
		return nil, err
	}
	sharded, err := exists(fsys, IndexName)
	if err != nil {
		return nil, err
	}
	switch {
	case single && sharded:
		return nil, fmt.Errorf("%s: there is also %s (remove the one that is not meant)", FileName, IndexName)
	case single:
		return OpenFile(fsys, FileName)
	case sharded:
		return openShards(fsys)
	}
	return nil, fmt.Errorf("%s: not found, nor %s (is this a checkpoint in safetensors format?)", FileName, IndexName)
}

func exists(fsys fs.FS, name string) (bool, error) {
	_, err := fs.Stat(fsys, name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("%s: %w", name, reason(err))
	}
	return true, nil
}

// OpenFile opens one safetensors file of any name.
func OpenFile(fsys fs.FS, name string) (*Checkpoint, error) {
	f, err := openFile(fsys, name)
	if err != nil {
		return nil, err
	}
	return assemble([]*file{f}, nil), nil
}

func openShards(fsys fs.FS) (*Checkpoint, error) {
	x, err := readIndex(fsys)
	if err != nil {
		return nil, err
	}
	var files []*file
	var problems []error
	for _, name := range x.shards {
		f, err := openFile(fsys, name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			problems = append(problems, fmt.Errorf("%w (%s names it)", err, IndexName))
		case err != nil:
			problems = append(problems, err)
		default:
			files = append(files, f)
		}
	}
	if problems == nil {
		problems = append(problems, x.check(files))
	}
	if err := errors.Join(problems...); err != nil {
		return nil, errors.Join(err, closeAll(files))
	}
	c := assemble(files, x)
	c.warning = x.warning(c.size())
	return c, nil
}

func assemble(files []*file, x *index) *Checkpoint {
	c := &Checkpoint{files: files, index: x, byName: map[string]int{}}
	for _, f := range files {
		c.tensors = append(c.tensors, f.tensors()...)
	}
	for i, t := range c.tensors {
		c.byName[t.Name] = i
	}
	return c
}

func (c *Checkpoint) size() (n int) {
	for _, t := range c.tensors {
		n += len(t.Data)
	}
	return n
}

// Tensors returns all tensors in the order of the files and, within a file, of its data.
func (c *Checkpoint) Tensors() []Tensor { return slices.Clone(c.tensors) }

// Tensor returns the tensor of that name.
func (c *Checkpoint) Tensor(name string) (Tensor, bool) {
	i, ok := c.byName[name]
	if !ok {
		return Tensor{}, false
	}
	return c.tensors[i], true
}

// Files returns the names of the files, the index last.
func (c *Checkpoint) Files() []string {
	var names []string
	for _, f := range c.files {
		names = append(names, f.name)
	}
	if c.index != nil {
		names = append(names, IndexName)
	}
	return names
}

// Metadata returns the free text that the file of that name carries, a copy; nil where it has none.
func (c *Checkpoint) Metadata(fileName string) map[string]string {
	for _, f := range c.files {
		if f.name != fileName || f.header.metaAt < 0 {
			continue
		}
		text := make(map[string]string, len(f.header.metadata))
		for _, m := range f.header.metadata {
			text[m.Name], _ = m.Value.(string)
		}
		return text
	}
	return nil
}

// Warnings returns what is wrong and does no harm, one line each.
func (c *Checkpoint) Warnings() []string {
	if c.warning == "" {
		return nil
	}
	return []string{c.warning}
}

// Unchanged compares the size and the time of each mapped file with those at its opening. Called at the end of a run it tells
// whether what was used is still what was opened.
func (c *Checkpoint) Unchanged() error {
	var problems []error
	for _, f := range c.files {
		problems = append(problems, f.unchanged())
	}
	return errors.Join(problems...)
}

// Close ends the mappings. Views of tensors must not be used any more.
func (c *Checkpoint) Close() error { return closeAll(c.files) }

func closeAll(files []*file) error {
	var problems []error
	for _, f := range files {
		problems = append(problems, f.close())
	}
	return errors.Join(problems...)
}
