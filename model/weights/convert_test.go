package weights

import (
	"bytes"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"unsafe"
)

// half describes a 16-bit type by its definition, in float64, without the tricks of the code under test.
type half struct {
	dtype    DType
	mantissa int // bits
	bias     int
	bits     func(float32) uint16
	value    func(uint16) float32
}

var halves = []half{
	{BF16, 7, 127, BF16Bits, BF16Value},
	{F16, 10, 15, F16Bits, F16Value},
}

func (h half) exact(u uint16) float64 {
	sign := 1.0
	if u&0x8000 != 0 {
		sign = -1
	}
	fraction := float64(u & (1<<h.mantissa - 1))
	exponent := int(u&0x7fff) >> h.mantissa
	if exponent == 0 {
		return sign * math.Ldexp(fraction, 1-h.bias-h.mantissa)
	}
	return sign * math.Ldexp(fraction+math.Ldexp(1, h.mantissa), exponent-h.bias-h.mantissa)
}

func (h half) infinity() uint16 { return uint16(0x7fff &^ (1<<h.mantissa - 1)) }

func TestHalvesDecodeByDefinition(t *testing.T) {
	for _, h := range halves {
		for u := range uint32(1 << 16) {
			bits := uint16(u)
			got := float64(h.value(bits))
			switch magnitude := bits & 0x7fff; {
			case magnitude > h.infinity():
				if !math.IsNaN(got) {
					t.Fatalf("%v %#04x: %v, want NaN", h.dtype, bits, got)
				}
			case magnitude == h.infinity():
				if !math.IsInf(got, 1-2*int(bits>>15)) {
					t.Fatalf("%v %#04x: %v, want an infinity", h.dtype, bits, got)
				}
			case got != h.exact(bits) || math.Signbit(got) != (bits>>15 == 1):
				t.Fatalf("%v %#04x: %v, want %v", h.dtype, bits, got, h.exact(bits))
			}
			if back := h.bits(h.value(bits)); back != bits {
				t.Fatalf("%v %#04x comes back as %#04x", h.dtype, bits, back)
			}
		}
	}
}

// Rounding is a staircase, so its steps are all there is to test: between each two neighbours the point half way goes to the
// even one, and the float32 on either side of it to the nearer one.
func TestHalvesRoundToNearestEven(t *testing.T) {
	for _, h := range halves {
		for low := range h.infinity() {
			a, b := h.exact(low), h.exact(low+1)
			middle := float32((a + b) / 2)
			if float64(middle) != (a+b)/2 {
				t.Fatalf("%v: the middle after %#04x is no float32", h.dtype, low)
			}
			even := low + low&1
			for _, c := range []struct {
				value float32
				want  uint16
			}{
				{math.Nextafter32(middle, 0), low}, {middle, even}, {math.Nextafter32(middle, math.MaxFloat32), low + 1},
				{math.Nextafter32(h.value(low), math.MaxFloat32), low},
			} {
				if got := h.bits(c.value); got != c.want {
					t.Fatalf("%v: %v rounds to %#04x, want %#04x", h.dtype, c.value, got, c.want)
				}
				if got := h.bits(-c.value); got != c.want|0x8000 {
					t.Fatalf("%v: %v rounds to %#04x", h.dtype, -c.value, got)
				}
			}
		}
		if got := h.bits(math.MaxFloat32); got != h.infinity() {
			t.Errorf("%v: the greatest float32 rounds to %#04x", h.dtype, got)
		}
		if got := h.bits(math.Float32frombits(0x7f80_0001)); got&0x7fff <= h.infinity() {
			t.Errorf("%v: a NaN with a small payload rounds to %#04x", h.dtype, got)
		}
	}
}

func TestEncodeAndDecodeInBulk(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	values := make([]float32, 1003)
	for i := range values {
		values[i] = math.Float32frombits(rng.Uint32())
	}
	for _, dtype := range []DType{F32, F16, BF16} {
		size := dtype.Bits() / 8
		for shift := range 4 { // where the bytes begin must not matter
			data := make([]byte, shift+len(values)*size)[shift:]
			if err := Encode(data, dtype, values); err != nil {
				t.Fatal(err)
			}
			tensor := Tensor{Name: "t", DType: dtype, Shape: []int{17, 59}, Data: data}
			decoded := make([]float32, len(values))
			if err := tensor.Decode(decoded); err != nil {
				t.Fatal(err)
			}
			again := make([]byte, len(data))
			_ = Encode(again, dtype, decoded)
			if !bytes.Equal(again, data) {
				t.Errorf("%v at +%d: not the same bytes after decoding and encoding", dtype, shift)
			}
			sameBits(t, tensor.Float32s(), decoded)
			if at := uintptr(unsafe.Pointer(&tensor.Float32s()[0])); at%4 != 0 {
				t.Errorf("%v at +%d: values at address %#x", dtype, shift, at)
			}
			for i, u := range tensor.Uint16s() {
				if want := uint16(data[2*i]) | uint16(data[2*i+1])<<8; u != want {
					t.Fatalf("%v at +%d: Uint16s[%d] = %#04x, want %#04x", dtype, shift, i, u, want)
				}
			}
		}
	}
}

func sameBits(t *testing.T, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d values, want %d", len(got), len(want))
	}
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			t.Fatalf("value %d: %v, want %v", i, got[i], want[i])
		}
	}
}

func TestConversionErrors(t *testing.T) {
	tests := []struct {
		err  error
		want string
	}{
		{Encode(make([]byte, 8), I64, make([]float32, 1)), "dtype I64: cannot be written from float32"},
		{Encode(make([]byte, 8), F32, make([]float32, 1)), "dtype F32: 1 values do not fill 8 bytes"},
		{Encode(nil, DType(99), nil), "dtype none: cannot be written"},
		{Tensor{Name: "ids", DType: I64, Shape: []int{1}}.Decode(nil), "ids: dtype I64: has no float32 values"},
		{Tensor{Name: "w", DType: F32, Shape: []int{2, 3}}.Decode(make([]float32, 5)), "w: has 6 values, not 5"},
	}
	for _, tt := range tests {
		if tt.err == nil || !strings.Contains(tt.err.Error(), tt.want) {
			t.Errorf("got %v, want %q", tt.err, tt.want)
		}
	}
	ids := Tensor{Name: "ids", DType: I64, Shape: []int{1}, Data: make([]byte, 8)}
	if ids.Float32s() != nil || ids.Uint16s() != nil {
		t.Error("an integer tensor has float values")
	}
}

func BenchmarkConvert(b *testing.B) {
	values := make([]float32, 1<<20)
	for i := range values {
		values[i] = float32(i%977)/977 - 0.5
	}
	for _, dtype := range []DType{BF16, F16} {
		data := make([]byte, 2*len(values))
		b.Run("encode/"+dtype.String(), func(b *testing.B) {
			b.SetBytes(int64(4 * len(values)))
			for b.Loop() {
				_ = Encode(data, dtype, values)
			}
		})
		b.Run("decode/"+dtype.String(), func(b *testing.B) {
			b.SetBytes(int64(4 * len(values)))
			for b.Loop() {
				decode(values, dtype, data)
			}
		})
	}
}
