package strict

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Error says what is wrong with a document and where. It does not know the file's name; whoever read the file puts it before.
type Error struct {
	Offset int64  // bytes before the place
	Line   int    // from 1
	Path   string // JSON pointer (RFC 6901); "" is the whole document
	Err    error
}

// Error gives the line, the offset, the path and the reason, in this order.
func (e *Error) Error() string {
	if e.Path == "" {
		return fmt.Sprintf("line %d, byte %d: %v", e.Line, e.Offset, e.Err)
	}
	return fmt.Sprintf("line %d, byte %d: %s: %v", e.Line, e.Offset, e.Path, e.Err)
}

// Unwrap returns the reason alone.
func (e *Error) Unwrap() error { return e.Err }

func at(data []byte, offset int64, path jsontext.Pointer, reason error) *Error {
	offset = max(0, min(offset, int64(len(data))))
	return &Error{Offset: offset, Line: 1 + bytes.Count(data[:offset], []byte("\n")), Path: string(path), Err: reason}
}

// syntactic turns an error of the JSON library into ours.
func syntactic(data []byte, err error) error {
	var syntax *jsontext.SyntacticError
	if !errors.As(err, &syntax) {
		return at(data, int64(len(data)), "", errors.New("the text ends before the JSON value does"))
	}
	if errors.Is(syntax.Err, jsontext.ErrDuplicateName) {
		return at(data, syntax.ByteOffset, syntax.JSONPointer, errors.New("the name appears twice in its object"))
	}
	return at(data, syntax.ByteOffset, syntax.JSONPointer, plain(syntax.Err))
}

// semantic turns an error of decoding into a Go type into ours.
func semantic(data []byte, err error) error {
	var meaning *json.SemanticError
	if !errors.As(err, &meaning) {
		return syntactic(data, err)
	}
	if errors.Is(meaning.Err, json.ErrUnknownName) {
		return at(data, meaning.ByteOffset, meaning.JSONPointer, errors.New("the name is not known here"))
	}
	reason := fmt.Sprintf("does not fit %v", meaning.GoType)
	if k := meaning.JSONKind; k != 0 {
		reason = fmt.Sprintf("is %v, which %s", kindOf(k), reason)
	}
	if meaning.Err != nil {
		reason += ": " + meaning.Err.Error()
	}
	return at(data, meaning.ByteOffset, meaning.JSONPointer, errors.New(reason))
}

// plain takes the library's own name off a reason.
func plain(err error) error { return errors.New(strings.TrimPrefix(err.Error(), "jsontext: ")) }
