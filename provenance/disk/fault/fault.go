// Package fault is a disk on which the nth operation fails, for tests of everything that writes.
//
// It can also forget, as a machine without power does, all bytes that were written and not flushed. It is not a file system
// in memory: what it does not fail, it does on the disk that it wraps.
package fault

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/osft-project/osft/provenance/disk"
)

// ErrInjected is what an operation that was made to fail returns.
var ErrInjected = errors.New("injected fault")

// Disk counts the operations on another disk and makes one of them fail.
type Disk struct {
	FS   disk.FS // the disk that does the work
	Fail int     // which operation fails, from 1; 0 is none
	Dead bool    // all later operations fail too, as if the process had ended there

	mu    sync.Mutex
	ops   []string
	files []*file
}

// Operations lists what was asked of the disk so far, one line each, the operation that failed last or among them.
func (d *Disk) Operations() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.ops...)
}

// Failed reports whether the fault has happened.
func (d *Disk) Failed() bool { return d.Fail > 0 && len(d.Operations()) >= d.Fail }

func (d *Disk) operation(name string, paths ...string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ops = append(d.ops, strings.TrimSpace(name+" "+strings.Join(paths, " ")))
	if n := len(d.ops); d.Fail > 0 && (n == d.Fail || d.Dead && n > d.Fail) {
		return fmt.Errorf("operation %d, %s: %w", n, d.ops[n-1], ErrInjected)
	}
	return nil
}

// Create makes a new file.
func (d *Disk) Create(path string) (disk.File, error) { return d.start("create", path, d.FS.Create) }

// Append opens a file for writing at its end.
func (d *Disk) Append(path string) (disk.File, error) { return d.start("append", path, d.FS.Append) }

func (d *Disk) start(name, path string, open func(string) (disk.File, error)) (disk.File, error) {
	if err := d.operation(name, path); err != nil {
		return nil, err
	}
	var before int64
	if info, err := os.Stat(path); err == nil {
		before = info.Size()
	}
	inner, err := open(path)
	if err != nil {
		return nil, err
	}
	f := &file{File: inner, disk: d, path: path, written: before, flushed: before}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.files = append(d.files, f)
	return f, nil
}

// Rename moves a file or a folder.
func (d *Disk) Rename(from, to string) error {
	if err := d.operation("rename", from, to); err != nil {
		return err
	}
	if err := d.FS.Rename(from, to); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, f := range d.files {
		if rest, ok := strings.CutPrefix(f.path, from); ok && (rest == "" || rest[0] == filepath.Separator) {
			f.path = to + rest
		}
	}
	return nil
}

// Remove takes away a file or a folder.
func (d *Disk) Remove(path string) error {
	if err := d.operation("remove", path); err != nil {
		return err
	}
	return d.FS.Remove(path)
}

// MkdirAll makes a folder.
func (d *Disk) MkdirAll(path string) error {
	if err := d.operation("mkdir", path); err != nil {
		return err
	}
	return d.FS.MkdirAll(path)
}

// SyncDir flushes the names in a folder.
func (d *Disk) SyncDir(path string) error {
	if err := d.operation("syncdir", path); err != nil {
		return err
	}
	return d.FS.SyncDir(path)
}

// Lock takes a lock.
func (d *Disk) Lock(path string) (io.Closer, error) {
	if err := d.operation("lock", path); err != nil {
		return nil, err
	}
	return d.FS.Lock(path)
}

// Exists asks; it is not counted, since it changes nothing.
func (d *Disk) Exists(path string) (bool, error) { return d.FS.Exists(path) }

// LosePower cuts every file that was written through this disk to the bytes that had been flushed.
func (d *Disk) LosePower() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all error
	for _, f := range d.files {
		_ = f.File.Close()
		if err := os.Truncate(f.path, f.flushed); err != nil && !errors.Is(err, os.ErrNotExist) {
			all = errors.Join(all, err)
		}
	}
	return all
}

// file is a file whose writes, flush and close count as operations. A write that is made to fail writes half.
type file struct {
	disk.File
	disk             *Disk
	path             string
	written, flushed int64
}

func (f *file) Write(p []byte) (int, error) {
	fault := f.disk.operation("write", f.path)
	if fault != nil {
		p = p[:len(p)/2]
	}
	n, err := f.File.Write(p)
	f.written += int64(n)
	return n, errors.Join(fault, err)
}

func (f *file) Sync() error {
	if err := f.disk.operation("sync", f.path); err != nil {
		return err
	}
	if err := f.File.Sync(); err != nil {
		return err
	}
	f.flushed = f.written
	return nil
}

func (f *file) Close() error {
	return errors.Join(f.disk.operation("close", f.path), f.File.Close())
}
