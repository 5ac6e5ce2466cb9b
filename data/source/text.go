package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"unicode/utf8"
)

// MaxText is the largest file of plain text, in bytes.
const MaxText = 1 << 30

func init() { formats[".txt"] = plainText }

// plainText reads a file of UTF-8 text as one row. A byte order mark is not part of the text; everything else is, CR LF
// included. A NUL byte is refused: it stands in UTF-16 and in files that a crash has damaged, not in text.
func plainText(name string, file fs.File, take func(Row) error) error {
	data, err := io.ReadAll(io.LimitReader(file, MaxText+1))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if len(data) > MaxText {
		return fmt.Errorf("%s: is larger than %d bytes (split it)", name, MaxText)
	}
	text := bytes.TrimPrefix(data, mark)
	if len(text) == 0 {
		return nil
	}
	row := Row{File: name, Raw: data, Plain: true}
	nul := bytes.IndexByte(text, 0)
	switch {
	case isUTF16(data):
		row.Err = errors.New("is UTF-16 (save it as UTF-8)")
	case !utf8.Valid(text):
		row.Err = fmt.Errorf("byte %d is not valid UTF-8 (save the file as UTF-8)", firstInvalid(data))
	case nul >= 0:
		row.Err = fmt.Errorf("byte %d is NUL: the file is damaged, or is UTF-16 (save it as UTF-8)", nul+len(data)-len(text))
	default:
		row.Text = string(text)
	}
	return take(row)
}
