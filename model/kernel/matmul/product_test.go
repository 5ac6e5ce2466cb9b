package matmul

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/osft-project/osft/model/kernel/machine"
)

// fill draws numbers of very different sizes with signed zeros and denormals
// among them, so that order, rounding and flushing all show in the bits.
func fill(r *rand.Rand, data []float32) {
	for i := range data {
		switch r.IntN(16) {
		case 0:
			data[i] = float32(math.Copysign(0, float64(r.IntN(2))-0.5))
		case 1: // denormal
			data[i] = math.Float32frombits(r.Uint32() & 0x807fffff)
		case 2:
			data[i] = float32(r.NormFloat64() * 1e-20)
		default:
			data[i] = float32(r.NormFloat64())
		}
	}
}

func filled(r *rand.Rand, n int) []float32 {
	data := make([]float32, n)
	fill(r, data)
	return data
}

// halves are 16-bit numbers of every kind but infinities and NaNs.
func halves(r *rand.Rand, n int, format Half) []uint16 {
	data := make([]uint16, n)
	for i := range data {
		for {
			data[i] = uint16(r.Uint32())
			if v := float64(format.Float32(data[i])); math.Abs(v) < 1e5 {
				break
			}
		}
	}
	return data
}

// difference names the first element of m×n whose bits differ.
func difference(got []float32, ldg int, want []float32, ldw, m, n int) string {
	for i := range m {
		for j := range n {
			g, w := math.Float32bits(got[i*ldg+j]), math.Float32bits(want[i*ldw+j])
			if g != w {
				return fmt.Sprintf("element (%d,%d) of %d×%d: got %08x, want %08x", i, j, m, n, g, w)
			}
		}
	}
	return ""
}

// eachISA runs f under every instruction set of this machine.
func eachISA(t *testing.T, f func(t *testing.T)) {
	for _, isa := range machine.Supported() {
		t.Run(isa.String(), func(t *testing.T) {
			restore, err := machine.Force(isa)
			if err != nil {
				t.Fatal(err)
			}
			defer restore()
			f(t)
		})
	}
}

// withThreads runs f with that many workers.
func withThreads(threads int, f func()) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(threads))
	f()
}

// arrange copies m into fresh memory laid out with the given strides.
func arrange(m Matrix, rowStride, colStride int) Matrix {
	v := Matrix{Rows: m.Rows, Cols: m.Cols, RowStride: rowStride, ColStride: colStride}
	v.F32 = make([]float32, max(0, (m.Rows-1)*rowStride+(m.Cols-1)*colStride+1))
	for i := range v.F32 {
		v.F32[i] = float32(math.NaN()) // between the elements: must not matter
	}
	for i := range m.Rows {
		for j := range m.Cols {
			v.F32[i*rowStride+j*colStride] = m.At(i, j)
		}
	}
	return v
}

// arrangements are the ways in which factors lie in memory: rows, rows with
// gaps, columns, columns with gaps, and gaps everywhere.
var arrangements = []struct {
	name string
	make func(m Matrix) Matrix
}{
	{"rows", func(m Matrix) Matrix { return arrange(m, m.Cols, 1) }},
	{"columns", func(m Matrix) Matrix { return arrange(m, 1, m.Rows) }},
	{"rows apart", func(m Matrix) Matrix { return arrange(m, m.Cols+3, 1) }},
	{"columns apart", func(m Matrix) Matrix { return arrange(m, 1, m.Rows+5) }},
	{"scattered", func(m Matrix) Matrix { return arrange(m, 2*m.Cols+1, 2) }},
}

const (
	margin = 5 // numbers around a result that must not change
	mark   = float32(-12345)
)

// product is one way of computing dst = a·b, given dst's earlier contents.
type product struct {
	name string
	run  func(dst []float32, ldd int, a, b Matrix)
	want func(product, before float32) float32
}

