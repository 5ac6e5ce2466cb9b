package finetune

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/osft-project/osft/finetune/state"
	"github.com/osft-project/osft/model/kernel/machine"
	"github.com/osft-project/osft/model/weights"
	"github.com/osft-project/osft/provenance"
	"github.com/osft-project/osft/provenance/disk"
)

func readRun(t *testing.T, out string) provenance.Run {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(out, "provenance", "run.json"))
	if err != nil {
		t.Fatal(err)
	}
	run, err := provenance.ParseRun(data)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func TestExecute(t *testing.T) {
	w := newWorkshop(t)
	var events []Event
	f, err := Execute(t.Context(), w.usual(), func(e Event) { events = append(events, e) })
	if err != nil {
		t.Fatal(err)
	}
	if f.Out != w.path("out") {
		t.Errorf("went to %s", f.Out)
	}
	names := []string{
		"config.json", "generation_config.json", "model.safetensors", "provenance/data/ledger.jsonl", "provenance/metrics.jsonl",
		"provenance/recipe.resolved.yaml", "provenance/recipe.yaml", "provenance/run.json", "tokenizer.json", "tokenizer_config.json",
	}
	files := contents(t, f.Out)
	for _, name := range names {
		if files[name] == "" {
			t.Errorf("%s is missing", name)
		}
		delete(files, name)
	}
	if len(files) > 0 {
		t.Errorf("unexpected: %v", files)
	}
	if _, err := os.Stat(f.Out + state.Suffix); !errors.Is(err, os.ErrNotExist) {
		t.Error("the working folder is still there")
	}
	checkRecord(t, w, readRun(t, f.Out))
	checkEvents(t, events)
	checkObserved(t, f.Out)
}

func checkRecord(t *testing.T, w *workshop, run provenance.Run) {
	t.Helper()
	if run.Base.ModelType != "llama" || !slices.Equal(run.Base.UnknownKeys, []string{"surprise"}) || run.Base.Scratch {
		t.Errorf("base %+v", run.Base)
	}
	var base []string
	for _, f := range run.Base.Files {
		base = append(base, f.Path)
	}
	want := []string{"config.json", "generation_config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"}
	if !slices.Equal(base, want) {
		t.Errorf("read of the base %v, want %v", base, want)
	}
	for _, f := range slices.Concat(run.Base.Files, run.Data.Files, run.Result.Files, []provenance.File{run.Metrics, run.Recipe.File, run.Recipe.Resolved, run.Data.Ledger}) {
		found := false
		for _, dir := range []string{"base", ".", "out"} {
			data, err := os.ReadFile(w.path(dir, filepath.FromSlash(f.Path)))
			found = found || err == nil && provenance.SHA256(data) == f.SHA256 && int64(len(data)) == f.Size
		}
		if !found {
			t.Errorf("no file has the digest of %s", f.Path)
		}
	}
	if d := run.Data; d.Rows != 23 || d.Trained+d.Validation != 23 || d.Validation == 0 || d.Targets == 0 || len(d.Order) != 64 {
		t.Errorf("data %+v", d)
	}
	if len(run.Steps) < 8 || run.Steps[0].Rate != 0 || run.Steps[len(run.Steps)-1].Number != len(run.Steps) {
		t.Errorf("steps %+v", run.Steps)
	}
	var when []string
	for _, e := range run.Evaluations {
		when = append(when, e.When)
	}
	if first, last := run.Evaluations[0], run.Evaluations[len(run.Evaluations)-1]; when[0] != "before" || when[1] != "during" || last.When != "after" ||
		!(last.Loss < first.Loss) || last.Step != len(run.Steps) || last.Targets != first.Targets {
		t.Errorf("evaluations %+v", run.Evaluations)
	}
	if len(run.Samples) != 2 || run.Samples[0].When != "before" || run.Samples[1].When != "after" || run.Samples[1].Prompt != "the cat" {
		t.Errorf("samples %+v", run.Samples)
	}
	checkTensors(t, w, run)
	text, err := run.Marshal()
	if err != nil || bytes.Contains(text, []byte(w.dir)) || bytes.Contains(text, []byte("output.dir")) {
		t.Errorf("%v: the record holds a path of this machine:\n%s", err, text)
	}
}

