package machine

import (
	"math"
	"math/big"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
)

func TestFromName(t *testing.T) {
	have := []ISA{Generic, AVX2}
	for _, c := range []struct {
		name string
		want ISA
		err  string
	}{
		{"", AVX2, ""},
		{"generic", Generic, ""},
		{"avx2", AVX2, ""},
		{"avx512", Generic, `environment: OSFT_ISA: instruction set not available on this machine "avx512" (use one of generic, avx2, or leave it unset)`},
		{"sse9", Generic, `environment: OSFT_ISA: unknown instruction set "sse9" (use one of generic, avx2, or leave it unset)`},
	} {
		got, err := fromName(c.name, have)
		if got != c.want || (err == nil) != (c.err == "") || (err != nil && err.Error() != c.err) {
			t.Errorf("%q: got %v, %v; want %v, %q", c.name, got, err, c.want, c.err)
		}
	}
	if _, err := Force(ISA(9)); err == nil || !strings.Contains(err.Error(), "ISA(9)") {
		t.Errorf("forcing a set that does not exist: %v", err)
	}
}

func TestForceRestores(t *testing.T) {
	before := Active()
	for _, isa := range Supported() {
		restore, err := Force(isa)
		if err != nil || Active() != isa {
			t.Fatalf("Force(%v): active %v, %v", isa, Active(), err)
		}
		restore()
	}
	if Active() != before {
		t.Fatalf("active %v after restoring, was %v", Active(), before)
	}
	if err := Select(); err != nil {
		t.Fatal(err)
	}
}

// exactFMA rounds the exact sum once, with arbitrary precision arithmetic.
func exactFMA(a, b, c float32) float32 {
	x := new(big.Float).SetPrec(600).SetFloat64(float64(a))
	x.Mul(x, new(big.Float).SetFloat64(float64(b)))
	x.Add(x, new(big.Float).SetFloat64(float64(c)))
	if x.Sign() == 0 { // big.Float has its own rule for the sign of zero
		return float32(float64(a)*float64(b) + float64(c))
	}
	r, _ := x.Float32()
	return r
}

func directed() []float32 {
	var v []float32
	for _, bits := range []uint32{0, 1, 2, 3, 0x7fffff, 0x800000, 0x800001, 0x1000000, 0x1ffffff,
		0x3f800000, 0x3f800001, 0x3f7fffff, 0x3fffffff, 0x33800000, 0x33800001, 0x337fffff,
		0x20000000, 0x1f800001, 0x34000000, 0x4b000000, 0x4b800001, 0x7f7fffff, 0x7f000000, 0x5f800001} {
		v = append(v, math.Float32frombits(bits), math.Float32frombits(bits|1<<31))
	}
	return v
}

func checkFMA(t *testing.T, a, b, c float32) {
	t.Helper()
	got, want := math.Float32bits(FMA(a, b, c)), math.Float32bits(exactFMA(a, b, c))
	if got != want {
		t.Fatalf("FMA(%x, %x, %x) = %08x, want %08x", a, b, c, got, want)
	}
}

func TestFMA(t *testing.T) {
	d := directed()
	for _, a := range d {
		for _, b := range d {
			for _, c := range d {
				checkFMA(t, a, b, c)
			}
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		a := math.Float32frombits(r.Uint32()&0x807fffff | (r.Uint32N(40)+100)<<23)
		b := math.Float32frombits(r.Uint32()&0x80ffffff | (r.Uint32N(40)+100)<<23)
		p := float64(a) * float64(b)
		// near the product, so that bits are cut and ties happen
		c := float32(p * float64(int64(1)<<r.Uint32N(30)) * (1 - 2*float64(r.Uint32N(2))))
		if r.Uint32N(2) == 0 { // few bits: many exact ties
			a = math.Float32frombits(math.Float32bits(a) &^ 0x1fff)
			b = math.Float32frombits(math.Float32bits(b) &^ 0x3ff)
		}
		checkFMA(t, a, b, c)
		// denormal results
		checkFMA(t, a*0x1p-60, b*0x1p-62, float32(r.IntN(64)-32)*0x1p-149)
	}
}

func TestFMANotFinite(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for _, c := range []struct{ a, b, c, want float32 }{
		{inf, 1, 1, inf}, {inf, -1, 1, -inf}, {1, 1, inf, inf}, {math.MaxFloat32, 2, 0, inf},
		{inf, 0, 1, nan}, {inf, 1, -inf, nan}, {nan, 0, 0, nan}, {0, 0, nan, nan},
	} {
		got := FMA(c.a, c.b, c.c)
		if got != c.want && !(got != got && c.want != c.want) {
			t.Errorf("FMA(%v, %v, %v) = %v, want %v", c.a, c.b, c.c, got, c.want)
		}
	}
}

func TestParallelCoversEachItemOnce(t *testing.T) {
	for _, procs := range []int{1, 2, 3, 7} {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		for _, n := range []int{0, 1, 2, 3, 5, 64, 1000} {
			counts := make([]atomic.Int32, n)
			busy := make([]atomic.Int32, procs)
			Parallel(n, func(lo, hi int) {
				for i := lo; i < hi; i++ {
					counts[i].Add(1)
				}
			})
			ParallelEach(n, func(i, worker int) {
				if busy[worker].Add(1) != 1 {
					t.Errorf("worker %d is in use twice", worker)
				}
				// a nested call must neither deadlock nor lose items
				ParallelEach(3, func(k, _ int) { counts[i].Add(1) })
				busy[worker].Add(-1)
			})
			for i := range counts {
				if c := counts[i].Load(); c != 4 {
					t.Fatalf("procs %d, n %d: item %d counted %d times, want 4", procs, n, i, c)
				}
			}
		}
	}
}

func TestPanicReachesCaller(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(3))
	for round := range 50 {
		func() {
			defer func() {
				if p := recover(); p != "item 7" {
					t.Fatalf("round %d: recovered %v", round, p)
				}
			}()
			ParallelEach(20, func(i, _ int) {
				if i == 7 {
					panic("item 7")
				}
			})
		}()
	}
}

type nothing struct{ sink [64]int }

func (n *nothing) Do(item, worker int) { n.sink[worker]++ }

func TestRunDoesNotAllocate(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	task := &nothing{}
	Run(100, task)
	if avg := testing.AllocsPerRun(200, func() { Run(100, task) }); avg > 0.1 {
		t.Errorf("%v allocations a call", avg)
	}
}

func BenchmarkRun(b *testing.B) {
	task := &nothing{}
	for b.Loop() {
		Run(2, task)
	}
}

func BenchmarkFMA(b *testing.B) {
	var acc [8]float32
	x, y := float32(1.0000001), float32(0.9999999)
	for b.Loop() {
		for i := range acc {
			acc[i] = FMA(x, y, acc[i])
		}
	}
	b.ReportMetric(float64(b.N)*16/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
}
