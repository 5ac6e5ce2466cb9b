// Package disk is the one way by which osft writes files that must survive a crash.
//
// A file appears under its name with all its bytes or not at all: it is written beside its place, flushed, renamed, and the
// folder is flushed. A folder that is published is built elsewhere on the same file system and appears by one rename. What a
// crash leaves behind carries a name that nothing takes for a result, and the next run removes it. Locks are the operating
// system's, so a process that died holds none.
//
// All of it goes through the interface FS, whose operations can be made to fail one by one (package fault), so that this can
// be tested instead of hoped for. It does not read, does not hash, and does not know what the files mean.
package disk

import (
	"io"
)

// File is a file being written, from its start to its end.
type File interface {
	io.WriteCloser
	// Sync returns when the bytes written are on the disk.
	Sync() error
}

// FS is what writing needs of a file system. Paths are those of the operating system.
type FS interface {
	// Create makes a new file; a file or link that is there already is an error.
	Create(path string) (File, error)
	// Append opens a file for writing at its end and makes it where it is missing.
	Append(path string) (File, error)
	// Rename moves a file over whatever file has the new name, or a folder to a name that is free.
	Rename(from, to string) error
	// Remove takes away a file, or a folder and all that is in it. It is no error when nothing is there.
	Remove(path string) error
	// MkdirAll makes a folder and the folders above it, where they are missing.
	MkdirAll(path string) error
	// SyncDir returns when the names in a folder are on the disk. Windows has no such thing; there it does nothing.
	SyncDir(path string) error
	// Lock takes a lock that this process alone has until Close, or until it dies. It does not wait.
	Lock(path string) (io.Closer, error)
	// Exists reports whether anything has that name, a link that leads nowhere included.
	Exists(path string) (bool, error)
}