var products = []product{
	{"Mul", Mul, onlyProduct},
	{"MulAdd", MulAdd, addOnce},
	{"MulSerial", func(dst []float32, ldd int, a, b Matrix) { MulSerial(&Workspace{}, dst, ldd, a, b) }, onlyProduct},
	{"MulAddSerial", func(dst []float32, ldd int, a, b Matrix) { MulAddSerial(&Workspace{}, dst, ldd, a, b) }, addOnce},
	{"MulPacked", func(dst []float32, ldd int, a, b Matrix) { MulPacked(dst, ldd, a, Pack(b)) }, onlyProduct},
	{"MulPackedSerial", func(dst []float32, ldd int, a, b Matrix) {
		var p Packed
		p.Load(b)
		MulPackedSerial(&Workspace{}, dst, ldd, a, &p)
	}, onlyProduct},
	{"MulBlocks", func(dst []float32, ldd int, a, b Matrix) {
		for k := 0; k == 0 || k < a.Cols; k += 2 * Block {
			to := min(k+2*Block, a.Cols)
			MulBlocks(dst, ldd, a.ColRange(k, to), b.RowRange(k, to), k == 0)
		}
	}, onlyProduct},
}

func onlyProduct(p, _ float32) float32  { return p }
func addOnce(p, before float32) float32 { return before + p }

// check runs one product into a marked destination and compares with want,
// which has room for more columns than the product.
func check(t *testing.T, p product, a, b Matrix, want []float32, ldw int, before []float32) {
	t.Helper()
	m, n := a.Rows, b.Cols
	ldd := n + margin
	dst := make([]float32, margin+m*ldd)
	for i := range dst {
		dst[i] = mark
	}
	expect := slices.Clone(dst)
	for i := range m {
		for j := range n {
			at := margin + i*ldd + j
			dst[at] = before[i*ldw+j]
			expect[at] = p.want(want[i*ldw+j], dst[at])
		}
	}
	p.run(dst[margin:], ldd, a, b)
	if d := difference(dst, len(dst), expect, len(dst), 1, len(dst)); d != "" {
		t.Fatalf("%s %d×%d×%d: %s (%d before the result, rows %d apart)", p.name, m, n, a.Cols, d, margin, ldd)
	}
}

// depths are the lengths of k that every size is tried with.
func depths() []int {
	var ks []int
	for k := 1; k <= 80; k++ {
		ks = append(ks, k)
	}
	return append(ks, 255, 256, 257, 511, 512, 513, 1000)
}

const edge = 40 // sizes up to this are compared

// TestAllSmallSizes compares every m, n up to 40 with the definition. Outputs
// do not depend on each other, so one reference of 40×40 serves all sizes.
func TestAllSmallSizes(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	type example struct {
		a, b         Matrix
		want, before []float32
	}
	var examples []example
	for _, k := range depths() {
		e := example{a: Dense(filled(r, edge*k), edge, k), b: Dense(filled(r, k*edge), k, edge),
			want: make([]float32, edge*edge), before: filled(r, edge*edge)}
		Reference(e.want, edge, e.a, e.b)
		examples = append(examples, e)
	}
	every := 2
	if testing.Short() {
		every = 7
	}
	eachISA(t, func(t *testing.T) {
		step := every
		if machine.Active() == machine.Generic {
			step = 8 * every
		}
		cases := 0
		for i, e := range examples {
			for size := i % step; size < edge*edge; size += step {
				m, n := size/edge+1, size%edge+1
				left := arrangements[(size+i)%len(arrangements)]
				right := arrangements[(size/3+i)%len(arrangements)]
				p := products[(size/step+i)%len(products)]
				check(t, p, left.make(e.a.RowRange(0, m)), right.make(e.b.ColRange(0, n)), e.want, edge, e.before)
				cases++
			}
		}
		t.Logf("%d products", cases)
	})
}

