package weights

import (
	"fmt"
	"math/bits"
)

// DType is the type of a tensor's elements, as safetensors names it. osft computes with F32, F16 and BF16; tensors of the
// other types are carried along unchanged.
type DType uint8

// The element types of safetensors 0.8. The zero DType is none of them.
const (
	F32 DType = iota + 1
	F16
	BF16
	F64
	BOOL
	U8
	I8
	U16
	I16
	U32
	I32
	U64
	I64
	C64
	F8E4M3
	F8E5M2
	F8E8M0
	F8E4M3FNUZ
	F8E5M2FNUZ
	F6E2M3
	F6E3M2
	F4
)

var dtypes = [...]struct {
	name string
	bits int
}{
	{"none", 0}, {"F32", 32}, {"F16", 16}, {"BF16", 16}, {"F64", 64}, {"BOOL", 8}, {"U8", 8}, {"I8", 8}, {"U16", 16},
	{"I16", 16}, {"U32", 32}, {"I32", 32}, {"U64", 64}, {"I64", 64}, {"C64", 64}, {"F8_E4M3", 8}, {"F8_E5M2", 8},
	{"F8_E8M0", 8}, {"F8_E4M3FNUZ", 8}, {"F8_E5M2FNUZ", 8}, {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"F4", 4},
}

// ParseDType finds the type with this safetensors name; names are in capitals.
func ParseDType(name string) (DType, error) {
	for d := F32; int(d) < len(dtypes); d++ {
		if dtypes[d].name == name {
			return d, nil
		}
	}
	return 0, fmt.Errorf("unknown dtype %q", name)
}

// String is the safetensors name of the type.
func (d DType) String() string {
	if int(d) >= len(dtypes) {
		return dtypes[0].name
	}
	return dtypes[d].name
}

// Bits is the size of one element in bits.
func (d DType) Bits() int {
	if int(d) >= len(dtypes) {
		return 0
	}
	return dtypes[d].bits
}

// Float reports whether osft computes with the type: F32, F16 or BF16.
func (d DType) Float() bool { return d == F32 || d == F16 || d == BF16 }

// size is the number of bytes of a tensor. It refuses shapes whose size does not fit an int, also where the product would
// wrap round to a value that looks right, and sizes that are not whole bytes.
func (d DType) size(shape []int) (int, error) {
	n := uint64(d.Bits())
	for _, dim := range shape {
		if dim < 0 {
			return 0, fmt.Errorf("shape %v has a negative dimension", shape)
		}
		high, low := bits.Mul64(n, uint64(dim))
		if high != 0 || low > 1<<62 {
			return 0, fmt.Errorf("shape %v of %v overflows", shape, d)
		}
		n = low
	}
	if n%8 != 0 {
		return 0, fmt.Errorf("shape %v of %v is %d bits, not whole bytes", shape, d, n)
	}
	return int(n / 8), nil
}
