package disk_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/osft-project/osft/provenance/disk"
	"github.com/osft-project/osft/provenance/disk/fault"
)

// everyFault runs act on a disk whose nth operation fails, for each n until act gets through, both with a single fault and
// with a process that ends there and loses all that was not flushed. Check gets the folder and act's error.
func everyFault(t *testing.T, prepare func(t *testing.T, dir string), act func(d disk.FS, dir string) error,
	check func(t *testing.T, dir string, err error, dead bool)) {
	for _, dead := range []bool{false, true} {
		for n := 1; ; n++ {
			dir := t.TempDir()
			prepare(t, dir)
			d := &fault.Disk{FS: disk.System{}, Fail: n, Dead: dead}
			err := act(d, dir)
			if dead {
				if err := d.LosePower(); err != nil {
					t.Fatal(err)
				}
			}
			ops := d.Operations()
			t.Run(fmt.Sprintf("dead=%v/%d", dead, n), func(t *testing.T) {
				if d.Failed() != (err != nil) || err != nil && !errors.Is(err, fault.ErrInjected) {
					t.Errorf("failed %v, error %v", d.Failed(), err)
				}
				check(t, dir, err, dead)
			})
			if t.Failed() {
				t.Fatalf("after these operations:\n%s", strings.Join(ops, "\n"))
			}
			if err == nil {
				t.Logf("dead=%v: %d operations made to fail", dead, n-1)
				break
			}
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return "(none)"
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestWriteFileSurvivesEveryFault(t *testing.T) {
	prepare := func(t *testing.T, dir string) {
		if err := os.WriteFile(filepath.Join(dir, "a.json"), []byte("the old content"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	act := func(d disk.FS, dir string) error {
		return disk.WriteFile(d, filepath.Join(dir, "a.json"), []byte("the new content"))
	}
	everyFault(t, prepare, act, func(t *testing.T, dir string, err error, dead bool) {
		got := read(t, filepath.Join(dir, "a.json"))
		if got != "the new content" && (err == nil || got != "the old content") {
			t.Errorf("a.json has %q after %v", got, err)
		}
		if left, _ := os.ReadDir(dir); len(left) != 1 && !dead {
			t.Errorf("left behind: %v", left)
		}
		if err := act(disk.System{}, dir); err != nil || read(t, filepath.Join(dir, "a.json")) != "the new content" {
			t.Errorf("writing again: %v", err)
		}
	})
}

// build makes a stage of three files and brings it to dir/out.
func build(publish func(s *disk.Stage, dir string) error) func(d disk.FS, dir string) error {
	return func(d disk.FS, dir string) error {
		s, err := disk.NewStage(d, filepath.Join(dir, "out.work", "publish"))
		if err != nil {
			return err
		}
		for _, name := range []string{"model.safetensors", "provenance/run.json", "provenance/bases/b.json"} {
			// A stage that failed is never published, even where its builder goes on regardless.
			_ = s.WriteFile(name, []byte("whole "+name))
		}
		return publish(s, dir)
	}
}

func whole(t *testing.T, out string) bool {
	t.Helper()
	for _, name := range []string{"model.safetensors", "provenance/run.json", "provenance/bases/b.json"} {
		if got := read(t, filepath.Join(out, name)); got != "whole "+name {
			t.Logf("%s has %q", name, got)
			return false
		}
	}
	return true
}

func TestPublishSurvivesEveryFault(t *testing.T) {
	prepare := func(t *testing.T, dir string) {
		if err := os.MkdirAll(filepath.Join(dir, "out.work", "publish", "leftover"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	act := build(func(s *disk.Stage, dir string) error { return s.Publish(filepath.Join(dir, "out")) })
	everyFault(t, prepare, act, func(t *testing.T, dir string, err error, _ bool) {
		out := filepath.Join(dir, "out")
		_, missing := os.Lstat(out)
		if missing != nil && err == nil || missing == nil && !whole(t, out) {
			t.Errorf("out: missing %v, error %v", missing, err)
		}
		if _, err := os.Lstat(filepath.Join(out, "leftover")); err == nil {
			t.Error("a leftover of an earlier run was published")
		}
	})
}

func TestReplaceSurvivesEveryFault(t *testing.T) {
	prepare := func(t *testing.T, dir string) {
		if err := os.MkdirAll(filepath.Join(dir, "out"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "out", "old"), []byte("old"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	act := build(func(s *disk.Stage, dir string) error {
		return s.Replace(filepath.Join(dir, "out"), filepath.Join(dir, "out.work", "replaced"))
	})
	everyFault(t, prepare, act, func(t *testing.T, dir string, err error, dead bool) {
		out, aside := filepath.Join(dir, "out"), filepath.Join(dir, "out.work", "replaced")
		_, missing := os.Lstat(out)
		old := read(t, filepath.Join(out, "old")) == "old"
		switch {
		case missing == nil && !old && !whole(t, out):
			t.Error("out is neither the old folder nor the new one")
		case missing != nil && (!dead || read(t, filepath.Join(aside, "old")) != "old"):
			t.Error("the old folder is lost")
		case err == nil && (old || missing != nil):
			t.Error("the new folder is not there")
		}
	})
}

func TestReplaceWhereNothingIs(t *testing.T) {
	dir := t.TempDir()
	act := build(func(s *disk.Stage, dir string) error {
		return s.Replace(filepath.Join(dir, "out"), filepath.Join(dir, "aside"))
	})
	if err := act(disk.System{}, dir); err != nil || !whole(t, filepath.Join(dir, "out")) {
		t.Errorf("%v", err)
	}
}

func TestStageRefuses(t *testing.T) {
	dir := t.TempDir()
	stage := func() *disk.Stage {
		s, err := disk.NewStage(disk.System{}, filepath.Join(dir, "work"))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for _, name := range []string{"../x", "/x", "a/../../x", `..\x`, ""} {
		if _, err := stage().Create(name); err == nil || !strings.Contains(err.Error(), "leads out of the folder") {
			t.Errorf("Create(%q): %v", name, err)
		}
	}
	s := stage()
	if _, err := s.Create("open"); err != nil {
		t.Fatal(err)
	}
	if err := s.Publish(filepath.Join(dir, "out")); err == nil || !strings.Contains(err.Error(), "1 of its files are not closed") {
		t.Errorf("open file: %v", err)
	}
	s = stage()
	_ = s.WriteFile("a", nil)
	if err := s.WriteFile("a", nil); !errors.Is(err, os.ErrExist) {
		t.Errorf("same name twice: %v", err)
	}
	if err := s.Publish(filepath.Join(dir, "out")); err == nil || !strings.Contains(err.Error(), "not published, writing it failed") {
		t.Errorf("failed stage: %v", err)
	}
	s = stage()
	if err := os.Symlink("nowhere", filepath.Join(dir, "taken")); err != nil {
		t.Skip("no links here: ", err)
	}
	if err := s.Publish(filepath.Join(dir, "taken")); err == nil || !strings.Contains(err.Error(), "is there already") {
		t.Errorf("taken place: %v", err)
	}
	if err := s.Discard(); err != nil {
		t.Error(err)
	}
	if there, err := (disk.System{}).Exists(s.Path()); there || err != nil {
		t.Errorf("discarded stage: %v, %v", there, err)
	}
}

func TestAppend(t *testing.T) {
	path := filepath.Join(t.TempDir(), "metrics.jsonl")
	for _, line := range []string{"1\n", "2\n"} {
		f, err := (disk.System{}).Append(path)
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.Write([]byte(line))
		if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
			t.Fatal(err)
		}
	}
	if got := read(t, path); got != "1\n2\n" {
		t.Errorf("got %q", got)
	}
}

// The test binary itself is the process that dies with a lock in its hands.
func TestLock(t *testing.T) {
	if path := os.Getenv("DISK_TEST_LOCK"); path != "" {
		if _, err := (disk.System{}).Lock(path); err != nil {
			t.Fatal(err)
		}
		fmt.Println("locked")
		_, _ = os.Stdin.Read(make([]byte, 1))
		os.Exit(7) // without giving the lock back
	}
	path := filepath.Join(t.TempDir(), "lock")
	child := exec.Command(os.Args[0], "-test.run=^TestLock$")
	child.Env = append(os.Environ(), "DISK_TEST_LOCK="+path)
	in, _ := child.StdinPipe()
	out, _ := child.StdoutPipe()
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if n, err := out.Read(make([]byte, 7)); n != 7 {
		t.Fatal(n, err)
	}
	if _, err := (disk.System{}).Lock(path); !errors.Is(err, disk.ErrLocked) || !strings.HasPrefix(err.Error(), path+": lock: in use by") {
		t.Errorf("while held: %v", err)
	}
	_ = in.Close()
	_ = child.Wait()
	lock, err := (disk.System{}).Lock(path)
	if err != nil {
		t.Fatalf("after its holder died: %v", err)
	}
	if err := lock.Close(); err != nil {
		t.Error(err)
	}
	if _, err := (disk.System{}).Lock(filepath.Join(path, "below")); err == nil || !strings.Contains(err.Error(), "lock: ") {
		t.Errorf("impossible place: %v", err)
	}
}
