//go:build unix

package matmul

import (
	"math/rand/v2"
	"runtime/debug"
	"syscall"
	"testing"
	"unsafe"

	"github.com/osft-project/osft/model/kernel/machine"
)

// fenced returns n numbers that end where unreadable memory begins.
func fenced(t *testing.T, bytes int) []byte {
	t.Helper()
	page := syscall.Getpagesize()
	size := (bytes+page-1)/page*page + page
	mem, err := syscall.Mmap(-1, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Munmap(mem) })
	if err := syscall.Mprotect(mem[size-page:], syscall.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	return mem[size-page-bytes : size-page]
}

func fenced32(t *testing.T, like []float32) []float32 {
	v := unsafe.Slice((*float32)(unsafe.Pointer(&fenced(t, 4*len(like))[0])), len(like))
	copy(v, like)
	return v
}

func fenced16(t *testing.T, like []uint16) []uint16 {
	v := unsafe.Slice((*uint16)(unsafe.Pointer(&fenced(t, 2*len(like))[0])), len(like))
	copy(v, like)
	return v
}

// TestNothingBeyondTheEnd runs every edge size with factors and result ending
// at unreadable memory: one number too far faults.
func TestNothingBeyondTheEnd(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	sizes := []int{1, 2, 3, 5, 6, 7, 8, 11, 12, 13, 15, 16, 17, 24, 31, 32, 33, 40, 47, 63}
	eachISA(t, func(t *testing.T) {
		for _, k := range []int{1, 3, 4, 7, 8, 9, 16, 21, 260} {
			for i, n := range sizes {
				for _, m := range []int{sizes[i], sizes[(i*7+3)%len(sizes)], 50 + i} {
					fencedProduct(t, r, m, n, k)
				}
			}
		}
	})
}

func fencedProduct(t *testing.T, r *rand.Rand, m, n, k int) {
	a, b := filled(r, m*k), filled(r, k*n)
	x, w := Dense(fenced32(t, a), m, k), Dense(fenced32(t, b), k, n)
	dst := fenced32(t, make([]float32, m*n))
	for _, p := range products {
		p.run(dst, n, x, w)
		p.run(dst, n, Dense(x.F32, k, m).T(), Dense(w.F32, n, k).T())
	}
	h := fenced16(t, halves(r, k*n, BF16))
	for _, format := range []Half{BF16, F16} {
		Mul(dst, n, x, DenseHalf(h, format, k, n))
		Mul(dst, n, x, DenseHalf(h, format, n, k).T())
	}
}

// TestFaultReachesCaller cuts the memory of a weight away, as happens to a
// mapped file that is truncated: the product must panic in the caller's
// goroutine, whoever read the lost part, and the next product must work.
func TestFaultReachesCaller(t *testing.T) {
	const n, k = 600, 300
	r := rand.New(rand.NewPCG(13, 14))
	lost := unsafe.Slice((*float32)(unsafe.Pointer(&fenced(t, 4*n*k)[0])), n*k)
	page := syscall.Getpagesize()
	whole := unsafe.Slice((*byte)(unsafe.Pointer(&lost[0])), 4*n*k)
	from := page - int(uintptr(unsafe.Pointer(&lost[0])))%page
	if err := syscall.Mprotect(whole[from:from+40*page], syscall.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	eachISA(t, func(t *testing.T) {
		defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
		for _, threads := range []int{1, 3} {
			withThreads(threads, func() {
				for _, m := range []int{1, 8, 200} {
					x, dst := Dense(filled(r, m*k), m, k), make([]float32, m*n)
					for _, w := range []Matrix{Dense(lost, n, k).T(), Dense(lost, k, n)} {
						if fault := panicOf(func() { Mul(dst, n, x, w) }); fault == nil {
							t.Errorf("%d threads, %d rows: no panic", threads, m)
						} else if _, ok := fault.(interface{ Addr() uintptr }); !ok {
							t.Errorf("%d threads, %d rows: panic without an address: %v", threads, m, fault)
						}
					}
					want, w := make([]float32, m*n), Dense(filled(r, k*n), k, n)
					MulSerialWith(machine.Generic, t, want, n, x, w)
					Mul(dst, n, x, w)
					if d := difference(dst, n, want, n, m, n); d != "" {
						t.Errorf("after the fault: %s", d)
					}
				}
			})
		}
	})
}

func panicOf(f func()) (value any) {
	defer func() { value = recover() }()
	f()
	return nil
}
