package weights

import (
	"bytes"
	"context"
	"encoding/binary"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/osft-project/osft/provenance/disk"
)

// memory is a disk.Folder in memory.
type memory map[string]*memoryFile

type memoryFile struct{ bytes.Buffer }

func (*memoryFile) Sync() error  { return nil }
func (*memoryFile) Close() error { return nil }

func (m memory) Create(name string) (disk.File, error) {
	if m[name] != nil {
		return nil, fs.ErrExist
	}
	m[name] = &memoryFile{}
	return m[name], nil
}

func (m memory) files() fstest.MapFS {
	files := fstest.MapFS{}
	for name, f := range m {
		files[name] = &fstest.MapFile{Data: f.Bytes()}
	}
	return files
}

// framed is a safetensors file with this header and this many bytes of data.
func framed(header string, data int) []byte {
	raw := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	raw = append(raw, header...)
	for i := range data {
		raw = append(raw, byte(i))
	}
	return raw
}

func one(header string, data int) fstest.MapFS {
	return fstest.MapFS{FileName: {Data: framed(header, data)}}
}

const (
	tensorA = `"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}`
	tensorB = `"b":{"dtype":"I64","shape":[],"data_offsets":[8,16]}`
)

func TestOpen(t *testing.T) {
	c, err := Open(one(`{"__metadata__":{"format":"pt"},`+tensorB+`,`+tensorA+`}   `, 16))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var names []string
	for _, tensor := range c.Tensors() {
		names = append(names, tensor.Name)
	}
	if !slices.Equal(names, []string{"a", "b"}) {
		t.Errorf("tensors %v, want them in the order of their data", names)
	}
	b, ok := c.Tensor("b")
	if !ok || b.DType != I64 || len(b.Shape) != 0 || b.Elements() != 1 || !bytes.Equal(b.Data, []byte{8, 9, 10, 11, 12, 13, 14, 15}) {
		t.Errorf("b is %+v", b)
	}
	if _, ok := c.Tensor("c"); ok {
		t.Error("there is no c")
	}
	if got := c.Metadata(FileName); !reflect.DeepEqual(got, map[string]string{"format": "pt"}) || c.Metadata("x") != nil {
		t.Errorf("metadata %v", got)
	}
	if !slices.Equal(c.Files(), []string{FileName}) || c.Warnings() != nil || c.Unchanged() != nil {
		t.Errorf("files %v, warnings %v, unchanged %v", c.Files(), c.Warnings(), c.Unchanged())
	}
}

