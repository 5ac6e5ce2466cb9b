package provenance

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"slices"
	"strings"
	"sync"

	"github.com/osft-project/osft/provenance/disk"
)

// Written is a folder being written that remembers the digest of every file that was completed in it.
type Written struct {
	folder disk.Folder
	mu     sync.Mutex
	files  []File
}

// RecordWrites starts an account of what is written to a folder.
func RecordWrites(folder disk.Folder) *Written { return &Written{folder: folder} }

// Create makes a file; it is in the account once it is closed without an error.
func (w *Written) Create(name string) (disk.File, error) {
	f, err := w.folder.Create(name)
	if err != nil {
		return nil, err
	}
	return &writtenFile{File: f, folder: w, name: name, digest: sha256.New()}, nil
}

// WriteFile makes a file with this content.
func (w *Written) WriteFile(name string, data []byte) error {
	f, err := w.Create(name)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// Files lists what was completed so far, by path.
func (w *Written) Files() []File {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := slices.Clone(w.files)
	slices.SortFunc(list, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return list
}

type writtenFile struct {
	disk.File
	folder *Written
	name   string
	digest hash.Hash
	size   int64
	closed bool
}

func (f *writtenFile) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	f.digest.Write(p[:n])
	f.size += int64(n)
	return n, err
}

func (f *writtenFile) Close() error {
	if err := f.File.Close(); err != nil || f.closed {
		return err
	}
	f.closed = true
	f.folder.mu.Lock()
	defer f.folder.mu.Unlock()
	f.folder.files = append(f.folder.files, File{Path: f.name, Size: f.size, SHA256: hex.EncodeToString(f.digest.Sum(nil))})
	return nil
}

// SHA256 is the digest of some bytes, in hexadecimal.
func SHA256(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
