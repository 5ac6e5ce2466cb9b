package weights

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/osft-project/osft/model/weights/mapping"
)

// Mapper is what an opened file may offer so that it is mapped instead of read. A file system that keeps an account of what
// was read implements it on its files and calls Map. The mapping covers the first size bytes; unmap ends it.
type Mapper interface {
	Map(size int64) (data []byte, unmap func() error, err error)
}

// Map maps the first size bytes of a file of the operating system for reading.
func Map(f *os.File, size int64) (data []byte, unmap func() error, err error) {
	region, err := mapping.File(f, f.Name(), size)
	if err != nil {
		return nil, nil, err
	}
	return region.Data, region.Close, nil
}

// Guard runs f; where f reads a mapped tensor of a file that was cut short meanwhile, that is an error with the file's name
// instead of a crash. Goroutines that read for f must set debug.SetPanicOnFault and hand their panics to f's goroutine.
func Guard(f func() error) error { return mapping.Guard(f) }

// file is one opened safetensors file.
type file struct {
	name   string
	handle fs.File // kept open where the file is mapped, else nil
	unmap  func() error
	size   int64
	time   time.Time
	data   []byte // the whole file
	header *header
}

// openFile opens, maps or reads, and checks one file.
func openFile(fsys fs.FS, name string) (*file, error) {
	f, err := mapOrRead(fsys, name)
	if err != nil {
		return nil, err
	}
	err = Guard(func() error {
		h, err := parseHeader(f.data)
		if err != nil {
			return prefixed(name, err)
		}
		f.header = h
		return nil
	})
	if err != nil {
		return nil, errors.Join(err, f.close())
	}
	return f, nil
}

// prefixed puts the file's name before every problem with it.
func prefixed(name string, err error) error {
	if all, ok := err.(interface{ Unwrap() []error }); ok {
		var problems []error
		for _, one := range all.Unwrap() {
			problems = append(problems, prefixed(name, one))
		}
		return errors.Join(problems...)
	}
	return fmt.Errorf("%s: %w", name, err)
}

func mapOrRead(fsys fs.FS, name string) (*file, error) {
	// Asked before opening, because opening a pipe waits for somebody to write to it.
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, reason(err))
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: is not a regular file", name)
	}
	handle, err := fsys.Open(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, reason(err))
	}
	f := &file{name: name, handle: handle}
	if err := f.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, reason(err)), f.close())
	}
	return f, nil
}

// reason takes the operation and the path off an error, because the name is put before it anyway.
func reason(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

func (f *file) load() (err error) {
	info, err := f.handle.Stat()
	if err != nil {
		return err
	}
	f.size, f.time = info.Size(), info.ModTime()
	switch h := f.handle.(type) {
	case Mapper:
		f.data, f.unmap, err = h.Map(f.size)
		return err
	case *os.File:
		f.data, f.unmap, err = Map(h, f.size)
		return err
	}
	f.data, err = io.ReadAll(io.LimitReader(f.handle, f.size+1))
	if err == nil && int64(len(f.data)) != f.size {
		err = fmt.Errorf("its size was %d bytes, %d were read", f.size, len(f.data))
	}
	err = errors.Join(err, f.handle.Close())
	f.handle = nil
	return err
}

func (f *file) close() error {
	var err error
	if f.unmap != nil {
		err = f.unmap()
	}
	if f.handle != nil {
		err = errors.Join(err, f.handle.Close())
	}
	f.handle, f.unmap, f.data = nil, nil, nil
	return err
}

// unchanged compares the size and the time of a mapped file with those at its opening. A file that was read cannot change.
func (f *file) unchanged() error {
	if f.handle == nil {
		return nil
	}
	info, err := f.handle.Stat()
	if err != nil {
		return fmt.Errorf("%s: %w", f.name, reason(err))
	}
	if info.Size() != f.size || !info.ModTime().Equal(f.time) {
		return fmt.Errorf("%s: was changed while it was in use: %d bytes of %s, now %d of %s (leave it alone during a run)",
			f.name, f.size, f.time.UTC().Format(time.RFC3339Nano), info.Size(), info.ModTime().UTC().Format(time.RFC3339Nano))
	}
	return nil
}

// tensors are views of the file's data, in its order.
func (f *file) tensors() []Tensor {
	data := f.data[lengthSize+len(f.header.raw):]
	list := make([]Tensor, len(f.header.tensors))
	for i, e := range f.header.tensors {
		list[i] = Tensor{Name: e.name, DType: e.dtype, Shape: e.shape, Data: data[e.begin:e.end:e.end]}
	}
	return list
}
