package weights

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/osft-project/osft/provenance/strict"
)

const (
	lengthSize = 8           // the bytes that say how long the header is
	maxHeader  = 100_000_000 // the limit of the reference reader (safetensors/src/tensor.rs)
	metaKey    = "__metadata__"
)

// header is what stands before the data of a safetensors file.
type header struct {
	raw      []byte         // the JSON as the file has it, padding included
	tensors  []entry        // in the order of their data
	metadata strict.Ordered // of strings
	metaAt   int            // how many tensors the header names before __metadata__; -1 where there is none
}

// entry describes one tensor; its data are the bytes begin up to end after the header.
type entry struct {
	name       string
	dtype      DType
	shape      []int
	begin, end int
	place      int // among the tensors of the header
}

// parseHeader reads and checks the header of a file, as the format has it
// (https://huggingface.co/docs/safetensors, safetensors/src/tensor.rs): the data must be covered wholly and once.
func parseHeader(file []byte) (*header, error) {
	raw, err := headerText(file)
	if err != nil {
		return nil, err
	}
	doc, err := strict.Parse(raw, strict.Limits{Size: maxHeader, Depth: 4, Values: 16 << 20})
	if err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	members, err := doc.Object()
	if err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	h := &header{raw: raw, metaAt: -1, tensors: make([]entry, 0, len(members))}
	var problems []error
	for _, m := range members {
		if err := h.member(m); err != nil {
			problems = append(problems, fmt.Errorf("header: %w", err))
		}
	}
	if problems != nil {
		return nil, errors.Join(problems...)
	}
	return h, h.checkCover(len(file) - lengthSize - len(raw))
}

// headerText cuts out the header without trusting its length.
func headerText(file []byte) ([]byte, error) {
	if len(file) < lengthSize {
		return nil, fmt.Errorf("%d bytes are too few for a safetensors file (is it an unfinished download?)", len(file))
	}
	length := binary.LittleEndian.Uint64(file)
	if length > maxHeader {
		return nil, fmt.Errorf("header: %d bytes long, at most %d are allowed (is this a safetensors file?)", length, maxHeader)
	}
	rest := file[lengthSize:]
	if length > uint64(len(rest)) {
		return nil, fmt.Errorf("header: %d bytes long, the file has %d after the length (is it an unfinished download?)",
			length, len(rest))
	}
	raw := rest[:length]
	if len(raw) == 0 || raw[0] != '{' {
		return nil, errors.New("header: does not begin with '{' (is this a safetensors file?)")
	}
	return raw, nil
}

func (h *header) member(m strict.Member) error {
	if m.Name == metaKey {
		return h.meta(m.Value)
	}
	e, err := parseEntry(m)
	if err != nil {
		return err
	}
	e.place = len(h.tensors)
	h.tensors = append(h.tensors, e)
	return nil
}

// meta keeps the free text about the file: an object of strings.
func (h *header) meta(v strict.Value) error {
	members, err := v.Object()
	if err != nil {
		return err
	}
	h.metaAt = len(h.tensors)
	for _, m := range members {
		text, err := m.Value.String()
		if err != nil {
			return err
		}
		h.metadata = append(h.metadata, strict.Field{Name: m.Name, Value: text})
	}
	return nil
}

func parseEntry(m strict.Member) (entry, error) {
	e := entry{name: m.Name}
	if err := e.setFields(m.Value); err != nil {
		return e, err
	}
	size, err := e.dtype.size(e.shape)
	if err != nil {
		return e, m.Value.Errorf("%v", err)
	}
	if size != e.end-e.begin {
		return e, m.Value.Errorf("shape %v of %v is %d bytes, the data_offsets span %d", e.shape, e.dtype, size, e.end-e.begin)
	}
	return e, nil
}

// setFields demands each field once and no others; that a name stands there twice the parser has refused.
func (e *entry) setFields(v strict.Value) error {
	fields, err := v.Object()
	if err != nil {
		return err
	}
	for _, f := range fields {
		switch f.Name {
		case "dtype":
			err = e.setDType(f.Value)
		case "shape":
			e.shape, err = counts(f.Value)
		case "data_offsets":
			err = e.setOffsets(f.Value)
		default:
			err = f.Value.Errorf("is not a field of a tensor (dtype, shape and data_offsets are)")
		}
		if err != nil {
			return err
		}
	}
	for _, name := range []string{"dtype", "shape", "data_offsets"} {
		if _, ok := v.Get(name); !ok {
			return v.Errorf("has no %s", name)
		}
	}
	return nil
}

func (e *entry) setDType(v strict.Value) error {
	name, err := v.String()
	if err != nil {
		return err
	}
	if e.dtype, err = ParseDType(name); err != nil {
		return v.Errorf("%v", err)
	}
	return nil
}

// counts reads an array of integers that are not negative.
func counts(v strict.Value) ([]int, error) {
	list, err := v.Array()
	if err != nil {
		return nil, err
	}
	numbers := make([]int, len(list))
	for i, d := range list {
		n, err := d.Int64()
		if err != nil {
			return nil, err
		}
		if n < 0 || int64(int(n)) != n {
			return nil, d.Errorf("%d is not between 0 and %d", n, math.MaxInt)
		}
		numbers[i] = int(n)
	}
	return numbers, nil
}

func (e *entry) setOffsets(v strict.Value) error {
	pair, err := counts(v)
	if err != nil {
		return err
	}
	if len(pair) != 2 || pair[0] > pair[1] {
		return v.Errorf("%v must be a begin and an end that does not lie before it", pair)
	}
	e.begin, e.end = pair[0], pair[1]
	return nil
}

// checkCover brings the tensors into the order of their data and demands that these follow each other without gaps from the
// first byte to the last: bytes that no tensor owns could be another file in disguise.
func (h *header) checkCover(size int) error {
	slices.SortStableFunc(h.tensors, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end))
	})
	next, before := 0, "the header"
	for _, e := range h.tensors {
		switch {
		case e.begin > next:
			return fmt.Errorf("%s: %d unused bytes between %s and its data", e.name, e.begin-next, before)
		case e.begin < next:
			return fmt.Errorf("%s: its data overlap those of %s by %d bytes", e.name, before, min(next, e.end)-e.begin)
		case e.end > size:
			return fmt.Errorf("%s: its data end at byte %d, the file's at %d (is it an unfinished download?)", e.name, e.end, size)
		}
		next, before = e.end, e.name
	}
	if next != size {
		return fmt.Errorf("%d unused bytes after the last tensor", size-next)
	}
	return nil
}
