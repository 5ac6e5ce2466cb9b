package disk

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// Folder is a place where files can be made by name; names use forward slashes. Close makes a file complete.
type Folder interface {
	Create(name string) (File, error)
}

// Stage is a folder that is being built and appears at its place by one rename. It is for one goroutine at a time.
type Stage struct {
	fsys FS
	work string
	dirs []string // that hold something, the stage itself first
	open int      // files not closed yet
	err  error    // the first thing that went wrong: such a stage is never published
}

// NewStage makes an empty folder at work; what an earlier run left there is removed. Work must be on the file system of the
// place where the folder is going to appear.
func NewStage(fsys FS, work string) (*Stage, error) {
	if err := fsys.Remove(work); err != nil {
		return nil, err
	}
	if err := fsys.MkdirAll(work); err != nil {
		return nil, err
	}
	return &Stage{fsys: fsys, work: work, dirs: []string{work}}, nil
}

// Path is the folder being built.
func (s *Stage) Path() string { return s.work }

// Create makes a new file in the stage, and the folders of its name. The file is flushed when it is closed.
func (s *Stage) Create(name string) (File, error) {
	file, err := s.create(name)
	if err != nil {
		return nil, s.failed(err)
	}
	s.open++
	return &stagedFile{File: file, stage: s}, nil
}

func (s *Stage) create(name string) (File, error) {
	if !filepath.IsLocal(filepath.FromSlash(name)) || strings.Contains(name, `\`) {
		return nil, fmt.Errorf("%s: %q leads out of the folder", s.work, name)
	}
	path := filepath.Join(s.work, filepath.FromSlash(name))
	if err := s.mkdirs(filepath.Dir(path)); err != nil {
		return nil, err
	}
	return s.fsys.Create(path)
}

// mkdirs makes a folder of the stage and remembers it and those above it for Publish.
func (s *Stage) mkdirs(dir string) error {
	if slices.Contains(s.dirs, dir) {
		return nil
	}
	if err := s.mkdirs(filepath.Dir(dir)); err != nil {
		return err
	}
	if err := s.fsys.MkdirAll(dir); err != nil {
		return err
	}
	s.dirs = append(s.dirs, dir)
	return nil
}

// WriteFile makes a file of the stage with this content.
func (s *Stage) WriteFile(name string, data []byte) error {
	file, err := s.Create(name)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Close())
}

// Publish makes the folder appear at out, where nothing may be, by one rename after everything in it is on the disk. A stage
// in which anything failed, or in which a file is still open, is refused.
func (s *Stage) Publish(out string) error {
	if err := s.settle(); err != nil {
		return err
	}
	if taken, err := s.fsys.Exists(out); err != nil {
		return err
	} else if taken {
		return fmt.Errorf("%s: is there already (name another folder, or have it replaced)", out)
	}
	return s.appear(out)
}

// Replace does what Publish does and takes the place of a folder that is there. The old one is moved to aside, a free place
// on the same file system, until the new one stands; then it is removed. A crash between the two renames leaves it at aside,
// whole, and nothing at out.
func (s *Stage) Replace(out, aside string) error {
	if err := s.settle(); err != nil {
		return err
	}
	if taken, err := s.fsys.Exists(out); err != nil {
		return err
	} else if !taken {
		return s.appear(out)
	}
	if err := s.fsys.Remove(aside); err != nil {
		return err
	}
	if err := s.fsys.Rename(out, aside); err != nil {
		return err
	}
	if err := s.fsys.Rename(s.work, out); err != nil {
		return errors.Join(err, s.fsys.Rename(aside, out))
	}
	if err := s.syncParents(out); err != nil {
		return err
	}
	return s.fsys.Remove(aside)
}

// Discard removes what was built.
func (s *Stage) Discard() error { return s.fsys.Remove(s.work) }

// settle flushes the names of all folders of the stage, the deepest first.
func (s *Stage) settle() error {
	if s.err != nil {
		return fmt.Errorf("%s: not published, writing it failed: %w", s.work, s.err)
	}
	if s.open > 0 {
		return fmt.Errorf("%s: not published, %d of its files are not closed", s.work, s.open)
	}
	for _, dir := range slices.Backward(s.dirs) {
		if err := s.fsys.SyncDir(dir); err != nil {
			return s.failed(err)
		}
	}
	return nil
}

func (s *Stage) appear(out string) error {
	if err := s.fsys.Rename(s.work, out); err != nil {
		return err
	}
	return s.syncParents(out)
}

func (s *Stage) syncParents(out string) error {
	if err := s.fsys.SyncDir(filepath.Dir(out)); err != nil {
		return err
	}
	if filepath.Dir(out) == filepath.Dir(s.work) {
		return nil
	}
	return s.fsys.SyncDir(filepath.Dir(s.work))
}

func (s *Stage) failed(err error) error {
	if s.err == nil {
		s.err = err
	}
	return err
}

// stagedFile tells its stage what went wrong and flushes itself at the end.
type stagedFile struct {
	File
	stage  *Stage
	closed bool
}

func (f *stagedFile) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	if err != nil {
		_ = f.stage.failed(err)
	}
	return n, err
}

func (f *stagedFile) Close() error {
	if f.closed {
		return nil
	}
	f.closed = true
	f.stage.open--
	if err := errors.Join(f.File.Sync(), f.File.Close()); err != nil {
		return f.stage.failed(err)
	}
	return nil
}
