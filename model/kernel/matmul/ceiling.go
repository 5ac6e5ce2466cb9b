package matmul

import "time"

// probeTime is how long one measurement of the ceiling should take; the best of
// probeTries counts, since other programs can only make it slower, and a short
// one is less likely to be disturbed.
const (
	probeTime  = 2 * time.Millisecond
	probeTries = 30
)

// Ceiling measures the fastest that one core can multiply and add with the
// active instruction set, in GFLOP/s: a loop of nothing but fused
// multiply-adds. It takes about 60 milliseconds.
func Ceiling() float64 {
	e := current()
	rounds := 1 << 12
	for measure(e, rounds) < probeTime {
		rounds *= 2
	}
	best := measure(e, rounds)
	for range probeTries {
		best = min(best, measure(e, rounds))
	}
	operations := 2 * float64(probeChains*e.lanes) * float64(rounds)
	return operations / float64(best.Nanoseconds())
}

// probeChains is how many chains run side by side in a probe.
const probeChains = 12

func measure(e *engine, rounds int) time.Duration {
	start := time.Now()
	e.probe(rounds)
	return max(time.Since(start), 1)
}

// portableProbe is the same loop for the portable kernel, on numbers that are
// not zero: those take a shorter way.
func portableProbe(rounds int) {
	t := tile{a: make([]float32, Block), b: make([]float32, 4*Block), cs: 1, ldb: 4, k: Block}
	for i := range t.a {
		t.a[i] = 1 / float32(i+3)
	}
	for i := range t.b {
		t.b[i] = 1 / float32(i+7)
	}
	var sums [8]float32
	for left := rounds * probeChains / 8; left > 0; left -= Block {
		t.k = min(left, Block)
		chains(&sums, &t, t.a, t.a)
	}
}
