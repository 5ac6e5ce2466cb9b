package source

import (
	"fmt"
	"io"
	"io/fs"
	"unicode/utf8"
)

// MaxText is the largest file of plain text, in bytes.
const MaxText = 1 << 30

func init() { formats[".txt"] = plainText }

// plainText reads a file of UTF-8 text as one row.
func plainText(name string, file fs.File, take func(Row) error, _ func(error) error) error {
	data, err := io.ReadAll(io.LimitReader(file, MaxText+1))
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", name, err)
	case len(data) > MaxText:
		return fmt.Errorf("%s: is larger than %d bytes (split it)", name, MaxText)
	case !utf8.Valid(data):
		return fmt.Errorf("%s: is not valid UTF-8 (save it as UTF-8)", name)
	case len(data) == 0:
		return nil
	}
	return take(Row{File: name, Raw: data, Text: string(data), Plain: true})
}
