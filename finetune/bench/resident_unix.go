//go:build unix

package bench

import (
	"runtime"
	"syscall"
)

// peakResident is the most memory that the process has had resident, in MiB.
func peakResident() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	unit := int64(1 << 10) // kibibytes
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" {
		unit = 1 // bytes
	}
	return int64(usage.Maxrss) * unit >> 20
}
