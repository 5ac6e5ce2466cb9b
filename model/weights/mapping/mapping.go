// Package mapping maps files into memory for reading, and turns what happens when such a file is cut short by somebody else
// into an error that names the file.
//
// A mapped file is not copied: reading a byte that the file no longer has is a fault of the processor (SIGBUS), which ends a
// Go program unless debug.SetPanicOnFault is set in the goroutine that reads. Guard sets it, and knows from the address which
// file it was. It does not notice a file whose content changes under it; compare the file's size and time for that.
package mapping

import (
	"fmt"
	"os"
	"runtime/debug"
	"sync"
	"unsafe"
)

// Region is a mapped file. Data must not be written to, nor used after Close.
type Region struct {
	Data []byte
	name string
}

// open lists the regions in use, so that an address can be given its file's name.
var open struct {
	sync.Mutex
	regions map[*Region]struct{}
}

// File maps the first size bytes of a file, which may be closed afterwards. Nothing is read yet. The name is for errors.
func File(f *os.File, name string, size int64) (*Region, error) {
	if size < 0 || int64(int(size)) != size {
		return nil, fmt.Errorf("%s: %d bytes cannot be mapped on this machine", name, size)
	}
	r := &Region{name: name}
	if size > 0 {
		data, err := mapFile(f, int(size))
		if err != nil {
			return nil, fmt.Errorf("%s: mapping %d bytes: %w", name, size, err)
		}
		r.Data = data
	}
	open.Lock()
	defer open.Unlock()
	if open.regions == nil {
		open.regions = map[*Region]struct{}{}
	}
	open.regions[r] = struct{}{}
	return r, nil
}

// Close ends the mapping. A second call does nothing.
func (r *Region) Close() error {
	open.Lock()
	defer open.Unlock()
	delete(open.regions, r)
	data := r.Data
	r.Data = nil
	if data == nil {
		return nil
	}
	return unmap(data)
}

// Forget tells the system that this part of a mapped file is not needed soon, so that it no longer counts as resident. It
// stays readable: a later read brings it back from the file. Memory that is not mapped by this package is left alone.
func Forget(data []byte) {
	if len(data) == 0 {
		return
	}
	page := uintptr(os.Getpagesize())
	start := uintptr(unsafe.Pointer(unsafe.SliceData(data)))
	skip := (page - start%page) % page
	if skip >= uintptr(len(data)) {
		return
	}
	whole := (uintptr(len(data)) - skip) / page * page
	open.Lock() // so that the region is not closed meanwhile
	defer open.Unlock()
	if region := regionOf(start); region != nil && whole > 0 && region.holds(start+uintptr(len(data))-1) {
		forget(data[skip : skip+whole])
	}
}

// addressed is what the runtime's errors for faults have.
type addressed interface{ Addr() uintptr }

// Guard runs f. A read of f that faults because a mapped file has become shorter ends f and is returned as an error that
// names the file; every other panic goes on. It holds for the goroutine that calls it: other goroutines that read mapped
// memory for f must set debug.SetPanicOnFault themselves and hand their panics to it.
func Guard(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		name, ok := faulted(p)
		if !ok {
			panic(p)
		}
		err = fmt.Errorf("%s: the file was cut short or could not be read while it was in use (leave it alone during a run)", name)
	}()
	return f()
}

// faulted finds the file in whose region a fault happened.
func faulted(p any) (string, bool) {
	fault, ok := p.(addressed)
	if !ok {
		return "", false
	}
	open.Lock()
	defer open.Unlock()
	if r := regionOf(fault.Addr()); r != nil {
		return r.name, true
	}
	return "", false
}

// regionOf finds the region that holds the address; open is locked.
func regionOf(address uintptr) *Region {
	for r := range open.regions {
		if r.holds(address) {
			return r
		}
	}
	return nil
}

func (r *Region) holds(address uintptr) bool {
	start := uintptr(unsafe.Pointer(unsafe.SliceData(r.Data)))
	return len(r.Data) > 0 && address >= start && address-start < uintptr(len(r.Data))
}
