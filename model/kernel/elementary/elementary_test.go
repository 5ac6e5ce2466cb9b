package elementary

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"flag"
	"math"
	"runtime"
	"sync"
	"testing"
)

// Every float32 takes about three minutes a function and core:
// go test ./model/kernel/elementary -run Float32 -every -timeout 120m
var every = flag.Bool("every", false, "test every float32, not one in 4099")

// sparse is the distance between sampled bit patterns; it is odd, so that all exponents and low bits occur.
const sparse = 4099

var functions = []struct {
	name           string
	f              func(float32) float32
	ref            func(float64) float64
	limit          float64 // of the error in units in the last place
	sample, digest string  // SHA-256 over the results: see scan
}{
	{"exp", Exp, math.Exp, 0.500001, "c70fd7a039d03c8e3507fa2dfe0c022ed6e5fa598a5ea451da3dc3dc6702f2a3", "c393d68b8ea78914f1d3aae28d6a398237a4ee242cd853d20e5f530f315d27d6"},
	{"log", Log, math.Log, 0.500001, "9302a3b705bb44cef4d853e33fc3c7b0310e2d58d522284d3fa00582042d9471", "9c56da7a7bbb9975940dea7e5c6254234f30e8495ada5a81a19ddd62c05e4d50"},
	{"sigmoid", Sigmoid, func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }, 0.500001, "7a5a9a203b7c6c8935d486a491f078dffe70e33d72f5e1a8475a857f546e4c7c", "d66f8fac247cda76710cdb283fab9faa2e501e51a01e079c6c1302091b80705d"},
	{"tanh", Tanh, math.Tanh, 0.50001, "5002d2c98d2ffb3599e1c711bf4e0c662c241bb663e0a73730d057a6ec3859a6", "39ca3317c5cf7ea081ec461588eb29c5fec62577b5b66b3e8ee84189c4a417ba"},
	{"erf", Erf, math.Erf, 0.500001, "de283295d030c4c8ae12ee06dbbd5ff73265485e4de53bbb533c1eaad2c5f87c", "2481bbb6f24f513c7e458e3207f98e8688e98816285fbc56c68fc3092e048802"},
	{"sin", Sin, inCircle(math.Sin), 0.500001, "0e7fa0deb830b38e2e7bdbd228aa66ff48ff947b753824c8c2724158e015d5f6", "b73509e43168f803a3dddbdf063d3a1b865f79d430a4e256a8e811145f26d9e7"},
	{"cos", Cos, inCircle(math.Cos), 0.500001, "16cef85204752336f3de73d2058daecea3012a94988acdbeb05c753a00cbbc78", "68f97fdaa3834a5774925662b1a248866c9d0b31abc3025d54bbd0ba13b62bf5"},
}

// inCircle gives NaN outside the domain of Sin and Cos.
func inCircle(f func(float64) float64) func(float64) float64 {
	return func(x float64) float64 {
		if math.Abs(x) > CircleLimit {
			return math.NaN()
		}
		return f(x)
	}
}

// TestFloat32 compares with package math in float64 and the results' digest with the one recorded here.
func TestFloat32(t *testing.T) {
	for _, c := range functions {
		t.Run(c.name, func(t *testing.T) {
			step, want := uint64(sparse), c.sample
			if *every {
				step, want = 1, c.digest
			}
			got, worst, at := scan(c.f, c.ref, step)
			t.Logf("worst error %.6f ulp at %v (%08x)", worst, at, math.Float32bits(at))
			if worst > c.limit {
				t.Errorf("error %v ulp at %v (%08x), limit %v", worst, at, math.Float32bits(at), c.limit)
			}
			if got != want {
				t.Errorf("digest %s, want %s", got, want)
			}
		})
	}
}

