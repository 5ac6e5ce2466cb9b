package disk

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/gofrs/flock"
)

// System is the FS of the operating system.
type System struct{}

const (
	filePerm = 0o644
	dirPerm  = 0o755
)

// ErrLocked is what Lock's error wraps where another process has the lock.
var ErrLocked = errors.New("in use by another run that is still alive (wait for it, or end it)")

// Create makes a new file for writing.
func (System) Create(path string) (File, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, filePerm)
}

// Append opens a file for writing at its end.
func (System) Append(path string) (File, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, filePerm)
}

// Rename moves a file or a folder.
func (System) Rename(from, to string) error { return os.Rename(from, to) }

// Remove takes away a file or a folder.
func (System) Remove(path string) error { return os.RemoveAll(path) }

// MkdirAll makes a folder.
func (System) MkdirAll(path string) error { return os.MkdirAll(path, dirPerm) }

// SyncDir flushes the names in a folder.
func (System) SyncDir(path string) error { return syncDir(path) }

// Exists reports whether anything has that name.
func (System) Exists(path string) (bool, error) {
	_, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// Lock locks the file at path, which is made where it is missing and stays when the lock is given back: removing it would
// let two processes lock two files of one name. The error wraps ErrLocked where another process has the lock.
func (System) Lock(path string) (io.Closer, error) {
	lock := flock.New(path, flock.SetPermissions(filePerm))
	got, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("%s: lock: %w", path, err)
	}
	if !got {
		return nil, fmt.Errorf("%s: lock: %w", path, ErrLocked)
	}
	return lock, nil
}
