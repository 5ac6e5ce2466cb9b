package weights

import (
	"encoding/binary"
	"fmt"
	"unsafe"

	"github.com/osft-project/osft/model/weights/mapping"
)

// Tensor is a named array in a checkpoint. Data is little-endian in C order (the last dimension runs fastest), usually a view
// of the mapped file: it must not be written to, nor used after the checkpoint's Close.
type Tensor struct {
	Name  string
	DType DType
	Shape []int // no dimensions is a scalar
	Data  []byte
}

// Elements is the number of elements.
func (t Tensor) Elements() int {
	n := 1
	for _, dim := range t.Shape {
		n *= dim
	}
	return n
}

// Decode writes the values to dst, which must have one element for each, exactly. Tensors that are not F32, F16 or BF16 have
// no float32 values; that is an error.
func (t Tensor) Decode(dst []float32) error {
	if !t.DType.Float() {
		return fmt.Errorf("%s: dtype %v: has no float32 values (weights must be F32, F16 or BF16)", t.Name, t.DType)
	}
	if n := t.Elements(); len(dst) != n {
		return fmt.Errorf("%s: has %d values, not %d", t.Name, n, len(dst))
	}
	decode(dst, t.DType, t.Data)
	return nil
}

// Float32s returns the values: a view of Data where the tensor is F32 and lies at a multiple of 4 bytes, which must not be
// written to, else a copy. It is nil where Decode is an error.
func (t Tensor) Float32s() []float32 {
	if t.DType == F32 {
		if view, ok := viewOf[float32](t.Data); ok {
			return view
		}
	}
	values := make([]float32, t.Elements())
	if t.Decode(values) != nil {
		return nil
	}
	return values
}

// Uint16s returns the bits of a BF16 or F16 tensor, one element for each value: a view of Data where it lies at a multiple of
// 2 bytes, which must not be written to, else a copy. It is nil for every other type.
func (t Tensor) Uint16s() []uint16 {
	if t.DType != BF16 && t.DType != F16 {
		return nil
	}
	if view, ok := viewOf[uint16](t.Data); ok {
		return view
	}
	halves := make([]uint16, t.Elements())
	for i := range halves {
		halves[i] = binary.LittleEndian.Uint16(t.Data[2*i:])
	}
	return halves
}

// Forget tells the system that a tensor is not needed soon, so that its mapped pages no longer count as resident memory.
// Reading it later works and is slower. For a tensor that is not mapped it does nothing.
func (t Tensor) Forget() { mapping.Forget(t.Data) }

// littleEndian says that this machine has numbers in memory as a file has them.
var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// viewOf looks at bytes as numbers where order and alignment allow it.
func viewOf[T float32 | uint16](data []byte) ([]T, bool) {
	var element T
	size := unsafe.Sizeof(element)
	start := unsafe.Pointer(unsafe.SliceData(data))
	if !littleEndian || uintptr(start)%size != 0 {
		return nil, false
	}
	return unsafe.Slice((*T)(start), uintptr(len(data))/size), true
}

// floatBytes looks at numbers as the bytes of a file; it is nil where the machine's order is another.
func floatBytes(values []float32) []byte {
	if !littleEndian {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(values))), 4*len(values))
}
