package matmul

import (
	"fmt"
	"math"
)

// Half says what the 16-bit numbers of a Matrix are.
type Half uint8

// The 16-bit formats. Both convert to float32 exactly.
const (
	BF16 Half = iota // bfloat16: the upper half of a float32
	F16              // IEEE 754 binary16
)

// Matrix is a view of numbers in memory: element (i, j) is number
// i*RowStride + j*ColStride of F32, or of U16 in the format Half where F32 is
// nil. Strides are in elements and not negative.
type Matrix struct {
	F32                  []float32
	U16                  []uint16
	Half                 Half
	Rows, Cols           int
	RowStride, ColStride int
}

// Dense views data as rows×cols, row after row.
func Dense(data []float32, rows, cols int) Matrix {
	return Strided(data, rows, cols, cols)
}

// Strided views data as rows×cols whose rows begin stride elements apart.
func Strided(data []float32, rows, cols, stride int) Matrix {
	m := Matrix{F32: data, Rows: rows, Cols: cols, RowStride: stride, ColStride: 1}
	m.check("Strided")
	return m
}

// DenseHalf views 16-bit data as rows×cols, row after row.
func DenseHalf(data []uint16, format Half, rows, cols int) Matrix {
	m := Matrix{U16: data, Half: format, Rows: rows, Cols: cols, RowStride: cols, ColStride: 1}
	m.check("DenseHalf")
	return m
}

// T is the transposed view, cols×rows, of the same memory.
func (m Matrix) T() Matrix {
	m.Rows, m.Cols = m.Cols, m.Rows
	m.RowStride, m.ColStride = m.ColStride, m.RowStride
	return m
}

// RowRange is the view of the rows lo..hi-1.
func (m Matrix) RowRange(lo, hi int) Matrix {
	if lo < 0 || hi < lo || hi > m.Rows {
		panic(fmt.Sprintf("matmul: rows %d..%d of a matrix of %d rows", lo, hi, m.Rows))
	}
	m.Rows = hi - lo
	m.skip(lo * m.RowStride)
	return m
}

// ColRange is the view of the columns lo..hi-1.
func (m Matrix) ColRange(lo, hi int) Matrix { return m.T().RowRange(lo, hi).T() }

// skip moves the view's origin; an empty view keeps no data.
func (m *Matrix) skip(elements int) {
	switch {
	case m.Rows == 0 || m.Cols == 0:
		m.F32, m.U16 = m.F32[:0:0], m.U16[:0:0]
	case m.F32 != nil:
		m.F32 = m.F32[elements:]
	default:
		m.U16 = m.U16[elements:]
	}
}

// At is element (i, j) as a float32.
func (m Matrix) At(i, j int) float32 {
	at := i*m.RowStride + j*m.ColStride
	if m.F32 != nil {
		return m.F32[at]
	}
	return m.Half.Float32(m.U16[at])
}

// Float32 converts a 16-bit number, exactly. NaNs keep their sign and upper
// payload bits.
func (h Half) Float32(u uint16) float32 {
	if h == BF16 {
		return math.Float32frombits(uint32(u) << 16)
	}
	sign := uint32(u&0x8000) << 16
	exponent, fraction := uint32(u>>10)&31, uint32(u)&1023
	switch {
	case exponent == 31:
		return math.Float32frombits(sign | 0xff<<23 | fraction<<13)
	case exponent != 0:
		return math.Float32frombits(sign | (exponent+127-15)<<23 | fraction<<13)
	default: // zero or denormal: fraction * 2^-24, and -0 keeps its sign
		v := math.Float32bits(float32(fraction) * 0x1p-24)
		return math.Float32frombits(sign | v)
	}
}

// check panics unless all elements lie inside the data.
func (m *Matrix) check(who string) {
	if m.Rows < 0 || m.Cols < 0 || m.RowStride < 0 || m.ColStride < 0 {
		panic(fmt.Sprintf("matmul: %s: negative size in %d×%d with strides %d, %d",
			who, m.Rows, m.Cols, m.RowStride, m.ColStride))
	}
	if m.Rows == 0 || m.Cols == 0 {
		return
	}
	have := len(m.F32)
	if m.F32 == nil {
		have = len(m.U16)
	}
	if last := (m.Rows-1)*m.RowStride + (m.Cols-1)*m.ColStride; last >= have {
		panic(fmt.Sprintf("matmul: %s: %d×%d with strides %d, %d needs %d numbers, has %d",
			who, m.Rows, m.Cols, m.RowStride, m.ColStride, last+1, have))
	}
}

// checkProduct panics unless dst (rows ldd apart) can hold a·b.
func checkProduct(dst []float32, ldd int, a, b *Matrix) {
	a.check("left factor")
	b.check("right factor")
	checkInto(dst, ldd, a, b.Rows, b.Cols)
}

func checkInto(dst []float32, ldd int, a *Matrix, k, n int) {
	if a.Cols != k {
		panic(fmt.Sprintf("matmul: %d×%d times %d×%d", a.Rows, a.Cols, k, n))
	}
	if a.Rows == 0 || n == 0 {
		return
	}
	if need := (a.Rows-1)*ldd + n; ldd < n || len(dst) < need {
		panic(fmt.Sprintf("matmul: result %d×%d with rows %d apart needs %d numbers, has %d",
			a.Rows, n, ldd, need, len(dst)))
	}
}
