package finetune

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/osft-project/osft/model/kernel/machine"
	"github.com/osft-project/osft/provenance/disk"
	"github.com/osft-project/osft/provenance/disk/fault"
)

// kinds are runs that keep their state in different ways.
func kinds(w *workshop) map[string]Request {
	scratch := w.usual()
	scratch.Overrides = append(scratch.Overrides, "train.what=all")
	fromConfig := func() Request {
		q := w.recipe("train:", "  steps: 6", "  lr: 1e-3", "  checkpoint_every: 4", "  decay: all", "eval:", "  every: 2", "output:", "  weights: best")
		text, _ := os.ReadFile(q.Recipe)
		w.write("scratch.yaml", strings.Replace(string(text), "path: base", "init: config.json\n  tokenizer: language", 1))
		q.Recipe = w.path("scratch.yaml")
		return q
	}()
	return map[string]Request{
		"partial": w.usual(),
		"full":    scratch,
		"best":    w.usual().with("output.weights=best", "train.lr=0.3", "train.schedule=constant", "eval.every=2", "train.keep_checkpoints=1"),
		"packed":  w.usual().with("data.packing=true", "train.max_length=96", "train.accumulate=1", "train.epochs=3", "train.what=['*norm*']"),
		"windows": w.usual().with("data.windows=contiguous", "train.max_length=32", "train.schedule=wsd", "train.min_lr_ratio=0.1", "output.dtype=f32"),
		"scratch": fromConfig,
		"rarely":  w.usual().with("train.checkpoint_every=0", "eval.every=0"),
	}
}

// TestResume interrupts every kind of run at every event, goes on with another number of threads and another instruction set,
// and wants the bits of a run that was never stopped.
func TestResume(t *testing.T) {
	points := 0
	for name := range kinds(newWorkshop(t)) {
		t.Run(name, func(t *testing.T) {
			w := newWorkshop(t)
			q := kinds(w)[name]
			whole := w.must(q)
			if err := os.Rename(whole.Out, w.path("whole")); err != nil {
				t.Fatal(err)
			}
			stride := 1
			if testing.Short() {
				stride = 5
			}
			for at := 0; ; at += stride {
				settle(t, at)
				seen, last := 0, ""
				err := w.until(q, func(e Event) bool { last = fmt.Sprintf("%T", e); seen++; return seen == at+1 })
				if err == nil {
					if last != "finetune.Finished" {
						t.Errorf("%d: not interrupted, last event %s", at, last)
					}
					break // the last event: nothing was left to interrupt
				}
				var stop *Interrupted
				if !errors.As(err, &stop) || stop.Steps != len(whole.Run.Steps) || !strings.Contains(err.Error(), "out.work") {
					t.Fatalf("%d: %v", at, err)
				}
				if _, err := os.Stat(w.path("out")); err == nil {
					t.Fatalf("%d: a result after an interruption", at)
				}
				settle(t, at+1)
				finished := w.must(q)
				same(t, finished.Out, w.path("whole"))
				if t.Failed() {
					t.Fatalf("differs after an interruption at event %d, %s", at, last)
				}
				if err := os.RemoveAll(finished.Out); err != nil {
					t.Fatal(err)
				}
				points++
			}
		})
	}
	t.Logf("%d interruptions, no differing bit", points)
	if points < 100 && !testing.Short() {
		t.Errorf("only %d interruptions", points)
	}
}

// settle chooses a number of threads and an instruction set until the test ends or chooses others.
func settle(t *testing.T, n int) {
	t.Helper()
	threads := runtime.GOMAXPROCS(1 + n%2)
	sets := machine.Supported()
	undo, err := machine.Force(sets[n%len(sets)])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { undo(); runtime.GOMAXPROCS(threads) })
}

// TestResumeAgainAndAgain stops a run after each of its steps.
func TestResumeAgainAndAgain(t *testing.T) {
	w := newWorkshop(t)
	q := w.usual()
	whole := w.must(q)
	if err := os.Rename(whole.Out, w.path("whole")); err != nil {
		t.Fatal(err)
	}
	for stops := 0; ; stops++ {
		err := w.until(q, func(e Event) bool { _, ok := e.(Trained); return ok })
		if err == nil {
			if stops != len(whole.Run.Steps) {
				t.Errorf("stopped %d times, %d steps", stops, len(whole.Run.Steps))
			}
			break
		}
		if want := fmt.Sprintf("interrupted after step %d of %d;", stops+1, len(whole.Run.Steps)); !strings.HasPrefix(err.Error(), want) {
			t.Fatalf("%v, want %q", err, want)
		}
	}
	same(t, w.path("out"), w.path("whole"))
}

// TestEveryFault fails every operation on the disk in turn, as an error and as the end of the process, and runs again: the
// result is that of a run without faults.
func TestEveryFault(t *testing.T) {
	w := newWorkshop(t)
	q := w.usual().with("train.epochs=1", "train.checkpoint_every=3", "eval.every=0", "eval.samples=[]", "train.accumulate=1")
	whole := w.must(q)
	if err := os.Rename(whole.Out, w.path("whole")); err != nil {
		t.Fatal(err)
	}
	stride := 13
	if testing.Short() {
		stride = 61
	}
	for _, dead := range []bool{false, true} {
		for n := 1; ; n += stride {
			broken := &fault.Disk{FS: disk.System{}, Fail: n, Dead: dead}
			q.Disk = broken
			_, err := Execute(t.Context(), q, func(Event) {})
			if dead {
				if err := broken.LosePower(); err != nil {
					t.Fatal(err)
				}
			}
			if err == nil && !broken.Failed() {
				t.Logf("dead %v: %d operations failed in turn", dead, n-1)
				break
			}
			if err != nil && !errors.Is(err, fault.ErrInjected) {
				t.Fatalf("operation %d: %v", n, err)
			}
			q.Disk = nil
			if _, gone := os.Stat(w.path("out")); gone != nil {
				w.must(q)
			}
			same(t, w.path("out"), w.path("whole"))
			if t.Failed() {
				t.Fatalf("operation %d, dead %v, error %v", n, dead, err)
			}
			if err := errors.Join(os.RemoveAll(w.path("out")), os.RemoveAll(w.path("out.work"))); err != nil {
				t.Fatal(err)
			}
		}
	}
}
