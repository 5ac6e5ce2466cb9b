package strict

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/go-json-experiment/json/jsontext"
)

// Limits bounds what a document may ask of the machine. A field that is zero takes the default.
type Limits struct {
	Size   int // bytes of the document; default 64 MiB, never more than 2 GiB
	Depth  int // objects and arrays open at once; default 64
	Values int // values and names in the whole document; default 4 Mi
}

const (
	defaultSize   = 64 << 20
	defaultDepth  = 64
	defaultValues = 4 << 20
	hardSize      = math.MaxInt32 // offsets are kept in 32 bits
	hardDepth     = 10_000        // the depth at which the JSON library stops by itself
)

func (l Limits) resolved() Limits {
	pick := func(n, standard, most int) int {
		if n <= 0 {
			n = standard
		}
		return min(n, most)
	}
	return Limits{
		Size:   pick(l.Size, defaultSize, hardSize),
		Depth:  pick(l.Depth, defaultDepth, hardDepth),
		Values: pick(l.Values, defaultValues, math.MaxInt32),
	}
}

// Parse reads one JSON document. The result shares nothing with data. Errors are of type *Error.
func Parse(data []byte, limits Limits) (Value, error) {
	limits = limits.resolved()
	count, err := survey(data, limits)
	if err != nil {
		return Value{}, err
	}
	d := &document{text: string(data), nodes: make([]node, 0, count)}
	if err := d.build(data); err != nil {
		return Value{}, err
	}
	return Value{doc: d}, nil
}

// survey checks the limits by looking at the bytes alone and returns an upper bound of the number of values and names.
// Brackets that do not match are the parser's business.
func survey(data []byte, limits Limits) (int, error) {
	if len(data) > limits.Size {
		return 0, &Error{Line: 1, Err: fmt.Errorf("%d bytes of JSON, at most %d are read", len(data), limits.Size)}
	}
	count, depth := 1, 0
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '"':
			i = stringEnd(data, i)
		case '{', '[':
			count++
			if depth++; depth > limits.Depth {
				return 0, at(data, int64(i), "", fmt.Errorf("nested more than %d deep", limits.Depth))
			}
		case '}', ']':
			depth--
		case ',', ':':
			count++
		}
		if count > limits.Values {
			return 0, at(data, int64(i), "", fmt.Errorf("more than %d values", limits.Values))
		}
	}
	return count, nil
}

// stringEnd is the offset of the quote that closes the string opened at i, or of the last byte.
func stringEnd(data []byte, i int) int {
	for i++; i < len(data); i++ {
		switch data[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return len(data)
}

// build fills the nodes of the document, in the order of the text.
func (d *document) build(data []byte) error {
	dec := jsontext.NewDecoder(bytes.NewBuffer(data))
	var open []int32
	for {
		kind := dec.PeekKind()
		switch kind {
		case jsontext.KindBeginObject, jsontext.KindBeginArray:
			if _, err := dec.ReadToken(); err != nil {
				return syntactic(data, err)
			}
			open = append(open, int32(len(d.nodes)))
			d.add(kind, dec.InputOffset()-1, dec.InputOffset())
			continue
		case jsontext.KindEndObject, jsontext.KindEndArray:
			if _, err := dec.ReadToken(); err != nil {
				return syntactic(data, err)
			}
			d.close(open[len(open)-1], dec.InputOffset())
			open = open[:len(open)-1]
		default:
			raw, err := dec.ReadValue()
			if err != nil {
				return syntactic(data, err)
			}
			d.add(kind, dec.InputOffset()-int64(len(raw)), dec.InputOffset())
		}
		if len(open) == 0 {
			break
		}
	}
	if _, err := dec.ReadToken(); !errors.Is(err, io.EOF) {
		return trailing(data, dec.InputOffset(), err)
	}
	return nil
}

// trailing tells about text after the document, which is an error even where it would be a second document.
func trailing(data []byte, offset int64, err error) error {
	if err != nil {
		return syntactic(data, err)
	}
	return at(data, offset, "", errors.New("text after the end of the JSON value"))
}

func (d *document) add(kind jsontext.Kind, start, end int64) {
	d.nodes = append(d.nodes, node{start: uint32(start), end: uint32(end), next: int32(len(d.nodes) + 1), kind: kindOf(kind)})
}

func (d *document) close(i int32, end int64) {
	d.nodes[i].end, d.nodes[i].next = uint32(end), int32(len(d.nodes))
}

func kindOf(k jsontext.Kind) Kind {
	switch k {
	case jsontext.KindTrue, jsontext.KindFalse:
		return Bool
	case jsontext.KindString:
		return String
	case jsontext.KindNumber:
		return Number
	case jsontext.KindBeginObject:
		return Object
	case jsontext.KindBeginArray:
		return Array
	}
	return Null
}
