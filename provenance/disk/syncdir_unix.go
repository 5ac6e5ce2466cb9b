//go:build !windows

package disk

import (
	"errors"
	"os"
	"syscall"
)

// syncDir flushes a folder. Some network file systems refuse to (EINVAL); they have no more to give.
func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	err = dir.Sync()
	if errors.Is(err, syscall.EINVAL) {
		err = nil
	}
	return errors.Join(err, dir.Close())
}