// TestSizesOfTraining compares shapes that take the paths of large products,
// with every layout and number of threads.
func TestSizesOfTraining(t *testing.T) {
	sizes := [][3]int{
		{1, 130, 300}, {4, 577, 64}, {48, 96, 520}, {49, 33, 700}, {97, 300, 257}, {200, 70, 1030},
		{130, 61, 3500}, {65, 1, 4100}, {61, 290, 60},
	}
	r := rand.New(rand.NewPCG(5, 6))
	for _, s := range sizes {
		m, n, k := s[0], s[1], s[2]
		a, b := Dense(filled(r, m*k), m, k), Dense(filled(r, k*n), k, n)
		want, before := make([]float32, m*n), filled(r, m*n)
		MulSerialWith(machine.Generic, t, want, n, a, b)
		if m*n*k < 1<<22 {
			plain := make([]float32, m*n)
			Reference(plain, n, a, b)
			if d := difference(want, n, plain, n, m, n); d != "" {
				t.Fatalf("portable serial %v: %s", s, d)
			}
		}
		eachISA(t, func(t *testing.T) {
			for i, threads := range []int{1, 2, 3, 7} {
				withThreads(threads, func() {
					for j, left := range arrangements {
						right := arrangements[(i+2*j)%len(arrangements)]
						check(t, products[(i+j)%len(products)], left.make(a), right.make(b), want, n, before)
						check(t, products[(i+j+1)%2], left.make(a), right.make(b), want, n, before)
						if machine.Active() == machine.Generic {
							break
						}
					}
				})
			}
		})
	}
}

// MulSerialWith is MulSerial under an instruction set of choice.
func MulSerialWith(isa machine.ISA, t *testing.T, dst []float32, ldd int, a, b Matrix) {
	t.Helper()
	restore, err := machine.Force(isa)
	if err != nil {
		t.Fatal(err)
	}
	defer restore()
	MulSerial(&Workspace{}, dst, ldd, a, b)
}

// TestHeadGradient is the longest k in use: the vocabulary.
func TestHeadGradient(t *testing.T) {
	const m, n, k = 13, 33, 49152
	r := rand.New(rand.NewPCG(7, 8))
	a, b := Dense(filled(r, m*k), m, k), Dense(filled(r, k*n), k, n)
	want, before := make([]float32, m*n), filled(r, m*n)
	Reference(want, n, a, b)
	eachISA(t, func(t *testing.T) {
		for _, p := range products {
			check(t, p, a, b, want, n, before)
		}
	})
	// enough rows for the path that packs chunks of k
	tall := 64
	a, want, before = Dense(filled(r, tall*k), tall, k), make([]float32, tall*n), filled(r, tall*n)
	MulSerialWith(machine.Generic, t, want, n, a, b)
	eachISA(t, func(t *testing.T) {
		for _, p := range products {
			if machine.Active() != machine.Generic {
				check(t, p, a, b, want, n, before)
			}
		}
	})
}

// TestHalfSources multiplies 16-bit weights as they lie in a checkpoint.
func TestHalfSources(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for _, format := range []Half{BF16, F16} {
		for _, s := range [][3]int{{3, 5, 7}, {2, 64, 600}, {70, 600, 88}, {60, 47, 515}, {13, 33, 256}, {50, 1100, 20}} {
			m, n, k := s[0], s[1], s[2]
			a := Dense(filled(r, m*k), m, k)
			w := DenseHalf(halves(r, n*k, format), format, n, k) // out × in, as in a checkpoint
			v := DenseHalf(halves(r, n*k, format), format, k, n)
			for i, b := range []Matrix{w.T(), v} {
				want, before := make([]float32, m*n), filled(r, m*n)
				Reference(want, n, a, b)
				eachISA(t, func(t *testing.T) {
					for _, p := range products {
						check(t, p, a, b, want, n, before)
					}
					// and as the left factor: dst = b'·a'
					left, right := b.T(), a.T()
					swapped := make([]float32, n*m)
					Reference(swapped, m, left, right)
					check(t, products[i], left, right, swapped, m, filled(r, n*m))
				})
			}
		}
	}
}

