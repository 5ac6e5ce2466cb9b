package machine

import (
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// Task is work in n independent items. Do is called once for every item, from
// several goroutines at once; worker is below the number of workers of the Run
// and never in use twice at the same time, so that it can index per-worker
// memory.
type Task interface {
	Do(item, worker int)
}

// job is one Run. It is shared by the caller and by the helpers that accept
// one of its tickets, and goes back to the free list when the last of them has
// let go of it, which may be after Run returned.
type job struct {
	task    Task
	n       int64
	next    atomic.Int64
	workers int // handed out so far; guarded by mu
	refs    int // caller plus tickets not yet consumed; guarded by mu
	closed  bool
	mu      sync.Mutex
	joined  sync.WaitGroup
	failure any
	failed  bool
}

// pool holds the helpers, which live as long as the process.
var pool struct {
	mu      sync.Mutex
	helpers atomic.Int64
	tickets chan *job
	free    []*job
}

const maxTickets = 1024

func init() { pool.tickets = make(chan *job, maxTickets) }

// Workers returns how many goroutines share one Run: GOMAXPROCS.
func Workers() int { return runtime.GOMAXPROCS(0) }

// Run calls t.Do for the items 0..n-1 on all workers, in any order, and returns
// when all are done. It may be called from inside a Do. If a Do panics, the
// remaining items are skipped and Run panics with the same value. It does not
// allocate once the helpers run.
func Run(n int, t Task) { RunOn(Workers(), n, t) }

// RunOn is Run on at most that many workers, for callers that have set aside
// memory for each of them: GOMAXPROCS may change at any time.
func RunOn(workers, n int, t Task) {
	workers = min(workers, n)
	if workers <= 1 {
		for i := range n {
			t.Do(i, 0)
		}
		return
	}
	startHelpers(workers - 1)
	j := newJob(n, t)
	for range workers - 1 {
		j.offer()
	}
	j.work(0)
	j.mu.Lock()
	j.closed = true
	j.mu.Unlock()
	j.joined.Wait()
	failed, failure := j.failed, j.failure
	j.release()
	if failed {
		panic(failure)
	}
}

func startHelpers(want int) {
	for int(pool.helpers.Load()) < want {
		pool.helpers.Add(1)
		go help()
	}
}

// help is the life of a helper. A fault in memory that is mapped from a file
// must reach the caller as a panic, and that setting belongs to a goroutine.
func help() {
	debug.SetPanicOnFault(true)
	for j := range pool.tickets {
		if worker, ok := j.join(); ok {
			j.work(worker)
			j.joined.Done()
		}
		j.release()
	}
}

func newJob(n int, t Task) *job {
	pool.mu.Lock()
	var j *job
	if last := len(pool.free) - 1; last >= 0 {
		j, pool.free = pool.free[last], pool.free[:last]
	} else {
		j = new(job)
	}
	pool.mu.Unlock()
	j.task, j.n, j.workers, j.refs, j.closed = t, int64(n), 1, 1, false
	j.next.Store(0)
	j.failed, j.failure = false, nil
	return j
}

// offer puts up one ticket; where too many are waiting the caller does the
// work itself.
func (j *job) offer() {
	j.mu.Lock()
	j.refs++
	j.mu.Unlock()
	select {
	case pool.tickets <- j:
	default:
		j.release()
	}
}

// join makes the calling helper a worker, unless the job is over.
func (j *job) join() (worker int, ok bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return 0, false
	}
	worker = j.workers
	j.workers++
	j.joined.Add(1)
	return worker, true
}

func (j *job) release() {
	j.mu.Lock()
	j.refs--
	last := j.refs == 0
	j.mu.Unlock()
	if last {
		j.task, j.failure = nil, nil
		pool.mu.Lock()
		pool.free = append(pool.free, j)
		pool.mu.Unlock()
	}
}

func (j *job) work(worker int) {
	defer j.catch()
	for {
		i := j.next.Add(1) - 1
		if i >= j.n {
			return
		}
		j.task.Do(int(i), worker)
	}
}

// catch keeps the first panic for the caller and stops the others.
func (j *job) catch() {
	if p := recover(); p != nil {
		j.next.Store(j.n)
		j.mu.Lock()
		if !j.failed {
			j.failed, j.failure = true, p
		}
		j.mu.Unlock()
	}
}
