package state

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/osft-project/osft/finetune/optimizer"
	"github.com/osft-project/osft/provenance/disk"
	"github.com/osft-project/osft/provenance/disk/fault"
)

// notes is what the runs of these tests remember.
type notes struct {
	Losses []float64 `json:"losses"`
}

// trainer is an optimizer over two small tensors.
func trainer() *optimizer.Optimizer {
	return optimizer.New(optimizer.Settings{Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8}, []optimizer.Tensor{
		{Name: "b", Value: []float32{1, 2, 3}}, {Name: "a", Value: []float32{-1}},
	})
}

func step(o *optimizer.Optimizer) {
	o.Update(0.1, 1, func(name string) []float32 {
		return map[string][]float32{"a": {0.3}, "b": {0.1, -0.2, float32(o.Steps)}}[name]
	})
}

func open(t *testing.T, fsys disk.FS, dir string) *Work {
	t.Helper()
	w, err := Open(fsys, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	return w
}

func same(a, b *optimizer.Optimizer) bool {
	for i := range a.Tensors() {
		if !slices.Equal(a.Tensors()[i].Value, b.Tensors()[i].Value) ||
			!slices.Equal(a.Moments()[i].M, b.Moments()[i].M) || !slices.Equal(a.Moments()[i].V, b.Moments()[i].V) {
			return false
		}
	}
	return a.Progress == b.Progress
}

func TestResume(t *testing.T) {
	w := open(t, disk.System{}, filepath.Join(t.TempDir(), "out.work"))
	o := trainer()
	if found, passed, err := w.Resume(o, &notes{}); found || passed != nil || err != nil {
		t.Fatal(found, passed, err)
	}
	memory := notes{}
	for range 5 {
		step(o)
		memory.Losses = append(memory.Losses, 1/float64(o.Steps+2))
		if err := w.Save(t.Context(), o, memory, 0, 2); err != nil {
			t.Fatal(err)
		}
	}
	var back notes
	other := trainer()
	if found, passed, err := w.Resume(other, &back); !found || passed != nil || err != nil {
		t.Fatal(found, passed, err)
	}
	if !same(o, other) || !slices.Equal(back.Losses, memory.Losses) {
		t.Errorf("came back as %+v, %+v", other, back)
	}
	if steps, _ := w.steps(); !slices.Equal(steps, []int{4, 5}) {
		t.Errorf("kept %v", steps)
	}
}

func TestBestIsKept(t *testing.T) {
	w := open(t, disk.System{}, filepath.Join(t.TempDir(), "out.work"))
	o := trainer()
	var second []float32
	for range 6 {
		step(o)
		best := 0
		if o.Steps >= 2 {
			best = 2
		}
		if o.Steps == 2 {
			second = slices.Clone(o.Tensors()[0].Value)
		}
		if err := w.Save(t.Context(), o, notes{}, best, 1); err != nil {
			t.Fatal(err)
		}
	}
	if steps, _ := w.steps(); !slices.Equal(steps, []int{2, 6}) {
		t.Errorf("kept %v", steps)
	}
	if err := w.Values(o, 2); err != nil || !slices.Equal(o.Tensors()[0].Value, second) || o.Steps != 6 {
		t.Errorf("%v: best is %v, want %v", err, o.Tensors()[0].Value, second)
	}
	if err := w.Values(o, 3); err == nil || !strings.Contains(err.Error(), "step-000000003/manifest.json: ") {
		t.Error(err)
	}
}

// TestResumePassesOverWhatDoesNotHold damages the newest checkpoint in every way and wants the one before.
func TestResumePassesOverWhatDoesNotHold(t *testing.T) {
	damage := map[string]struct {
		do   func(dir string) error
		want string
	}{
		"flipped byte": {func(dir string) error {
			path := filepath.Join(dir, squaresName)
			data, err := os.ReadFile(path)
			if err == nil {
				data[len(data)-1] ^= 1
				err = os.WriteFile(path, data, 0o644)
			}
			return err
		}, "squares.safetensors: has 136 bytes of sha256"},
		"missing file":     {func(dir string) error { return os.Remove(filepath.Join(dir, memoryName)) }, "memory.json: no such file"},
		"missing values":   {func(dir string) error { return os.Remove(filepath.Join(dir, valuesName)) }, "values.safetensors: "},
		"missing manifest": {func(dir string) error { return os.Remove(filepath.Join(dir, manifestName)) }, "manifest.json: open"},
		"empty manifest":   {func(dir string) error { return os.Truncate(filepath.Join(dir, manifestName), 0) }, "manifest.json: line 1"},
		"other manifest": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, manifestName), []byte(`{"format":"x","step":3}`), 0o644)
		}, `manifest.json: is of format "x" and step 3`},
		"short manifest": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, manifestName), []byte(`{"format":"osft-work/1","step":2}`), 0o644)
		}, "manifest.json: lists 0 files, there must be 5"},
		"link": {func(dir string) error {
			path := filepath.Join(dir, progressName)
			return errors.Join(os.Rename(path, path+"2"), os.Symlink(progressName+"2", path))
		}, "is a link"},
	}
	for name, d := range damage {
		t.Run(name, func(t *testing.T) {
			w := open(t, disk.System{}, filepath.Join(t.TempDir(), "out.work"))
			o, first := trainer(), trainer()
			step(first)
			for range 2 {
				step(o)
				if err := w.Save(t.Context(), o, notes{}, 0, 9); err != nil {
					t.Fatal(err)
				}
			}
			if err := d.do(w.checkpoint(2)); err != nil {
				t.Fatal(err)
			}
			back := trainer()
			found, passed, err := w.Resume(back, &notes{})
			if !found || err != nil || len(passed) != 1 || !strings.Contains(passed[0].Error(), d.want) {
				t.Fatalf("found %v, passed over %v, error %v\nwant %q", found, passed, err, d.want)
			}
			if !same(back, first) {
				t.Error("not the state of the step before")
			}
			step(o)
			if err := w.Save(t.Context(), o, notes{}, 0, 2); err != nil {
				t.Errorf("saving on: %v", err)
			}
		})
	}
}

