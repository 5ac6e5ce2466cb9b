package provenance

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/osft-project/osft/model/weights"
	"github.com/osft-project/osft/provenance/disk"
)

func TestRecorder(t *testing.T) {
	r := Record(fstest.MapFS{"a": {Data: []byte("hello")}, "d/b": {Data: []byte("x")}, "c": {Data: []byte("never read")}, "e": {}})
	if data, err := fs.ReadFile(r, "a"); err != nil || string(data) != "hello" {
		t.Fatal(string(data), err)
	}
	part, err := r.Open("d/b")
	if err != nil {
		t.Fatal(err)
	}
	if err := part.Close(); err != nil || len(r.Files()) != 1 {
		t.Errorf("opened and not read: %v, %v", r.Files(), err)
	}
	if _, err := fs.Stat(r, "c"); err != nil {
		t.Error(err)
	}
	if list, err := fs.ReadDir(r, "."); err != nil || len(list) != 4 {
		t.Error(list, err)
	}
	if _, err := r.Open("missing"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	want := File{Path: "a", Size: 5, SHA256: SHA256([]byte("hello"))}
	if got := r.Files(); len(got) != 1 || got[0] != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestRecorderHashesToTheEnd(t *testing.T) {
	long := bytes.Repeat([]byte("0123456789"), 10_000)
	r := Record(fstest.MapFS{"a": {Data: long}})
	f, err := r.Open("a")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(f, make([]byte, 3)); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	_ = f.Close() // a second time does nothing
	if got := r.Files(); len(got) != 1 || got[0].SHA256 != SHA256(long) || got[0].Size != int64(len(long)) {
		t.Errorf("got %v", got)
	}
}

func TestRecorderRefusesWhatChanged(t *testing.T) {
	files := fstest.MapFS{"a": {Data: []byte("one")}}
	r := Record(files)
	for range 2 {
		if _, err := fs.ReadFile(r, "a"); err != nil {
			t.Fatal(err)
		}
	}
	files["a"] = &fstest.MapFile{Data: []byte("two")}
	_, err := fs.ReadFile(r, "a")
	if err == nil || !strings.Contains(err.Error(), "a: was changed while it was in use: it had the sha256 7692c3") {
		t.Error(err)
	}
}

// TestRecorderMaps opens a checkpoint through the account, mapped from a folder of the operating system.
func TestRecorderMaps(t *testing.T) {
	dir := t.TempDir()
	header := `{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}  `
	data := append([]byte{byte(len(header)), 0, 0, 0, 0, 0, 0, 0}, header+"abcdefgh"...)
	if err := os.WriteFile(filepath.Join(dir, weights.FileName), data, 0o644); err != nil {
		t.Fatal(err)
	}
	folder, err := OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	for name, fsys := range map[string]fs.FS{"system": folder, "mapper": mapper{folder}} {
		r := Record(fsys)
		c, err := weights.Open(r)
		if err != nil {
			t.Fatal(err)
		}
		if w, ok := c.Tensor("w"); !ok || string(w.Data) != "abcdefgh" {
			t.Errorf("%s: tensor %v", name, w)
		}
		want := File{Path: weights.FileName, Size: int64(len(data)), SHA256: SHA256(data)}
		if got := r.Files(); len(got) != 1 || got[0] != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
		if err := errors.Join(c.Unchanged(), c.Close()); err != nil {
			t.Error(err)
		}
	}
	f, err := Record(folder).Open(weights.FileName)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, _, err := f.(weights.Mapper).Map(1000); err == nil || !strings.Contains(err.Error(), "its size was 1000 bytes, 72 were read") {
		t.Errorf("too short: %v", err)
	}
}

// mapper is a file system whose files map themselves.
type mapper struct{ fs.FS }

func (m mapper) Open(name string) (fs.File, error) {
	f, err := m.FS.Open(name)
	if err != nil {
		return nil, err
	}
	return selfMapping{f}, nil
}

type selfMapping struct{ fs.File }

func (f selfMapping) Map(size int64) ([]byte, func() error, error) {
	return weights.Map(f.File.(*os.File), size)
}

func TestFolderRefuses(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a"), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	folder, err := OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	if err := os.Symlink("a", filepath.Join(dir, "link")); err != nil {
		t.Skip("no links here: ", err)
	}
	tests := []struct{ name, want string }{
		{"link", "is a link (copy the folder with its links followed: cp -rL)"},
		{"../a", "invalid argument"},
		{"missing", "no such file"},
	}
	for _, tt := range tests {
		if _, err := folder.Open(tt.name); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
	if data, err := fs.ReadFile(folder, "a"); err != nil || string(data) != "x" {
		t.Error(string(data), err)
	}
	if list, err := fs.ReadDir(folder, "."); err != nil || len(list) != 3 {
		t.Error(list, err)
	}
	if _, err := fs.ReadDir(Record(folder), "sub"); err != nil {
		t.Error(err)
	}
	if f, err := Record(folder).Open("sub"); err != nil {
		t.Error(err)
	} else if err := f.Close(); err != nil {
		t.Error(err)
	}
	if _, err := OpenFolder(filepath.Join(dir, "nowhere")); err == nil || !strings.HasSuffix(err.Error(), "nowhere: no such file or directory") {
		t.Error(err)
	}
}

func TestWritten(t *testing.T) {
	dir := t.TempDir()
	stage, err := disk.NewStage(disk.System{}, filepath.Join(dir, "work"))
	if err != nil {
		t.Fatal(err)
	}
	w := RecordWrites(stage)
	if err := w.WriteFile("b/c", []byte("hello")); err != nil {
		t.Fatal(err)
	}
	f, err := w.Create("a")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = f.Write([]byte("he"))
	_, _ = f.Write([]byte("llo"))
	if got := w.Files(); len(got) != 1 {
		t.Errorf("an open file is counted: %v", got)
	}
	_, _ = f.Close(), f.Close()
	sum := SHA256([]byte("hello"))
	want := []File{{"a", 5, sum}, {"b/c", 5, sum}}
	if got := w.Files(); len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %v, want %v", got, want)
	}
	if err := w.WriteFile("a", nil); !errors.Is(err, fs.ErrExist) {
		t.Error(err)
	}
}

func TestNamed(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "long name.jsonl")
	if err := os.WriteFile(path, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	r := Record(Named{"a.jsonl": path, "gone": filepath.Join(dir, "gone.jsonl"), "folder": dir})
	if data, err := fs.ReadFile(r, "a.jsonl"); err != nil || string(data) != "x" || r.Files()[0].Path != "a.jsonl" {
		t.Error(string(data), err, r.Files())
	}
	for name, want := range map[string]string{
		"gone": "open gone: no such file or directory", "folder": "open folder: is not a regular file", "b": "open b: file does not exist",
	} {
		if _, err := r.Open(name); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}
