package provenance

import (
	"errors"
	"io/fs"
	"os"
)

// Named is a file system of single files: the name under which a record has each, and its path. It is for files that a person
// named one by one, so a path may lead through links; what is there must be a regular file.
type Named map[string]string

// Open opens a file by its name.
func (n Named) Open(name string) (fs.File, error) {
	if _, err := n.Stat(name); err != nil {
		return nil, err
	}
	f, err := os.Open(n[name])
	if err != nil {
		return nil, renamed(err, name)
	}
	return f, nil
}

// Stat describes a file by its name.
func (n Named) Stat(name string) (fs.FileInfo, error) {
	path, ok := n[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	// Asked before opening, because opening a pipe waits for somebody to write to it.
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("is not a regular file")
	}
	if err != nil {
		return nil, renamed(err, name)
	}
	return info, nil
}

// renamed is an error about the name instead of the path, which is nobody's business.
func renamed(err error, name string) error {
	return &fs.PathError{Op: "open", Path: name, Err: reason(err)}
}
