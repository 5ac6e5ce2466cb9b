package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"
)

// seen writes rows as text: number, place, and the row or what is wrong with it.
func seen(t *testing.T, fsys fs.FS, files ...string) (list []string, err error) {
	t.Helper()
	err = Read(t.Context(), fsys, files, func(r Row) error {
		text := r.Text
		switch {
		case r.Err != nil:
			text = "! " + r.Err.Error()
		case !r.Plain:
			text = r.Object.Raw()
		}
		list = append(list, fmt.Sprintf("%d %s %s", r.Number, r.Where(), text))
		return nil
	})
	return list, err
}

func TestJSONLines(t *testing.T) {
	const three = "0 f.jsonl:1 {\"a\":1}\n1 f.jsonl:2 {\"b\":2}\n2 f.jsonl:3 {\"c\":3}"
	tests := []struct{ name, file, want string }{
		{"usual", "{\"a\":1}\n{\"b\":2}\n{\"c\":3}\n", three},
		{"no end", "{\"a\":1}\n{\"b\":2}\n{\"c\":3}", three},
		{"CR LF", "{\"a\":1}\r\n{\"b\":2}\r\n{\"c\":3}\r\n", three},
		{"byte order mark", "\xef\xbb\xbf{\"a\":1}\n{\"b\":2}\n{\"c\":3}", three},
		{"blank lines", "\n{\"a\":1}\n \t\r\n{\"b\":2}\n\n", "0 f.jsonl:2 {\"a\":1}\n1 f.jsonl:4 {\"b\":2}"},
		{"space around", " {\"a\":1} \n", "0 f.jsonl:1 {\"a\":1}"},
		{"other white space", "{}\n\u00a0\n", "0 f.jsonl:1 {}\n1 f.jsonl:2 ! is not a JSON object: byte 0: invalid character '\\u00a0' at start of value (write one object a line)"},
		{"not JSON", "{}\n{\"a\": \n{}", "0 f.jsonl:1 {}\n1 f.jsonl:2 ! is not a JSON object: byte 6, /a: unexpected EOF (write one object a line)\n2 f.jsonl:3 {}"},
		{"array", "[1]", "0 f.jsonl:1 ! is an array, not an object (write one object a line)"},
		{"two objects", "{}{}", "0 f.jsonl:1 ! is not a JSON object: byte 3: text after the end of the JSON value (write one object a line)"},
		{"name twice", `{"a":1,"a":2}`, `0 f.jsonl:1 ! is not a JSON object: byte 7, /a: the name appears twice in its object (write one object a line)`},
		{"half a pair", `{"a":"\ud83d"}`, `0 f.jsonl:1 ! is not a JSON object: byte 6, /a: invalid surrogate pair ` + "`" + `\ud83d"}` + "`" + ` in string (write one object a line)`},
		{"not UTF-8", "{\"a\":\"x\xff\"}", "0 f.jsonl:1 ! byte 7 is not valid UTF-8 (save the file as UTF-8)"},
		{"NUL bytes", "\x00\x00\n", "0 f.jsonl:1 ! is not a JSON object: byte 0: invalid character '\\x00' at start of value (write one object a line)"},
		{"escaped NUL", `{"a":"\u0000"}`, `0 f.jsonl:1 {"a":"\u0000"}`},
		{"deep", strings.Repeat("[", 1000), "0 f.jsonl:1 ! is not a JSON object: byte 64: nested more than 64 deep (write one object a line)"},
		{"mark inside", "{}\n\xef\xbb\xbf{}", "0 f.jsonl:1 {}\n1 f.jsonl:2 ! is not a JSON object: byte 0: invalid character '\\ufeff' at start of value (write one object a line)"},
	}
	for _, tt := range tests {
		list, err := seen(t, fstest.MapFS{"f.jsonl": {Data: []byte(tt.file)}}, "f.jsonl")
		if got := strings.Join(list, "\n"); err != nil || got != tt.want {
			t.Errorf("%s: %v\ngot  %s\nwant %s", tt.name, err, got, tt.want)
		}
	}
}

func TestPlainText(t *testing.T) {
	tests := []struct{ name, file, want string }{
		{"usual", "one\r\ntwo\n", "0 f.txt one\r\ntwo\n"},
		{"byte order mark", "\xef\xbb\xbfone", "0 f.txt one"},
		{"not UTF-8", "one\xff", "0 f.txt ! byte 3 is not valid UTF-8 (save the file as UTF-8)"},
		{"UTF-16", "\xff\xfeo\x00", "0 f.txt ! is UTF-16 (save it as UTF-8)"},
		{"NUL", "o\x00n\x00", "0 f.txt ! byte 1 is NUL: the file is damaged, or is UTF-16 (save it as UTF-8)"},
	}
	for _, tt := range tests {
		list, err := seen(t, fstest.MapFS{"f.txt": {Data: []byte(tt.file)}}, "f.txt")
		if got := strings.Join(list, "\n"); err != nil || got != tt.want {
			t.Errorf("%s: %v\ngot  %s\nwant %s", tt.name, err, got, tt.want)
		}
	}
}