func TestOpenErrors(t *testing.T) {
	tests := []struct {
		name string
		fsys fs.FS
		want string
	}{
		{"nothing there", fstest.MapFS{}, "model.safetensors: not found, nor model.safetensors.index.json"},
		{"both", fstest.MapFS{FileName: {}, IndexName: {}}, "model.safetensors: there is also model.safetensors.index.json (remove"},
		{"folder", fstest.MapFS{FileName + "/x": {}}, "model.safetensors: is not a regular file"},
		{"empty", fstest.MapFS{FileName: {}}, "model.safetensors: 0 bytes are too few for a safetensors file"},
		{"length", fstest.MapFS{FileName: {Data: []byte("\xff\xff\xff\xff\xff\xff\xff\xff{}")}}, "header: 18446744073709551615 bytes long, at most 100000000"},
		{"cut header", fstest.MapFS{FileName: {Data: framed(`{`+tensorA+`}`, 8)[:20]}}, "header: 54 bytes long, the file has 12 after the length"},
		{"start", one(` {}`, 0), "header: does not begin with '{'"},
		{"json", one(`{"a"}`, 0), "model.safetensors: header: line 1, byte 4"},
		{"twice", one(`{`+tensorA+`,`+tensorA+`}`, 8), "/a: the name appears twice"},
		{"metadata", one(`{"__metadata__":{"n":1}}`, 0), "/__metadata__/n: is a number, must be a string"},
		{"metadata kind", one(`{"__metadata__":[]}`, 0), "/__metadata__: is an array, must be an object"},
		{"tensor kind", one(`{"a":[]}`, 0), "/a: is an array, must be an object"},
		{"field", one(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}}`, 8), "/a/x: is not a field of a tensor"},
		{"no shape", one(`{"a":{"dtype":"F32","data_offsets":[0,8]}}`, 8), "/a: has no shape"},
		{"dtype", one(`{"a":{"dtype":"f32","shape":[2],"data_offsets":[0,8]}}`, 8), `/a/dtype: unknown dtype "f32"`},
		{"dtype kind", one(`{"a":{"dtype":1,"shape":[2],"data_offsets":[0,8]}}`, 8), `/a/dtype: is a number, must be a string`},
		{"shape kind", one(`{"a":{"dtype":"F32","shape":2,"data_offsets":[0,8]}}`, 8), `/a/shape: is a number, must be an array`},
		{"dimension", one(`{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}`, 8), `/a/shape/0: -2 is not between 0 and 9223372036854775807`},
		{"overflow", one(`{"a":{"dtype":"F32","shape":[4294967296,4294967296,0],"data_offsets":[0,0]}}`, 0), `overflows`},
		{"half bytes", one(`{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,1]}}`, 1), `/a: shape [3] of F4 is 12 bits, not whole bytes`},
		{"size", one(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}`, 4), `/a: shape [2] of F32 is 8 bytes, the data_offsets span 4`},
		{"offsets", one(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}`, 8), `/a/data_offsets: [8 0] must be a begin and an end`},
		{"gap", one(`{"a":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}`, 3), `a: 1 unused bytes between the header and its data`},
		{"overlap", one(`{`+tensorA+`,"b":{"dtype":"U8","shape":[2],"data_offsets":[7,9]}}`, 9), `b: its data overlap those of a by 1 bytes`},
		{"cut data", one(`{`+tensorA+`}`, 7), `a: its data end at byte 8, the file's at 7`},
		{"trailing", one(`{`+tensorA+`}`, 9), `1 unused bytes after the last tensor`},
		{"all at once", one(`{"a":{"dtype":"X"},"b":{"dtype":"Y"}}`, 0), "\"X\"\nmodel.safetensors: header: line 1, byte 32: /b/dtype: unknown dtype \"Y\""},
		{"reading", brokenFS{}, "model.safetensors: its size was 10 bytes, 3 were read"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Open(tt.fsys)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v\nwant %q", err, tt.want)
			}
		})
	}
}

// brokenFS has one file that says it is longer than it is.
type brokenFS struct{}

func (brokenFS) Open(name string) (fs.File, error) {
	f, err := (fstest.MapFS{FileName: {Data: []byte("abc")}}).Open(name)
	return brokenFile{f}, err
}

type brokenFile struct{ fs.File }

func (f brokenFile) Stat() (fs.FileInfo, error) {
	info, err := f.File.Stat()
	return brokenInfo{info}, err
}

type brokenInfo struct{ fs.FileInfo }

func (brokenInfo) Size() int64 { return 10 }

func TestIndexErrors(t *testing.T) {
	shard := func(header string, data int) *fstest.MapFile { return &fstest.MapFile{Data: framed(header, data)} }
	folder := func(index string) fstest.MapFS {
		return fstest.MapFS{
			IndexName: {Data: []byte(index)},
			"1.st":    shard(`{`+tensorA+`}`, 8),
			"2.st":    shard(`{`+tensorA+`,`+tensorB+`}`, 16),
			"3.st":    shard(`{"c":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 1),
		}
	}
	tests := []struct{ name, index, want string }{
		{"json", `{`, "model.safetensors.index.json: line 1, byte 1"},
		{"no map", `{}`, "line 1, byte 0: has no weight_map"},
		{"kind", `{"weight_map": []}`, "/weight_map: is an array, must be an object"},
		{"files", `{"weight_map": {"a": 1, "b": "../2.st"}}`,
			"/weight_map/a: is a number, must be a string\nmodel.safetensors.index.json: line 1, byte 29: /weight_map/b: \"../2.st\" does not name"},
		{"missing", `{"weight_map": {"a": "9.st", "c": "8.st"}}`, "9.st: file does not exist (model.safetensors.index.json names it)\n8.st: file does not exist (model"},
		{"two", `{"weight_map": {"a": "1.st", "b": "2.st"}}`, "weight_map: a is in two files, 1.st and 2.st"},
		{"elsewhere", `{"weight_map": {"a": "3.st", "b": "2.st", "c": "3.st"}}`, "weight_map: a should be in 3.st, it is in 2.st"},
		{"unlisted and nowhere", `{"weight_map": {"x": "3.st"}}`,
			"weight_map: c is not listed, it is in 3.st\nmodel.safetensors.index.json: weight_map: x should be in 3.st, it is in no file"},
		{"folder", `{"weight_map": {"a": "."}}`, `"." does not name a file in the checkpoint's folder`},
		{"once a file", `{"weight_map": {"a": "/x", "b": "/x"}}`, "byte 21: /weight_map/a: \"/x\" does not name a file in the checkpoint's folder"},
		{"drive", `{"weight_map": {"a": "C:x"}}`, `"C:x" does not name a file`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Open(folder(tt.index))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v\nwant %q", err, tt.want)
			}
			if tt.name == "once a file" && strings.Contains(err.Error(), "\n") {
				t.Errorf("one file, several lines: %v", err)
			}
		})
	}
	c, err := Open(folder(`{"metadata": {"total_size": 18}, "weight_map": {"a": "2.st", "c": "3.st", "b": "2.st"}}`))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"2.st", "3.st", IndexName}; !slices.Equal(c.Files(), want) {
		t.Errorf("files %v, want %v", c.Files(), want)
	}
	if w := c.Warnings(); len(w) != 1 || w[0] != "model.safetensors.index.json: metadata.total_size: is 18, the tensors have 17 bytes" {
		t.Errorf("warnings %q", w)
	}
}

