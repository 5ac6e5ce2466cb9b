package weights

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Encode writes values as elements of the type, little-endian, to dst, which must have their exact size. Rounding is to the
// nearest, ties to even; what is beyond the range of F16 or BF16 becomes an infinity; NaNs stay NaNs with their upper bits.
// So decoding and encoding gives back every bit pattern of the three types.
func Encode(dst []byte, dtype DType, values []float32) error {
	if !dtype.Float() {
		return fmt.Errorf("dtype %v: cannot be written from float32 (F32, F16 and BF16 can)", dtype)
	}
	if len(dst) != len(values)*dtype.Bits()/8 {
		return fmt.Errorf("dtype %v: %d values do not fill %d bytes", dtype, len(values), len(dst))
	}
	switch dtype {
	case BF16:
		encodeBF16(dst, values)
	case F16:
		encodeF16(dst, values)
	default:
		encodeF32(dst, values)
	}
	return nil
}

// decode is the inverse of Encode and exact.
func decode(dst []float32, dtype DType, data []byte) {
	switch dtype {
	case BF16:
		decodeBF16(dst, data)
	case F16:
		decodeF16(dst, data)
	default:
		decodeF32(dst, data)
	}
}

func encodeF32(dst []byte, values []float32) {
	if view := floatBytes(values); view != nil {
		copy(dst, view)
		return
	}
	for i, v := range values {
		binary.LittleEndian.PutUint32(dst[4*i:4*i+4], math.Float32bits(v))
	}
}

func decodeF32(dst []float32, data []byte) {
	if view := floatBytes(dst); view != nil {
		copy(view, data)
		return
	}
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i : 4*i+4]))
	}
}

func encodeBF16(dst []byte, values []float32) {
	for i, v := range values {
		binary.LittleEndian.PutUint16(dst[2*i:2*i+2], BF16Bits(v))
	}
}

func decodeBF16(dst []float32, data []byte) {
	for i := range dst {
		dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(data[2*i:2*i+2])) << 16)
	}
}

func encodeF16(dst []byte, values []float32) {
	for i, v := range values {
		binary.LittleEndian.PutUint16(dst[2*i:2*i+2], F16Bits(v))
	}
}

func decodeF16(dst []float32, data []byte) {
	for i := range dst {
		dst[i] = F16Value(binary.LittleEndian.Uint16(data[2*i : 2*i+2]))
	}
}

const (
	signMask = 0x8000_0000
	infinity = 0x7f80_0000
)

// BF16Bits rounds to the nearest bfloat16, ties to even. Bfloat16 is the upper half of a float32.
func BF16Bits(v float32) uint16 {
	u := math.Float32bits(v)
	if u&^signMask > infinity {
		return nanBits(uint16(u>>16), 0x7f)
	}
	return uint16((u + 0x7fff + u>>16&1) >> 16)
}

// BF16Value is the float32 of a bfloat16, exactly.
func BF16Value(h uint16) float32 { return math.Float32frombits(uint32(h) << 16) }

// nanBits keeps a NaN a NaN where cutting it off has left no bit of its payload.
func nanBits(h, payload uint16) uint16 {
	if h&payload == 0 {
		h |= (payload + 1) >> 1
	}
	return h
}

// F16Bits rounds to the nearest IEEE 754 binary16, ties to even.
func F16Bits(v float32) uint16 {
	u := math.Float32bits(v)
	if u&^signMask-leastNormal < beyondF16-leastNormal {
		// The exponent's bias goes from 127 to 15; a carry out of the mantissa is right by itself, up to infinity.
		return uint16(u>>16)&0x8000 | uint16((u&^signMask-112<<23+0xfff+u>>13&1)>>13)
	}
	return oddF16Bits(u)
}

const (
	leastNormal = 0x3880_0000 // 2^-14, the least binary16 that is not subnormal
	beyondF16   = 0x4780_0000 // 2^16
)

// oddF16Bits rounds what becomes a subnormal, an infinity or a NaN.
func oddF16Bits(u uint32) uint16 {
	sign := uint16(u >> 16 & 0x8000)
	u &^= signMask
	switch {
	case u > infinity:
		return sign | nanBits(uint16(u>>13&0x3ff)|0x7c00, 0x3ff)
	case u >= beyondF16:
		return sign | 0x7c00
	}
	const half = 0x3f00_0000 // added to 0.5 the FPU rounds to multiples of 2^-24, those of the subnormals
	return sign | uint16(math.Float32bits(math.Float32frombits(u)+math.Float32frombits(half))-half)
}

// F16Value is the float32 of an IEEE 754 binary16, exactly.
func F16Value(h uint16) float32 {
	if h&0x7c00-0x0400 < 0x7c00-0x0400 {
		return math.Float32frombits(uint32(h&0x8000)<<16 | uint32(h&0x7fff)<<13 + 112<<23)
	}
	return oddF16Value(h)
}

// oddF16Value is the value of a subnormal, an infinity or a NaN.
func oddF16Value(h uint16) float32 {
	sign, u := uint32(h&0x8000)<<16, uint32(h&0x3ff)<<13
	if h&0x7c00 != 0 {
		return math.Float32frombits(sign | infinity | u)
	}
	difference := math.Float32frombits(leastNormal|u) - math.Float32frombits(leastNormal)
	return math.Float32frombits(sign | math.Float32bits(difference))
}