// TestSaveSurvivesEveryFault fails every operation of a save in turn, with and without a process that dies there: what can be
// resumed is the new checkpoint or the one before, whole.
func TestSaveSurvivesEveryFault(t *testing.T) {
	for _, dead := range []bool{false, true} {
		for n := 1; ; n++ {
			dir := filepath.Join(t.TempDir(), "out.work")
			before, after := trainer(), trainer()
			step(before)
			step(after)
			step(after)
			w := open(t, disk.System{}, dir)
			if err := w.Save(t.Context(), before, notes{}, 0, 1); err != nil {
				t.Fatal(err)
			}
			_ = w.Close()
			broken := &fault.Disk{FS: disk.System{}, Fail: n, Dead: dead}
			w = &Work{fsys: broken, dir: dir}
			err := w.Save(t.Context(), after, notes{}, 0, 1)
			if dead {
				if err := broken.LosePower(); err != nil {
					t.Fatal(err)
				}
			}
			if broken.Failed() != (err != nil) {
				t.Errorf("operation %d: failed %v, error %v", n, broken.Failed(), err)
			}
			back := trainer()
			w = open(t, disk.System{}, dir)
			if found, passed, err := w.Resume(back, &notes{}); !found || err != nil || !same(back, before) && !same(back, after) {
				t.Errorf("operation %d, dead %v: found %v, passed over %v, error %v", n, dead, found, passed, err)
			}
			if err := w.Save(t.Context(), after, notes{}, 0, 1); err != nil {
				t.Errorf("operation %d: saving again: %v", n, err)
			}
			if err == nil {
				t.Logf("dead %v: %d operations failed in turn", dead, n-1)
				break
			}
		}
	}
}