func TestIndexTooLong(t *testing.T) {
	if _, err := readLimited(fstest.MapFS{"x": {Data: make([]byte, 9)}}, "x", 8); err == nil || err.Error() != "more than 8 bytes" {
		t.Error(err)
	}
}

// onDisk writes a checkpoint of one F32 tensor of n values to a folder of the operating system and opens it.
func onDisk(t *testing.T, n int) (c *Checkpoint, path string) {
	t.Helper()
	out := memory{}
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(i)
	}
	tensor := New{Tensor{Name: "w", DType: F32, Shape: []int{n}}, values}
	if err := Write(context.Background(), out, FileName, []New{tensor}, nil); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path = filepath.Join(dir, FileName)
	if err := os.WriteFile(path, out[FileName].Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := Open(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c, path
}

func TestMappedFile(t *testing.T) {
	_, path := onDisk(t, 100_000)
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	c, err := Open(root.FS())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if c.files[0].unmap == nil {
		t.Fatal("a file of the operating system is not mapped")
	}
	w, _ := c.Tensor("w")
	if &w.Float32s()[0] != &w.Float32s()[0] {
		t.Error("an aligned F32 tensor is copied")
	}
	w.Forget()
	if values := w.Float32s(); values[99_999] != 99_999 || values[5] != 5 {
		t.Error("other values after Forget")
	}
	if err := c.Unchanged(); err != nil {
		t.Error(err)
	}
}

func TestChangedWhileMapped(t *testing.T) {
	c, path := onDisk(t, 10)
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(path, later, later); err != nil {
		t.Fatal(err)
	}
	want := "model.safetensors: was changed while it was in use: 104 bytes of "
	if err := c.Unchanged(); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v", err)
	}
	if err := c.Rewrite(context.Background(), memory{}, Changes{}); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("Rewrite: %v", err)
	}
}

func TestCutWhileMapped(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows does not let a mapped file be cut")
	}
	c, path := onDisk(t, 100_000)
	if err := os.Truncate(path, 4096); err != nil {
		t.Fatal(err)
	}
	w, _ := c.Tensor("w")
	want := path + ": the file was cut short"
	err := Guard(func() error { return w.Decode(make([]float32, w.Elements())) })
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("Decode: %v", err)
	}
	if err := c.Rewrite(context.Background(), memory{}, Changes{}); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("Rewrite: %v", err)
	}
}

// counted is a file that is mapped by its own method, as a file system that keeps accounts does it.
type counted struct {
	*os.File
	maps *int
}

func (f counted) Map(size int64) ([]byte, func() error, error) {
	*f.maps++
	return Map(f.File, size)
}

type countedFS struct {
	fs.FS
	maps *int
}

func (c countedFS) Open(name string) (fs.File, error) {
	f, err := c.FS.Open(name)
	if err != nil {
		return nil, err
	}
	return counted{f.(*os.File), c.maps}, nil
}

func TestMapper(t *testing.T) {
	_, path := onDisk(t, 10)
	maps := 0
	c, err := Open(countedFS{os.DirFS(filepath.Dir(path)), &maps})
	if err != nil {
		t.Fatal(err)
	}
	if maps != 1 {
		t.Errorf("mapped %d times through the file's own method", maps)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}
