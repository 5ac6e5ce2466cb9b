package machine

// share is how many pieces Parallel makes for each worker: more than one, so
// that a core that is disturbed does not hold up the others.
const share = 4

type rangeTask struct {
	n, size int
	f       func(lo, hi int)
}

func (t *rangeTask) Do(item, _ int) {
	lo := item * t.size
	t.f(lo, min(lo+t.size, t.n))
}

type eachTask struct{ f func(i, worker int) }

func (t *eachTask) Do(item, worker int) { t.f(item, worker) }

// Parallel cuts 0..n into ranges and calls f(lo, hi) for each of them on all
// workers. Where the cuts fall depends on the number of workers, so f may only
// write outputs that belong to its own range. Panics reach the caller.
func Parallel(n int, f func(lo, hi int)) {
	if n <= 0 {
		return
	}
	workers := Workers()
	if workers == 1 || n == 1 {
		f(0, n)
		return
	}
	size := max(1, (n+share*workers-1)/(share*workers))
	Run((n+size-1)/size, &rangeTask{n, size, f})
}

// ParallelEach calls f(i, worker) once for every i in 0..n-1 on all workers.
// worker indexes memory that is one goroutine's at a time; see Task. Panics
// reach the caller.
func ParallelEach(n int, f func(i, worker int)) {
	if n <= 0 {
		return
	}
	Run(n, &eachTask{f})
}
