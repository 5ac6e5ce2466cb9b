package provenance

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Folder is a folder of the operating system from which only regular files of its own are given out: a link is refused, also
// one that leads to a file beside it, and so are devices and pipes.
type Folder struct{ root *os.Root }

// OpenFolder opens a folder. The path itself may lead through links: whoever names it knows where it leads.
func OpenFolder(path string) (*Folder, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, reason(err))
	}
	return &Folder{root}, nil
}

// Close gives the folder back; files that are open stay open.
func (f *Folder) Close() error { return f.root.Close() }

// Open opens a regular file or a folder.
func (f *Folder) Open(name string) (fs.File, error) {
	before, err := f.Stat(name)
	if err != nil {
		return nil, err
	}
	file, err := f.root.FS().Open(name)
	if err != nil {
		return nil, err
	}
	after, err := file.Stat()
	if err == nil && !os.SameFile(before, after) {
		err = &fs.PathError{Op: "open", Path: name, Err: errors.New("was replaced while it was opened")}
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// Stat describes a regular file or a folder.
func (f *Folder) Stat(name string) (fs.FileInfo, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	info, err := f.root.Lstat(name)
	if err != nil {
		return nil, err
	}
	refused := ""
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		refused = "is a link (copy the folder with its links followed: cp -rL)"
	case !info.Mode().IsRegular() && !info.IsDir():
		refused = "is not a regular file"
	default:
		return info, nil
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: errors.New(refused)}
}

// ReadDir lists a folder.
func (f *Folder) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(f.root.FS(), name) }

// reason takes the operation and the path off an error of the operating system.
func reason(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