// scan evaluates f at every step-th bit pattern. The digest is SHA-256 over the SHA-256 of each 256th of the patterns, in
// order; a result is four little-endian bytes and every NaN 7fc00000.
func scan(f func(float32) float32, ref func(float64) float64, step uint64) (digest string, worst float64, at float32) {
	const parts = 256
	type part struct {
		sum   [sha256.Size]byte
		worst float64
		at    float32
	}
	results := make([]part, parts)
	var wait sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i := range results {
		wait.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			p := &results[i]
			first := (uint64(i)<<24 + step - 1) / step * step
			p.sum, p.worst, p.at = scanRange(f, ref, first, uint64(i+1)<<24, step)
		})
	}
	wait.Wait()
	h := sha256.New()
	for _, p := range results {
		h.Write(p.sum[:])
		if p.worst > worst {
			worst, at = p.worst, p.at
		}
	}
	return hex.EncodeToString(h.Sum(nil)), worst, at
}

func scanRange(f func(float32) float32, ref func(float64) float64, lo, hi, step uint64) (sum [sha256.Size]byte, worst float64, at float32) {
	h := sha256.New()
	buffer := make([]byte, 0, 1<<16)
	for bits := lo; bits < hi; bits += step {
		x := math.Float32frombits(uint32(bits))
		y := f(x)
		if e := ulps(y, ref(float64(x))); !(e <= worst) {
			worst, at = e, x
		}
		out := math.Float32bits(y)
		if y != y {
			out = 0x7fc00000
		}
		buffer = binary.LittleEndian.AppendUint32(buffer, out)
		if len(buffer) == cap(buffer) {
			h.Write(buffer)
			buffer = buffer[:0]
		}
	}
	h.Write(buffer)
	h.Sum(sum[:0])
	return sum, worst, at
}

// ulps is the distance of y from the exact value in units of y's last place; it is infinite where one is a NaN or an
// infinity and the other rounds to something else.
func ulps(y float32, exact float64) float64 {
	rounded := float32(exact)
	if y != y || exact != exact || math.IsInf(float64(y), 0) || math.IsInf(float64(rounded), 0) {
		if y == rounded || y != y && exact != exact {
			return 0
		}
		return math.Inf(1)
	}
	_, e := math.Frexp(exact)
	unit := math.Ldexp(1, max(e-24, -149))
	return math.Abs(float64(y)-exact) / unit
}

// TestZeros keeps the sign of zero where the function is odd.
func TestZeros(t *testing.T) {
	negative := float32(math.Copysign(0, -1))
	for name, f := range map[string]func(float32) float32{"sin": Sin, "tanh": Tanh, "erf": Erf} {
		if y := f(negative); y != 0 || !math.Signbit(float64(y)) {
			t.Errorf("%s(-0) = %v", name, y)
		}
		if y := f(0); y != 0 || math.Signbit(float64(y)) {
			t.Errorf("%s(+0) = %v", name, y)
		}
	}
	if Exp(0) != 1 || Exp(negative) != 1 || Sigmoid(0) != 0.5 || Cos(0) != 1 {
		t.Error("a function is not exact at zero")
	}
}

// TestWide checks the float64 forms that tables are made with.
func TestWide(t *testing.T) {
	for x := -600.0; x < 600; x += 0.37 {
		if got, want := Exp64(x), math.Exp(x); math.Abs(got-want) > 1e-12*want {
			t.Errorf("Exp64(%v) = %v, want %v", x, got, want)
		}
	}
	for x := 1e-300; x < 1e300; x *= 1.7 {
		if got, want := Log64(x), math.Log(x); math.Abs(got-want) > 1e-14*math.Abs(want) {
			t.Errorf("Log64(%v) = %v, want %v", x, got, want)
		}
	}
	for x, want := range map[float64]float64{0: math.Inf(-1), math.Inf(1): math.Inf(1)} {
		if got := Log64(x); got != want {
			t.Errorf("Log64(%v) = %v, want %v", x, got, want)
		}
	}
	if got := Log64(-1); got == got {
		t.Errorf("Log64(-1) = %v, want NaN", got)
	}
}
