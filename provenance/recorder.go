package provenance

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/osft-project/osft/model/weights"
)

// File is a file by its content. Path uses forward slashes and is relative to the folder in which it was read or written.
type File struct {
	Path   string `json:"path"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Recorder is an fs.FS that remembers the digest of every file it gave out, so that what a run depends on is what it read and
// not a list that somebody keeps. A file counts once a byte of it was given out; it is then hashed to its end, also where its
// reader stops before. A mapped file is hashed whole before it is used. A file that is given out twice must be the same both
// times. It is safe for concurrent use.
type Recorder struct {
	fsys  fs.FS
	mu    sync.Mutex
	files map[string]File
}

// Record starts an account of what is read from a file system.
func Record(fsys fs.FS) *Recorder { return &Recorder{fsys: fsys, files: map[string]File{}} }

// Files lists what was given out so far, by path.
func (r *Recorder) Files() []File {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]File, 0, len(r.files))
	for _, f := range r.files {
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return list
}

// Open opens a file. It offers Map (weights.Mapper) exactly where the file below it can be mapped.
func (r *Recorder) Open(name string) (fs.File, error) {
	f, err := r.fsys.Open(name)
	if err != nil {
		return nil, err
	}
	read := &readFile{File: f, recorder: r, name: name, digest: sha256.New()}
	if dir, ok := f.(fs.ReadDirFile); ok {
		if info, err := f.Stat(); err == nil && info.IsDir() {
			return dir, nil
		}
	}
	switch f.(type) {
	case weights.Mapper, *os.File:
		return &mappableFile{read}, nil
	}
	return read, nil
}

// Stat describes a file without giving any of it out.
func (r *Recorder) Stat(name string) (fs.FileInfo, error) { return fs.Stat(r.fsys, name) }

// ReadDir lists a folder. Names alone are not recorded.
func (r *Recorder) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(r.fsys, name) }

// add enters a file. One that is there already must be the same.
func (r *Recorder) add(f File) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if before, ok := r.files[f.Path]; ok && before != f {
		return fmt.Errorf("%s: was changed while it was in use: it had the sha256 %s, now %s (leave it alone during a run)",
			f.Path, before.SHA256, f.SHA256)
	}
	r.files[f.Path] = f
	return nil
}

// readFile hashes what is read from a file.
type readFile struct {
	fs.File
	recorder *Recorder
	name     string
	digest   hash.Hash
	size     int64
	closed   bool
}

// Read reads on. At the end of the file its digest is entered.
func (f *readFile) Read(p []byte) (int, error) {
	n, err := f.File.Read(p)
	f.digest.Write(p[:n])
	f.size += int64(n)
	if errors.Is(err, io.EOF) && f.size > 0 {
		if err := f.enter(); err != nil {
			return n, err
		}
	}
	return n, err
}

// Close hashes what was not read of a file that was begun.
func (f *readFile) Close() error {
	if f.closed {
		return f.File.Close()
	}
	f.closed = true
	if f.size == 0 {
		return f.File.Close()
	}
	_, err := io.Copy(io.Discard, onlyReader{f})
	return errors.Join(err, f.File.Close())
}

// onlyReader hides what else a file can do from io.Copy, which would pass the hash by.
type onlyReader struct{ io.Reader }

func (f *readFile) enter() error {
	return f.recorder.add(File{Path: f.name, Size: f.size, SHA256: hex.EncodeToString(f.digest.Sum(nil))})
}

// mappableFile is a file that can be mapped instead of read.
type mappableFile struct{ *readFile }

// Map hashes the file and maps it.
func (f *mappableFile) Map(size int64) (data []byte, unmap func() error, err error) {
	if below, ok := f.File.(weights.Mapper); ok {
		if data, unmap, err = below.Map(size); err == nil {
			f.digest.Write(data)
		}
	} else {
		// Read and not looked at in memory, because mapped pages count as memory of the process.
		handle := f.File.(*os.File)
		if err = hashRange(f.digest, handle, size); err == nil {
			data, unmap, err = weights.Map(handle, size)
		}
	}
	if err != nil {
		return nil, nil, err
	}
	f.size, f.closed = size, true // nothing is left to hash at Close
	if err := f.enter(); err != nil {
		return nil, nil, errors.Join(err, unmap())
	}
	return data, unmap, nil
}

func hashRange(digest hash.Hash, from io.ReaderAt, size int64) error {
	n, err := io.CopyBuffer(digest, onlyReader{io.NewSectionReader(from, 0, size)}, make([]byte, 1<<20))
	if err == nil && n != size {
		err = fmt.Errorf("its size was %d bytes, %d were read", size, n)
	}
	return err
}
