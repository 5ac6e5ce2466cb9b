package state

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/osft-project/osft/provenance/disk"
	"github.com/osft-project/osft/provenance/strict"
)

// Suffix is what the name of the working folder has after the name of the output.
const Suffix = ".work"

const (
	lockName     = "lock"
	identityName = "identity.json"
	format       = "osft-work/1"
)

// Fact is something that a run is made of: a key of the recipe, the digest of a file that was read. All facts together are a
// run's identity; two runs of equal facts do the same.
type Fact struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// ChangedError says that an unfinished run was started from something else than what is there now.
type ChangedError struct {
	Work        string
	Differences []string // one line each
}

// Error lists every difference and what to do.
func (e *ChangedError) Error() string {
	return fmt.Sprintf("%s: holds an unfinished run that was started from something else:\n  %s\n"+
		"(put it back as it was, name another output.dir, or throw the unfinished run away with --restart)",
		e.Work, strings.Join(e.Differences, "\n  "))
}

// Work is the working folder of a run. While it is open no other process can use it.
type Work struct {
	fsys disk.FS
	dir  string
	lock io.Closer
}

// Open makes the folder where it is missing and locks it. The error wraps disk.ErrLocked where another process has it.
func Open(fsys disk.FS, dir string) (*Work, error) {
	if err := fsys.MkdirAll(dir); err != nil {
		return nil, err
	}
	lock, err := fsys.Lock(filepath.Join(dir, lockName))
	if err != nil {
		return nil, err
	}
	return &Work{fsys: fsys, dir: dir, lock: lock}, nil
}

// Path is the place of a name in the folder.
func (w *Work) Path(name string) string { return filepath.Join(w.dir, name) }

// Disk is the disk that the folder is on.
func (w *Work) Disk() disk.FS { return w.fsys }

// Close gives the lock back and leaves everything for the next process.
func (w *Work) Close() error {
	if w.lock == nil {
		return nil
	}
	err := w.lock.Close()
	w.lock = nil
	return err
}

// Remove takes the folder away, when the run has been published.
func (w *Work) Remove() error {
	// With the lock still held, so that nobody begins in a folder that is going away. Windows removes no file that is open:
	// there the second attempt, without the lock, does it.
	err := w.fsys.Remove(w.dir)
	if closing := w.Close(); err != nil {
		err = errors.Join(closing, w.fsys.Remove(w.dir))
	}
	return err
}

// Restart throws away what an unfinished run left here.
func (w *Work) Restart() error {
	entries, err := os.ReadDir(w.dir)
	if err != nil {
		return err
	}
	// The identity goes last: while it is there, what is left still belongs to the run that it names.
	for _, e := range entries {
		if e.Name() != lockName && e.Name() != identityName {
			if err := w.fsys.Remove(w.Path(e.Name())); err != nil {
				return err
			}
		}
	}
	return w.fsys.Remove(w.Path(identityName))
}

// Claim enters the identity of a run that starts here, or compares it with that of the unfinished run that is here already.
// The error is a *ChangedError where they differ.
func (w *Work) Claim(facts []Fact) (unfinished bool, err error) {
	before, err := w.identity()
	if err != nil {
		return false, err
	}
	if before == nil {
		data, err := strict.Marshal(identity{Format: format, Facts: facts})
		if err != nil {
			return false, err
		}
		return false, disk.WriteFile(w.fsys, w.Path(identityName), data)
	}
	if lines := Differences(before, facts); len(lines) > 0 {
		return true, &ChangedError{Work: w.dir, Differences: lines}
	}
	return true, nil
}

type identity struct {
	Format string `json:"format"`
	Facts  []Fact `json:"facts"`
}

// identity is that of the unfinished run, nil where there is none.
func (w *Work) identity() ([]Fact, error) {
	data, err := os.ReadFile(w.Path(identityName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var id identity
	if err == nil {
		err = strict.Unmarshal(data, &id, strict.Limits{})
	}
	if err == nil && id.Format != format {
		err = fmt.Errorf("format: %q, this version continues %q", id.Format, format)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w (throw the unfinished run away with --restart)", w.Path(identityName), err)
	}
	return id.Facts, nil
}

// Differences compares two identities, a line for each fact that is not the same, in the order of the facts.
func Differences(before, now []Fact) (lines []string) {
	old := map[string]string{}
	for _, f := range before {
		old[f.Key] = f.Value
	}
	for _, f := range now {
		was, ok := old[f.Key]
		delete(old, f.Key)
		switch {
		case !ok:
			lines = append(lines, fmt.Sprintf("%s: is %s now, and was not there", f.Key, f.Value))
		case was != f.Value:
			lines = append(lines, fmt.Sprintf("%s: was %s, is %s now", f.Key, was, f.Value))
		}
	}
	for _, f := range before {
		if was, ok := old[f.Key]; ok {
			lines = append(lines, fmt.Sprintf("%s: was %s, and is not there now", f.Key, was))
		}
	}
	return lines
}
