package weights

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/osft-project/osft/provenance/disk"
	"github.com/osft-project/osft/provenance/strict"
)

// Changes says what is different in a rewritten checkpoint. The zero value is a copy.
type Changes struct {
	// Replace returns the new values of a tensor, in its shape, or nil for those that stay as they are. Where it is nil all stay.
	Replace func(Tensor) ([]float32, error)
	// DType, where it is not zero, is the new type of all F32, F16 and BF16 tensors; the others stay as they are.
	DType DType
}

// Rewrite writes the checkpoint again: the same files with the same tensors in the same order, of the same types and with the
// same metadata. Tensors that are not replaced keep their bytes, and a file in which nothing is replaced is the same file. New
// values are rounded as Encode does; a value that is not finite, or that a type cannot hold, is an error that names it.
//
// It fails where a mapped file has been changed since Open, because what it wrote could be anything then.
func (c *Checkpoint) Rewrite(ctx context.Context, dst disk.Folder, changes Changes) error {
	if changes.DType != 0 && !changes.DType.Float() {
		return fmt.Errorf("dtype %v: is not one to train in (F32, F16 and BF16 are)", changes.DType)
	}
	err := Guard(func() error {
		for _, f := range c.files {
			if err := f.rewrite(ctx, dst, changes); err != nil {
				return prefixed(f.name, err)
			}
		}
		return c.rewriteIndex(dst, changes)
	})
	return errors.Join(err, c.Unchanged())
}

func (f *file) rewrite(ctx context.Context, dst disk.Folder, changes Changes) error {
	out, err := dst.Create(f.name)
	if err != nil {
		return err
	}
	raw, err := f.header.as(changes)
	if err == nil {
		err = f.copy(newWriter(ctx, out), raw, changes)
	}
	return errors.Join(err, out.Close())
}

func (f *file) copy(w *writer, raw []byte, changes Changes) error {
	if err := w.header(raw); err != nil {
		return err
	}
	for _, t := range f.tensors() {
		values, err := changes.values(t)
		if err != nil {
			return err
		}
		if err := w.tensor(t, changes.of(t.DType), values); err != nil {
			return err
		}
	}
	return nil
}

// values asks for new values and checks that they can take the tensor's place.
func (ch Changes) values(t Tensor) ([]float32, error) {
	if ch.Replace == nil {
		return nil, nil
	}
	values, err := ch.Replace(t)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", t.Name, err)
	case values == nil:
		return nil, nil
	case !t.DType.Float():
		return nil, fmt.Errorf("%s: dtype %v: cannot be replaced (F32, F16 and BF16 can)", t.Name, t.DType)
	case len(values) != t.Elements():
		return nil, fmt.Errorf("%s: has %d values, %d were given", t.Name, t.Elements(), len(values))
	}
	return values, nil
}

// of is the type that tensors of this type have afterwards.
func (ch Changes) of(d DType) DType {
	if ch.DType != 0 && d.Float() {
		return ch.DType
	}
	return d
}

// as is the text of the header after the changes: the same one, unless a type differs.
func (h *header) as(changes Changes) ([]byte, error) {
	entries := slices.Clone(h.tensors)
	same := true
	next := 0
	for i := range entries {
		e := &entries[i]
		same = same && changes.of(e.dtype) == e.dtype
		e.dtype = changes.of(e.dtype)
		size, err := e.dtype.size(e.shape)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.name, err)
		}
		e.begin, e.end = next, next+size
		next += size
	}
	if same {
		return h.raw, nil
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.place, b.place) })
	return headerJSON(entries, h.metadata, h.metaAt)
}

// headerJSON writes a header as the reference writer does: without spaces, padded with spaces to a multiple of 8 bytes.
// The metadata stand before the tensor of index metaAt; -1 is none.
func headerJSON(entries []entry, metadata strict.Ordered, metaAt int) ([]byte, error) {
	var all strict.Ordered
	for i := 0; i <= len(entries); i++ {
		if i == metaAt {
			all = append(all, strict.Field{Name: metaKey, Value: metadata})
		}
		if i < len(entries) {
			e := entries[i]
			all = append(all, strict.Field{Name: e.name, Value: strict.Ordered{
				{Name: "dtype", Value: e.dtype.String()},
				{Name: "shape", Value: e.shape},
				{Name: "data_offsets", Value: [2]int{e.begin, e.end}},
			}})
		}
	}
	raw, err := strict.MarshalLine(all)
	if err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	for len(raw)%8 != 0 {
		raw = append(raw, ' ')
	}
	if len(raw) > maxHeader {
		return nil, fmt.Errorf("header: would be %d bytes long, at most %d are allowed", len(raw), maxHeader)
	}
	return raw, nil
}

// rewriteIndex writes the index, in which only the total size can differ.
func (c *Checkpoint) rewriteIndex(dst disk.Folder, changes Changes) error {
	if c.index == nil {
		return nil
	}
	raw, size := c.index.raw, 0
	for _, t := range c.tensors {
		n, err := changes.of(t.DType).size(t.Shape)
		if err != nil {
			return fmt.Errorf("%s: %w", t.Name, err)
		}
		size += n
	}
	if size != c.size() {
		raw = c.index.withTotal(size)
	}
	out, err := dst.Create(IndexName)
	if err != nil {
		return err
	}
	_, err = out.Write(raw)
	return errors.Join(err, out.Close())
}

// header writes what stands before the data.
func (w *writer) header(raw []byte) error {
	return w.bytes(slices.Concat(binary.LittleEndian.AppendUint64(nil, uint64(len(raw))), raw))
}
