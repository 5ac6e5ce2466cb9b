package weights

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"

	"github.com/osft-project/osft/provenance/disk"
	"github.com/osft-project/osft/provenance/strict"
)

// New is a tensor to write. Where Values is not nil its elements, rounded to DType as Encode does, are the data, and Data is
// not looked at.
type New struct {
	Tensor
	Values []float32
}

// Write writes one new safetensors file as the reference writer does: tensors of wide elements first, then by name, so that
// the order given here does not matter. Metadata may be nil; Transformers wants {"format": "pt"} in a model's file. Values
// that are not finite, or that a type cannot hold, are an error.
func Write(ctx context.Context, dst disk.Folder, name string, tensors []New, metadata map[string]string) error {
	sorted := slices.Clone(tensors)
	slices.SortFunc(sorted, func(a, b New) int {
		return cmp.Or(cmp.Compare(b.DType.Bits(), a.DType.Bits()), cmp.Compare(a.Name, b.Name))
	})
	raw, err := newHeader(sorted, metadata)
	if err != nil {
		return prefixed(name, err)
	}
	out, err := dst.Create(name)
	if err != nil {
		return err
	}
	w := newWriter(ctx, out)
	err = Guard(func() error {
		if err := w.header(raw); err != nil {
			return err
		}
		for _, t := range sorted {
			if err := w.tensor(t.Tensor, t.DType, t.Values); err != nil {
				return prefixed(name, err)
			}
		}
		return nil
	})
	return errors.Join(err, out.Close())
}

// newHeader lays the tensors out one behind the other and checks that they can be written.
func newHeader(tensors []New, metadata map[string]string) ([]byte, error) {
	var problems []error
	entries := make([]entry, len(tensors))
	seen := map[string]bool{metaKey: true}
	next := 0
	for i, t := range tensors {
		size, err := t.DType.size(t.Shape)
		switch {
		case seen[t.Name]:
			problems = append(problems, fmt.Errorf("%s: the name is taken", t.Name))
		case err != nil:
			problems = append(problems, fmt.Errorf("%s: %w", t.Name, err))
		case t.DType.Bits() == 0:
			problems = append(problems, fmt.Errorf("%s: has no dtype", t.Name))
		case t.Values != nil && !t.DType.Float():
			problems = append(problems, fmt.Errorf("%s: dtype %v: cannot be written from float32 (F32, F16 and BF16 can)", t.Name, t.DType))
		case t.Values != nil && len(t.Values) != t.Elements():
			problems = append(problems, fmt.Errorf("%s: shape %v has %d values, %d were given", t.Name, t.Shape, t.Elements(), len(t.Values)))
		case t.Values == nil && len(t.Data) != size:
			problems = append(problems, fmt.Errorf("%s: shape %v of %v is %d bytes, %d were given", t.Name, t.Shape, t.DType, size, len(t.Data)))
		}
		seen[t.Name] = true
		shape := append([]int{}, t.Shape...) // [] and not null for a scalar
		entries[i] = entry{name: t.Name, dtype: t.DType, shape: shape, begin: next, end: next + size}
		next += size
	}
	if problems != nil {
		return nil, errors.Join(problems...)
	}
	text, at := metadataMembers(metadata)
	return headerJSON(entries, text, at)
}

// metadataMembers brings the text about a file into the form in which a header has it, by name, and says where it stands.
func metadataMembers(metadata map[string]string) (strict.Ordered, int) {
	if metadata == nil {
		return nil, -1
	}
	var text strict.Ordered
	for _, name := range slices.Sorted(maps.Keys(metadata)) {
		text = append(text, strict.Field{Name: name, Value: metadata[name]})
	}
	return text, 0
}

// chunk is how many values are converted and written at a time.
const chunk = 1 << 18

// writer writes tensors to a file by way of a buffer, so that a mapped file that was cut short is a fault of ours, which Guard
// knows how to tell, and not of the system call.
type writer struct {
	ctx    context.Context
	out    io.Writer
	buffer []byte
	values []float32
}

func newWriter(ctx context.Context, out io.Writer) *writer {
	return &writer{ctx: ctx, out: out, buffer: make([]byte, 4*chunk)}
}

func (w *writer) bytes(data []byte) error {
	for len(data) > 0 {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		n := copy(w.buffer, data)
		if _, err := w.out.Write(w.buffer[:n]); err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}

// tensor writes the elements as the type: the new values where there are any, else what the tensor has.
func (w *writer) tensor(t Tensor, dtype DType, values []float32) error {
	if values == nil && dtype == t.DType {
		return w.bytes(t.Data)
	}
	count := t.Elements()
	for start := 0; start < count; start += chunk {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		part := w.part(t, values, start, min(start+chunk, count))
		if i := unfit(part, dtype, values != nil); i >= 0 {
			return fmt.Errorf("%s: element %d: %v %s", t.Name, start+i, part[i], complaint(part[i], dtype))
		}
		encoded := w.buffer[:len(part)*dtype.Bits()/8]
		if err := Encode(encoded, dtype, part); err != nil {
			return fmt.Errorf("%s: %w", t.Name, err)
		}
		if _, err := w.out.Write(encoded); err != nil {
			return err
		}
	}
	return nil
}

// part is a range of the values to write.
func (w *writer) part(t Tensor, values []float32, start, end int) []float32 {
	if values != nil {
		return values[start:end]
	}
	if w.values == nil {
		w.values = make([]float32, chunk)
	}
	size := t.DType.Bits() / 8
	decode(w.values[:end-start], t.DType, t.Data[start*size:end*size])
	return w.values[:end-start]
}

// unfit finds the first value that would become an infinity in the type and, where all must be finite, the first that is not
// finite. It returns -1 where there is none.
func unfit(values []float32, dtype DType, finite bool) int {
	limit := uint32(infinity)
	switch dtype {
	case F16:
		limit = 0x477f_f000 // 65520, halfway between the greatest binary16 and the next
	case BF16:
		limit = 0x7f7f_8000
	}
	for i, v := range values {
		if u := math.Float32bits(v) &^ signMask; u >= limit && (finite || u < infinity) {
			return i
		}
	}
	return -1
}

func complaint(v float32, dtype DType) string {
	if math.Float32bits(v)&^signMask >= infinity {
		return "is not finite (the training has gone wrong: try a lower rate)"
	}
	return fmt.Sprintf("is too great for %v (choose F32 or BF16 for the output)", dtype)
}
