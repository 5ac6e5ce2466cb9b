package mapping

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func mapped(t *testing.T, size int) (*Region, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "mapped.bin")
	if err := os.WriteFile(path, bytes.Repeat([]byte{7}, size), 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := File(f, path, int64(size))
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r, path
}

var sink int

func sum(data []byte) (n int) {
	for _, b := range data {
		n += int(b)
	}
	return n
}

func TestFile(t *testing.T) {
	for _, size := range []int{0, 1, 4096, 100_001} {
		r, _ := mapped(t, size)
		if len(r.Data) != size || sum(r.Data) != 7*size {
			t.Errorf("%d bytes: %d mapped, sum %d", size, len(r.Data), sum(r.Data))
		}
		for _, part := range [][]byte{r.Data, r.Data[size/2:], r.Data[:size/3], nil} {
			Forget(part)
		}
		if sum(r.Data) != 7*size {
			t.Errorf("%d bytes: other content after Forget", size)
		}
		if err := errors.Join(r.Close(), r.Close()); err != nil {
			t.Error(err)
		}
	}
	if _, err := File(nil, "negative", -1); err == nil || !strings.Contains(err.Error(), "negative: -1 bytes cannot be mapped") {
		t.Errorf("negative size: %v", err)
	}
}

func TestForgetLeavesOtherMemoryAlone(t *testing.T) {
	data := bytes.Repeat([]byte{7}, 1<<20)
	if Forget(data); sum(data) != 7<<20 {
		t.Error("Forget has touched memory that is no file's")
	}
}

func TestMapFails(t *testing.T) {
	dir, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	if _, err := File(dir, "a folder", 10); err == nil || !strings.HasPrefix(err.Error(), "a folder: mapping 10 bytes: ") {
		t.Errorf("folder: %v", err)
	}
}

func TestGuardCutFile(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows does not let a mapped file be cut")
	}
	r, path := mapped(t, 1<<20)
	if err := os.Truncate(path, 100); err != nil {
		t.Fatal(err)
	}
	reads := map[string]func(){
		"loop":    func() { sink = sum(r.Data) },
		"memmove": func() { copy(make([]byte, len(r.Data)), r.Data) },
		"compare": func() { bytes.Equal(make([]byte, len(r.Data)), bytes.Clone(r.Data)) },
	}
	for name, read := range reads {
		err := Guard(func() error { read(); return nil })
		if err == nil || !strings.HasPrefix(err.Error(), path+": the file was cut short") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestGuardLetsTheRestThrough(t *testing.T) {
	want := errors.New("mine")
	if err := Guard(func() error { return want }); err != want {
		t.Errorf("error: %v", err)
	}
	for _, cause := range []func(){
		func() { panic("mine") },
		func() { var p *int; *p = 1 },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was swallowed")
				}
			}()
			_ = Guard(func() error { cause(); return nil })
		}()
	}
}
