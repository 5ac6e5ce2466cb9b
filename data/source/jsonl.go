package source

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"unicode/utf8"

	"github.com/osft-project/osft/provenance/strict"
)

// Limits of one line of JSON, in bytes and levels.
const (
	MaxLine  = 64 << 20
	maxDepth = 64
)

func init() { formats[".jsonl"] = jsonLines }

// mark is the byte order mark of UTF-8.
var mark = []byte("\xef\xbb\xbf")

// jsonLines reads one JSON object a line. A byte order mark, CR LF, blank lines and a last line without its end are accepted;
// what is not UTF-8, a line that is no object and a name that stands twice are damaged rows. A file in UTF-16 and a line over
// MaxLine end the file.
func jsonLines(name string, file fs.File, take func(Row) error) error {
	reader := bufio.NewReaderSize(file, 1<<16)
	head, _ := reader.Peek(len(mark))
	if isUTF16(head) {
		return fmt.Errorf("%s:1: the file is UTF-16 (save it as UTF-8)", name)
	}
	if bytes.Equal(head, mark) {
		_, _ = reader.Discard(len(mark))
	}
	for number := 1; ; number++ {
		line, err := readLine(reader)
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("%s:%d: %w", name, number, err)
		}
		last := err != nil
		line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
		if len(bytes.Trim(line, " \t\r")) > 0 { // JSON's white space only: a line of any other is a damaged row
			if err := take(jsonRow(name, number, line)); err != nil {
				return err
			}
		}
		if last {
			return nil
		}
	}
}

func isUTF16(head []byte) bool {
	return bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff"))
}

// readLine reads up to and including a line feed, or the rest; a line over MaxLine is an error.
func readLine(reader *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := reader.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > MaxLine {
			return nil, fmt.Errorf("the line is longer than %d bytes (split the row)", MaxLine)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// jsonRow makes a row of a line.
func jsonRow(name string, number int, line []byte) Row {
	row := Row{File: name, Line: number, Raw: line}
	if !utf8.Valid(line) {
		row.Err = fmt.Errorf("byte %d is not valid UTF-8 (save the file as UTF-8)", firstInvalid(line))
		return row
	}
	value, err := strict.Parse(line, strict.Limits{Size: MaxLine, Depth: maxDepth})
	if err != nil {
		row.Err = fmt.Errorf("is not a JSON object: %w (write one object a line)", reason(err))
		return row
	}
	if value.Kind() != strict.Object {
		row.Err = fmt.Errorf("is %s, not an object (write one object a line)", value.Kind())
		return row
	}
	row.Object = value
	return row
}

// firstInvalid is the place of the first byte that is not UTF-8.
func firstInvalid(text []byte) int {
	for at := 0; at < len(text); {
		r, n := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && n == 1 {
			return at
		}
		at += n
	}
	return len(text)
}

// reason is a JSON error without its line, which is always the first: the row has its own.
func reason(err error) error {
	var e *strict.Error
	switch {
	case !errors.As(err, &e):
		return err
	case e.Path != "":
		return fmt.Errorf("byte %d, %s: %w", e.Offset, e.Path, e.Err)
	}
	return fmt.Errorf("byte %d: %w", e.Offset, e.Err)
}