func TestSaveRefuses(t *testing.T) {
	w := open(t, disk.System{}, filepath.Join(t.TempDir(), "out.work"))
	if err := w.Save(t.Context(), trainer(), func() {}, 0, 1); err == nil || !strings.Contains(err.Error(), "memory.json: ") {
		t.Errorf("memory that cannot be written: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.Save(ctx, trainer(), notes{}, 0, 1); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if steps, err := w.steps(); len(steps) != 0 || err != nil {
		t.Errorf("%v, %v", steps, err)
	}
}

func TestResumeOfAnotherRun(t *testing.T) {
	w := open(t, disk.System{}, filepath.Join(t.TempDir(), "out.work"))
	if err := w.Save(t.Context(), trainer(), notes{}, 0, 1); err != nil {
		t.Fatal(err)
	}
	others := map[string]struct {
		tensor optimizer.Tensor
		memory any
		want   string
	}{
		"name":   {optimizer.Tensor{Name: "c", Value: []float32{0}}, &notes{}, "values.safetensors: has no tensor c"},
		"size":   {optimizer.Tensor{Name: "a", Value: []float32{0, 0}}, &notes{}, "values.safetensors: a: has 1 values, not 2"},
		"memory": {optimizer.Tensor{Name: "a", Value: []float32{0}}, &struct{}{}, "memory.json: line 2"},
	}
	for name, o := range others {
		_, _, err := w.Resume(optimizer.New(optimizer.Settings{}, []optimizer.Tensor{o.tensor}), o.memory)
		if err == nil || !strings.Contains(err.Error(), o.want) {
			t.Errorf("%s: %v, want %q", name, err, o.want)
		}
	}
}

func TestClaim(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out.work")
	facts := []Fact{{"train.lr", "1e-05"}, {"base: config.json", "abc"}, {"data", "1"}}
	w := open(t, disk.System{}, dir)
	if unfinished, err := w.Claim(facts); unfinished || err != nil {
		t.Fatal(unfinished, err)
	}
	if unfinished, err := w.Claim(facts); !unfinished || err != nil {
		t.Fatal(unfinished, err)
	}
	_, err := w.Claim([]Fact{{"train.lr", "2e-05"}, {"base: config.json", "abc"}, {"new", "x"}})
	want := []string{"train.lr: was 1e-05, is 2e-05 now", "new: is x now, and was not there", "data: was 1, and is not there now"}
	var changed *ChangedError
	if !errors.As(err, &changed) || !slices.Equal(changed.Differences, want) {
		t.Errorf("got %v", err)
	}
	if text := err.Error(); !strings.Contains(text, "an unfinished run that was started from something else:\n  train.lr") ||
		!strings.Contains(text, "throw the unfinished run away with --restart") {
		t.Error(text)
	}
	if err := os.WriteFile(w.Path("metrics.jsonl"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := w.Restart(); err != nil {
		t.Fatal(err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 || entries[0].Name() != lockName {
		t.Errorf("after restart: %v", entries)
	}
	for _, text := range []string{"{", `{"format":"other","facts":[]}`} {
		if err := os.WriteFile(w.Path(identityName), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Claim(facts); err == nil || !strings.Contains(err.Error(), "identity.json: ") || !strings.Contains(err.Error(), "--restart") {
			t.Error(err)
		}
	}
	if w.Disk() != (disk.System{}) {
		t.Error("not the disk that was given")
	}
}

func TestOneProcessOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out.work")
	w := open(t, disk.System{}, dir)
	if _, err := Open(disk.System{}, dir); !errors.Is(err, disk.ErrLocked) {
		t.Errorf("second one: %v", err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	w = open(t, disk.System{}, dir)
	if err := w.Remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Error("still there")
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(disk.System{}, file); err == nil {
		t.Error("opened a file as a folder")
	}
}

func ExampleDifferences() {
	for _, line := range Differences([]Fact{{"train.lr", "0.1"}}, []Fact{{"train.lr", "0.2"}}) {
		fmt.Println(line)
	}
	// Output: train.lr: was 0.1, is 0.2 now
}