// checkTensors compares every tensor of the result with the base's, bytes by bytes, and with the record.
func checkTensors(t *testing.T, w *workshop, run provenance.Run) {
	t.Helper()
	base, result := openFile(t, w.path("base"), weights.FileName), openFile(t, w.path("out"), weights.FileName)
	trained := 0
	for _, d := range run.Result.Tensors {
		a, _ := base.Tensor(d.Name)
		b, _ := result.Tensor(d.Name)
		if d.Base != provenance.SHA256(a.Data) || d.SHA256 != provenance.SHA256(b.Data) || d.DType != "BF16" {
			t.Errorf("%s: record %+v", d.Name, d)
		}
		if want := strings.Contains(d.Name, "layers.1") || strings.Contains(d.Name, "layers.2") || strings.Contains(d.Name, "embed"); d.Trains != want ||
			d.Trains == bytes.Equal(a.Data, b.Data) {
			t.Errorf("%s: trains %v, same bytes %v", d.Name, d.Trains, bytes.Equal(a.Data, b.Data))
		}
		if d.Trains {
			trained++
		}
	}
	if trained != 19 || len(run.Result.Tensors) != 29 || len(run.Plan) != 29 {
		t.Errorf("%d of %d tensors trained", trained, len(run.Result.Tensors))
	}
}

func checkEvents(t *testing.T, events []Event) {
	t.Helper()
	count := map[string]int{}
	for _, e := range events {
		switch e := e.(type) {
		case Began:
			count["began"]++
			if e.From != 0 || e.Steps < 8 || e.Memory.Total() == 0 || e.Tokens == 0 || !(e.Seconds() > 0) {
				t.Errorf("began with %+v", e)
			}
		case Trained:
			count["trained"]++
		case Evaluated:
			count["evaluated"]++
		case Sampled:
			count["sampled"]++
		case Saved:
			count["saved"]++
		case Noted:
			if count["noted"]++; !strings.Contains(e.Text, "unknown keys surprise") {
				t.Errorf("note %q", e.Text)
			}
		case Finished:
			count["finished"]++
		}
	}
	if count["began"] != 1 || count["finished"] != 1 || count["noted"] != 1 || count["trained"] < 8 || count["sampled"] != 2 || count["evaluated"] < 4 || count["saved"] < 4 {
		t.Errorf("events %v", count)
	}
}

func checkObserved(t *testing.T, out string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(out, "provenance", "observed.json"))
	if err != nil {
		t.Fatal(err)
	}
	o, err := provenance.ParseObserved(data)
	if err != nil {
		t.Fatal(err)
	}
	record, _ := os.ReadFile(filepath.Join(out, "provenance", "run.json"))
	if p := o.Parts[0]; o.RunSHA256 != provenance.SHA256(record) || len(o.Parts) != 1 || p.First != 0 || p.Last < 8 || p.Tokens == 0 ||
		!p.Ended.After(p.Started) || p.Machine.Threads != runtime.GOMAXPROCS(0) {
		t.Errorf("observed %+v", o)
	}
}

// TestOneRecipeOneRecord: another place, another number of threads, another instruction set: the same bytes.
func TestOneRecipeOneRecord(t *testing.T) {
	w := newWorkshop(t)
	first := w.must(w.usual())
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	second := w.must(w.usual())
	if second.Out != w.path("out-2") {
		t.Errorf("went to %s", second.Out)
	}
	same(t, second.Out, first.Out)
	for _, isa := range machine.Supported() {
		undo, err := machine.Force(isa)
		if err != nil {
			t.Fatal(err)
		}
		other := newWorkshop(t)
		same(t, other.must(other.usual()).Out, first.Out)
		undo()
		t.Logf("%v: the same bytes", isa)
	}
}

func TestOtherSeedOtherRecord(t *testing.T) {
	w := newWorkshop(t)
	first := w.must(w.usual())
	second := w.must(w.usual().with("train.seed=6"))
	if first.Run.Data.Order == second.Run.Data.Order || first.Run.Steps[2] == second.Run.Steps[2] {
		t.Error("the seed makes no difference")
	}
}

