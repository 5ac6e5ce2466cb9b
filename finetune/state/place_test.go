package state

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/osft-project/osft/provenance/disk"
	"github.com/osft-project/osft/provenance/disk/fault"
)

func exists(t *testing.T, path ...string) bool {
	t.Helper()
	there, err := disk.System{}.Exists(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return there
}

// put makes a result with this text.
func put(t *testing.T, out, text string) {
	t.Helper()
	path := filepath.Join(out, filepath.FromSlash(recordName))
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
		t.Fatal(err)
	}
}

// publish does what a run does at its end.
func publish(fsys disk.FS, out string, overwrite bool) error {
	w, err := Open(fsys, out+Suffix)
	if err != nil {
		return err
	}
	defer w.Close()
	stage, err := w.Stage()
	if err != nil {
		return err
	}
	if err := stage.WriteFile(recordName, []byte("new")); err != nil {
		return err
	}
	if err := w.Publish(stage, out, overwrite); err != nil {
		return err
	}
	return w.Remove()
}

func TestPlace(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	for n, want := range []string{out, out + "-2", out + "-3"} {
		got, err := Place(disk.System{}, out+string(filepath.Separator), false)
		if err != nil || got != want {
			t.Fatalf("%d: %s, %v, want %s", n, got, err, want)
		}
		if err := publish(disk.System{}, got, false); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := Place(disk.System{}, out, true); err != nil || got != out {
		t.Errorf("overwriting: %s, %v", got, err)
	}
	other := t.TempDir()
	if _, err := Place(disk.System{}, other, true); err == nil || !strings.Contains(err.Error(), "output.dir: holds no result of osft and is not overwritten") {
		t.Error(err)
	}
}

func TestPlaceSweeps(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	put(t, out, "old")
	work := open(t, disk.System{}, out+Suffix)
	if err := os.WriteFile(work.Path(finishedName), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Place(disk.System{}, out, false); err != nil || !exists(t, work.Path("")) {
		t.Errorf("%v: a folder in use was removed", err)
	}
	if err := os.Mkdir(work.Path(stageName), 0o755); err != nil {
		t.Fatal(err)
	}
	_ = work.Close()
	if _, err := Place(disk.System{}, out, false); err != nil || !exists(t, work.Path("")) {
		t.Errorf("%v: a result that is not published was removed", err)
	}
	if err := os.Remove(work.Path(stageName)); err != nil {
		t.Fatal(err)
	}
	if _, err := Place(disk.System{}, out, false); err != nil || exists(t, work.Path("")) {
		t.Errorf("%v: what an earlier run left is still there", err)
	}
}

// TestPublishSurvivesEveryFault: whatever operation of publishing fails or is the last, either result stands whole, or the old
// one does after Repair.
func TestPublishSurvivesEveryFault(t *testing.T) {
	for _, overwrite := range []bool{false, true} {
		for _, dead := range []bool{false, true} {
			for n := 1; ; n++ {
				out := filepath.Join(t.TempDir(), "out")
				if overwrite {
					put(t, out, "old")
				}
				broken := &fault.Disk{FS: disk.System{}, Fail: n, Dead: dead}
				err := publish(broken, out, overwrite)
				if dead {
					if err := broken.LosePower(); err != nil {
						t.Fatal(err)
					}
				}
				// What comes next is what the next process does.
				if overwrite {
					w := open(t, disk.System{}, out+Suffix)
					if err := w.Repair(out); err != nil {
						t.Fatal(err)
					}
					_ = w.Close()
				}
				text, readErr := os.ReadFile(filepath.Join(out, filepath.FromSlash(recordName)))
				stands := string(text) == "new" || string(text) == "old" && overwrite && err != nil
				if missing := errors.Is(readErr, os.ErrNotExist) && !overwrite && err != nil; !stands && !missing {
					t.Errorf("overwrite %v, dead %v, operation %d: error %v, result %q, %v", overwrite, dead, n, err, text, readErr)
				}
				if err == nil {
					t.Logf("overwrite %v, dead %v: %d operations failed in turn", overwrite, dead, n-1)
					break
				}
			}
		}
	}
}
