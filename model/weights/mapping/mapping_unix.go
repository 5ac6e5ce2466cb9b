//go:build !windows

package mapping

import (
	"os"

	"golang.org/x/sys/unix"
)

func mapFile(f *os.File, size int) ([]byte, error) {
	return unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ, unix.MAP_SHARED)
}

func unmap(data []byte) error { return unix.Munmap(data) }

// forget is advice; where the system does not take it nothing is lost.
func forget(data []byte) { _ = unix.Madvise(data, unix.MADV_DONTNEED) }
