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

// jsonLines reads one JSON object a line. A byte order mark, CR LF and blank lines are accepted; what is not UTF-8, a line
// that is no object and a name that stands twice are damaged rows.
func jsonLines(name string, file fs.File, take func(Row) error, damaged func(error) error) error {
	reader := bufio.NewReaderSize(file, 1<<16)
	if mark, _ := reader.Peek(3); bytes.Equal(mark, []byte("\xef\xbb\xbf")) {
		_, _ = reader.Discard(3)
	}
	for number := 1; ; number++ {
		line, err := readLine(reader)
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("%s:%d: %w", name, number, err)
		}
		last := err != nil
		line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
		if len(bytes.TrimSpace(line)) > 0 {
			if err := jsonLine(name, number, line, take, damaged); err != nil {
				return err
			}
		}
		if last {
			return nil
		}
	}
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

// jsonLine hands over one line.
func jsonLine(name string, number int, line []byte, take func(Row) error, damaged func(error) error) error {
	row := Row{File: name, Line: number, Raw: line}
	bad := func(format string, args ...any) error {
		return damaged(fmt.Errorf("%s: "+format, append([]any{row.Where()}, args...)...))
	}
	if number == 1 && (bytes.HasPrefix(line, []byte("\xff\xfe")) || bytes.HasPrefix(line, []byte("\xfe\xff"))) {
		return fmt.Errorf("%s:1: the file is UTF-16 (save it as UTF-8)", name)
	}
	if !utf8.Valid(line) {
		return bad("is not valid UTF-8 (save the file as UTF-8)")
	}
	value, err := strict.Parse(line, strict.Limits{Size: MaxLine, Depth: maxDepth})
	if err != nil {
		return bad("is not a JSON object: %w (write one object a line)", reason(err))
	}
	if _, err := value.Object(); err != nil {
		return bad("is %s, not an object (write one object a line)", value.Kind())
	}
	row.Object = value
	return take(row)
}

// reason is a JSON error without its line, which is always the first: the row has its own.
func reason(err error) error {
	var e *strict.Error
	if errors.As(err, &e) {
		return fmt.Errorf("at byte %d: %w", e.Offset, e.Err)
	}
	return err
}