// What is wrong with one file does not hide the rows of the next, nor what is wrong there.
func TestFileProblems(t *testing.T) {
	fsys := fstest.MapFS{
		"a.jsonl": {Data: []byte("{}\n")}, "blank.jsonl": {Data: []byte("\n \n")}, "empty.txt": {Data: []byte("\xef\xbb\xbf")},
		"x.csv": {Data: []byte("a,b")}, "16.jsonl": {Data: []byte("\xff\xfe{\x00}\x00")}, "b.jsonl": {Data: []byte("{}\n")},
	}
	list, err := seen(t, fsys, "a.jsonl", "blank.jsonl", "empty.txt", "x.csv", "16.jsonl", "none.jsonl", "b.jsonl")
	if got, want := strings.Join(list, "\n"), "0 a.jsonl:1 {}\n1 b.jsonl:1 {}"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	want := `blank.jsonl: holds no rows (write one JSON object a line, or text)
empty.txt: holds no rows (write one JSON object a line, or text)
x.csv: the ending is none of .jsonl, .txt (convert it to one JSON object a line)
16.jsonl:1: the file is UTF-16 (save it as UTF-8)
none.jsonl: cannot be read: file does not exist (is the path relative to the recipe?)`
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestEnds(t *testing.T) {
	fsys := fstest.MapFS{"a.jsonl": {Data: []byte("{}\n{}\n{}\n")}}
	refused := errors.New("refused")
	for _, tt := range []struct{ give, want error }{{ErrStop, nil}, {refused, refused}} {
		n := 0
		err := Read(t.Context(), fsys, []string{"a.jsonl", "none.jsonl"}, func(Row) error {
			if n++; n == 2 {
				return tt.give
			}
			return nil
		})
		if n != 2 || !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
			t.Errorf("%v: %d rows, error %v", tt.give, n, err)
		}
	}
	gone := errors.New("the caller is gone")
	ctx, cancel := context.WithCancelCause(t.Context())
	n := 0
	err := Read(ctx, fsys, []string{"a.jsonl"}, func(Row) error { n++; cancel(gone); return nil })
	if n != 1 || !errors.Is(err, gone) {
		t.Errorf("cancelled: %d rows, error %v", n, err)
	}
}

// generated is a file whose bytes a function makes.
type generated struct {
	io.Reader
	closed *bool
}

func (g generated) Close() error             { *g.closed = true; return nil }
func (generated) Stat() (fs.FileInfo, error) { return nil, fs.ErrInvalid }

type oneFile struct{ file fs.File }

func (f oneFile) Open(string) (fs.File, error) { return f.file, nil }

type repeated string

func (r repeated) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = r[0]
	}
	return len(p), nil
}

func TestLimits(t *testing.T) {
	for _, tt := range []struct {
		name string
		file io.Reader
		want string
	}{
		{"f.jsonl", io.MultiReader(strings.NewReader("{}\n"), repeated("x")), fmt.Sprintf("f.jsonl:2: the line is longer than %d bytes (split the row)", MaxLine)},
		{"f.jsonl", io.MultiReader(strings.NewReader("{}\n"), errReader{}), "f.jsonl:2: the disk is gone"},
		{"f.txt", errReader{}, "f.txt: the disk is gone"},
	} {
		closed := false
		_, err := seen(t, oneFile{generated{tt.file, &closed}}, tt.name)
		if err == nil || err.Error() != tt.want || !closed {
			t.Errorf("got %v, want %s; closed: %v", err, tt.want, closed)
		}
	}
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, errors.New("the disk is gone") }

// A line longer than any buffer is one row.
func TestLongLine(t *testing.T) {
	long := `{"text":"` + strings.Repeat("word ", 2<<20) + `"}`
	list, err := seen(t, fstest.MapFS{"f.jsonl": {Data: []byte("{}\n" + long + "\n{}")}}, "f.jsonl")
	if err != nil || len(list) != 3 || len(list[1]) != len(long)+len("1 f.jsonl:2 ") {
		t.Errorf("%v: %d rows", err, len(list))
	}
}

func TestDirectory(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(dir+"/d.txt", 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := seen(t, os.DirFS(dir), "d.txt"); err == nil || !strings.HasPrefix(err.Error(), "d.txt: ") {
		t.Errorf("a folder was read: %v", err)
	}
}

// However a file is damaged, lines that are good are rows, and every line with anything on it is counted.
func FuzzJSONLines(f *testing.F) {
	for _, seed := range []string{"{\"a\":1}\n{}", "\xef\xbb\xbf{}\r\n\r\n[]", "\xff\xfe", "{\"a\":\"\\ud83d\"}", "\x00"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		rows, good := 0, 0
		err := Read(t.Context(), fstest.MapFS{"f.jsonl": {Data: data}}, []string{"f.jsonl"}, func(r Row) error {
			if r.Number != rows {
				t.Fatalf("row %d has number %d", rows, r.Number)
			}
			rows++
			if r.Err != nil {
				return nil
			}
			good++
			if _, err := r.Object.Object(); err != nil || !utf8.Valid(r.Raw) {
				t.Fatalf("row %q: %v", r.Raw, err)
			}
			return nil
		})
		lines := 0
		for _, line := range strings.Split(strings.TrimPrefix(string(data), "\xef\xbb\xbf"), "\n") {
			if strings.Trim(line, " \t\r") != "" {
				lines++
			}
		}
		if err == nil && rows != lines {
			t.Fatalf("%d rows of %d lines", rows, lines)
		}
	})
}