func TestOverwriteAndRestart(t *testing.T) {
	w := newWorkshop(t)
	q := w.usual()
	first := w.must(q)
	q.Overwrite = true
	again := w.must(q.with("train.lr=0.02"))
	if again.Out != first.Out || readRun(t, again.Out).Steps[3].Loss == first.Run.Steps[3].Loss {
		t.Errorf("%s was not replaced", first.Out)
	}
	if err := w.until(q, func(e Event) bool { _, ok := e.(Trained); return ok }); !errors.As(err, new(*Interrupted)) {
		t.Fatal(err)
	}
	_, err := Execute(t.Context(), q.with("train.lr=0.03"), func(Event) {})
	if !errors.As(err, new(*state.ChangedError)) || !strings.Contains(err.Error(), "train.lr: was 0.01, is 0.03 now") {
		t.Error(err)
	}
	q.Restart = true
	if f := w.must(q.with("train.lr=0.03")); f.Out != first.Out {
		t.Errorf("went to %s", f.Out)
	}
}

// TestChangedInputsAreRefused: an unfinished run goes on only with what it began with.
func TestChangedInputsAreRefused(t *testing.T) {
	w := newWorkshop(t)
	q := w.usual()
	if err := w.until(q, func(e Event) bool { _, ok := e.(Trained); return ok }); err == nil {
		t.Fatal("not interrupted")
	}
	rows, _ := os.ReadFile(w.path("rows.jsonl"))
	w.write("rows.jsonl", string(rows)+`{"text": "one more"}`+"\n")
	w.base(4)
	_, err := Execute(t.Context(), q, func(Event) {})
	var changed *state.ChangedError
	if !errors.As(err, &changed) || len(changed.Differences) != 2 || !strings.HasPrefix(changed.Differences[0], "base: model.safetensors: was sha256 ") ||
		!strings.HasPrefix(changed.Differences[1], "data: rows.jsonl: was sha256 ") {
		t.Errorf("got %v", err)
	}
	w.base(3)
	w.write("rows.jsonl", string(rows))
	w.must(q.with("train.checkpoint_every=1"))
}

func TestOneProcessAtATime(t *testing.T) {
	w := newWorkshop(t)
	q := w.usual()
	var second error
	once := false
	_, err := Execute(t.Context(), q, func(e Event) {
		if _, ok := e.(Trained); ok && !once {
			once = true
			_, second = Execute(t.Context(), q, func(Event) {})
		}
	})
	if err != nil || !errors.Is(second, disk.ErrLocked) {
		t.Errorf("first %v, second %v", err, second)
	}
}

// TestBest: the weights that are written are those of the step with the least held-out loss, to the bit.
func TestBest(t *testing.T) {
	w := newWorkshop(t)
	run := w.must(kinds(w)["best"].with("output.dtype=f32")).Run
	best := provenance.Evaluation{Loss: 1e9}
	for _, e := range run.Evaluations {
		if e.When == during && e.Loss < best.Loss {
			best = e
		}
	}
	last := run.Evaluations[len(run.Evaluations)-1]
	if run.Result.Step != best.Step || best.Step == len(run.Steps) || last.When != after || last.Loss != best.Loss || last.Step != best.Step {
		t.Errorf("wrote step %d, measured %+v, best %+v", run.Result.Step, last, best)
	}
}

// TestWhatIsCutIsTold: rows that lose tokens are counted aloud.
func TestWhatIsCutIsTold(t *testing.T) {
	w := newWorkshop(t)
	var notes []string
	_, err := Execute(t.Context(), w.usual().with("data.too_long=drop", "train.max_length=40"), func(e Event) {
		if n, ok := e.(Noted); ok {
			notes = append(notes, n.Text)
		}
	})
	if err != nil || len(notes) != 2 || !strings.HasPrefix(notes[1], "0 rows are cut and 7 left out for their length, ") {
		t.Errorf("%v: %q", err, notes)
	}
}
