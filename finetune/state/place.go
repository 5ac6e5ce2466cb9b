package state

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/osft-project/osft/provenance/disk"
)

// Names in the working folder that belong to publishing.
const (
	stageName    = "publish"  // the result while it is built
	asideName    = "replaced" // an older result while the new one takes its place
	finishedName = "finished" // is there once the result is whole
)

// recordName is what tells a folder of ours from any other.
const recordName = "provenance/run.json"

// Place chooses where a result goes: out, or the first of out-2, out-3, … that is free. With overwrite it is out, which must
// then be free or hold a result of osft. What an earlier process has published and not cleaned up is cleaned up.
func Place(fsys disk.FS, out string, overwrite bool) (string, error) {
	out = filepath.Clean(out)
	for n := 1; ; n++ {
		place := out
		if n > 1 {
			place = fmt.Sprintf("%s-%d", out, n)
		}
		taken, err := fsys.Exists(place)
		if err != nil {
			return "", err
		}
		if !taken {
			return place, nil
		}
		if overwrite {
			return place, ours(place)
		}
		if err := sweep(fsys, place); err != nil {
			return "", err
		}
	}
}

// ours is an error where a folder was not made by osft, and so must not be replaced.
func ours(place string) error {
	if _, err := os.Stat(filepath.Join(place, filepath.FromSlash(recordName))); err != nil {
		return fmt.Errorf("%s: output.dir: holds no result of osft and is not overwritten (name another folder, or remove it yourself)", place)
	}
	return nil
}

// sweep removes the working folder of a result that stands, where the process that published it did not come to that.
func sweep(fsys disk.FS, out string) error {
	dir := out + Suffix
	finished, err := fsys.Exists(filepath.Join(dir, finishedName))
	if err != nil || !finished {
		return err
	}
	building, err := fsys.Exists(filepath.Join(dir, stageName))
	if err != nil || building {
		return err
	}
	w, err := Open(fsys, dir)
	if errors.Is(err, disk.ErrLocked) {
		return nil // another process is there
	}
	if err != nil {
		return err
	}
	return w.Remove()
}

// Repair puts an older result back that a process was about to replace when it ended.
func (w *Work) Repair(out string) error {
	aside := w.Path(asideName)
	there, err := w.fsys.Exists(aside)
	if err != nil || !there {
		return err
	}
	taken, err := w.fsys.Exists(out)
	if err != nil {
		return err
	}
	if taken {
		return w.fsys.Remove(aside)
	}
	return w.fsys.Rename(aside, out)
}

// Stage begins to build the result.
func (w *Work) Stage() (*disk.Stage, error) { return disk.NewStage(w.fsys, w.Path(stageName)) }

// Publish lets the result appear at out by one rename, over an older one where overwrite says so. Remove the working folder
// then.
func (w *Work) Publish(stage *disk.Stage, out string, overwrite bool) error {
	if err := disk.WriteFile(w.fsys, w.Path(finishedName), nil); err != nil {
		return err
	}
	if overwrite {
		return stage.Replace(out, w.Path(asideName))
	}
	return stage.Publish(out)
}