// TestHalfFloat32 compares the conversions with their definitions for all 2^16
// numbers.
func TestHalfFloat32(t *testing.T) {
	for u := range 1 << 16 {
		sign, e, f := 1-2*float64(u>>15), u>>10&31, float64(u&1023)
		want := sign * math.Ldexp(f, -24)
		switch {
		case e == 31 && f == 0:
			want = math.Inf(int(sign))
		case e == 31:
			want = math.NaN()
		case e > 0:
			want = sign * math.Ldexp(1024+f, e-25)
		}
		got := F16.Float32(uint16(u))
		if math.Float32bits(got) != math.Float32bits(float32(want)) && !(got != got && want != want) {
			t.Fatalf("f16 %04x: got %v, want %v", u, got, want)
		}
		if b := math.Float32bits(BF16.Float32(uint16(u))); b != uint32(u)<<16 {
			t.Fatalf("bf16 %04x: got %08x", u, b)
		}
	}
}

func TestEmptyProducts(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		for _, p := range products {
			a, b := Dense(nil, 3, 0), Dense(nil, 0, 4)
			before := []float32{1, 2, float32(math.Copysign(0, -1)), 4, 5, 6, 7, 8, 9, 10, 11, 12}
			check(t, p, a, b, make([]float32, 12), 4, before)
			p.run(nil, 0, Dense(nil, 0, 3), Dense(make([]float32, 12), 3, 4))
			p.run(nil, 0, Dense(make([]float32, 12), 4, 3), Dense(nil, 3, 0))
		}
	})
}

func TestMistakesPanic(t *testing.T) {
	ok := Dense(make([]float32, 6), 2, 3)
	for _, c := range []struct {
		want string
		f    func()
	}{
		{"matmul: 2×3 times 2×3", func() { Mul(make([]float32, 6), 3, ok, ok) }},
		{"matmul: 2×3 times 5×4", func() { MulPacked(nil, 4, ok, Pack(Dense(make([]float32, 20), 5, 4))) }},
		{"matmul: result 2×2 with rows 2 apart needs 4 numbers, has 3", func() { Mul(make([]float32, 3), 2, ok, ok.T()) }},
		{"matmul: result 2×2 with rows 1 apart needs 3 numbers, has 9", func() { Mul(make([]float32, 9), 1, ok, ok.T()) }},
		{"matmul: Strided: 2×3 with strides 4, 1 needs 7 numbers, has 6", func() { Strided(make([]float32, 6), 2, 3, 4) }},
		{"matmul: DenseHalf: 2×3 with strides 3, 1 needs 6 numbers, has 5", func() { DenseHalf(make([]uint16, 5), BF16, 2, 3) }},
		{"matmul: right factor: negative size in 3×-1 with strides 1, 1", func() {
			Mul(nil, 1, ok, Matrix{Rows: 3, Cols: -1, RowStride: 1, ColStride: 1})
		}},
		{"matmul: rows 1..4 of a matrix of 2 rows", func() { ok.RowRange(1, 4) }},
	} {
		func() {
			defer func() {
				if got := recover(); got != c.want {
					t.Errorf("panicked with %v, want %q", got, c.want)
				}
			}()
			c.f()
		}()
	}
}

func TestSteadyStateDoesNotAllocate(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 18))
	eachISA(t, func(t *testing.T) {
		withThreads(2, func() {
			for _, s := range [][3]int{{1, 300, 300}, {60, 50, 300}, {20, 20, 20}} {
				m, n, k := s[0], s[1], s[2]
				a, w, dst := random(r, m, k), random(r, n, k), make([]float32, m*n)
				var space Workspace
				work := func() {
					Mul(dst, n, a, w.T())
					MulAdd(dst, n, a, w.T())
					MulAddSerial(&space, dst, n, a, w.T())
				}
				work()
				if average := testing.AllocsPerRun(20, work); average >= 1 {
					t.Errorf("%v: %v allocations", s, average)
				}
			}
		})
	})
}
