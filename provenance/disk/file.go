package disk

import (
	"errors"
	"path/filepath"
)

// WriteFile puts data under path, whole or not at all: after a crash the path has its old content or the new one. The folder
// must exist. Two writers of one path must agree by a lock.
func WriteFile(fsys FS, path string, data []byte) error {
	temporary := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".tmp")
	if err := fsys.Remove(temporary); err != nil {
		return err
	}
	if err := writeNew(fsys, temporary, data); err != nil {
		return errors.Join(err, fsys.Remove(temporary))
	}
	if err := fsys.Rename(temporary, path); err != nil {
		return errors.Join(err, fsys.Remove(temporary))
	}
	return fsys.SyncDir(filepath.Dir(path))
}

func writeNew(fsys FS, path string, data []byte) error {
	file, err := fsys.Create(path)
	if err != nil {
		return err
	}
	if _, err := file.Write(data); err != nil {
		return errors.Join(err, file.Close())
	}
	return errors.Join(file.Sync(), file.Close())
}
