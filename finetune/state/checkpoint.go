package state

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/osft-project/osft/finetune/optimizer"
	"github.com/osft-project/osft/model/weights"
	"github.com/osft-project/osft/provenance"
	"github.com/osft-project/osft/provenance/disk"
	"github.com/osft-project/osft/provenance/strict"
)

// The files of a checkpoint, and where checkpoints are.
const (
	folderName   = "checkpoints"
	unfinished   = "writing" // the one that is being written
	prefix       = "step-"
	manifestName = "manifest.json"
	progressName = "progress.json"
	memoryName   = "memory.json"         // what the run wants to remember
	valuesName   = "values.safetensors"  // trained tensors
	meansName    = "means.safetensors"   // first moments
	squaresName  = "squares.safetensors" // second moments
)

// manifest lists a checkpoint's files. It is written after them.
type manifest struct {
	Format string            `json:"format"`
	Step   int               `json:"step"`
	Best   int               `json:"best"` // whose checkpoint this one needs too; 0 is none
	Files  []provenance.File `json:"files"`
}

// progress is the optimizer's. Numbers are written so that they come back to the bit.
type progress struct {
	Step   int     `json:"step"`
	Power1 float64 `json:"power1"`
	Power2 float64 `json:"power2"`
}

// Save writes a checkpoint of the optimizer, and memory, which is any value that strict.Marshal writes, and then removes older
// ones: the last keep stay, and those that they name as the best.
func (w *Work) Save(ctx context.Context, o *optimizer.Optimizer, memory any, best, keep int) error {
	stage, err := disk.NewStage(w.fsys, w.Path(filepath.Join(folderName, unfinished)))
	if err != nil {
		return err
	}
	if err := write(ctx, stage, o, memory, best); err != nil {
		return errors.Join(err, stage.Discard())
	}
	place := w.checkpoint(o.Steps)
	if err := stage.Replace(place, w.Path(filepath.Join(folderName, unfinished+".old"))); err != nil {
		return err
	}
	return w.prune(max(keep, 1))
}

func (w *Work) checkpoint(step int) string {
	return w.Path(filepath.Join(folderName, fmt.Sprintf("%s%09d", prefix, step)))
}

func write(ctx context.Context, stage *disk.Stage, o *optimizer.Optimizer, memory any, best int) error {
	out := provenance.RecordWrites(stage)
	texts := []struct {
		name  string
		value any
	}{{progressName, progress{Step: o.Steps, Power1: o.Power1, Power2: o.Power2}}, {memoryName, memory}}
	for _, text := range texts {
		if err := writeJSON(out, text.name, text.value); err != nil {
			return err
		}
	}
	for _, name := range []string{valuesName, meansName, squaresName} {
		if err := weights.Write(ctx, out, name, contents(o, name), nil); err != nil {
			return err
		}
	}
	return writeJSON(stage, manifestName, manifest{Format: format, Step: o.Steps, Best: best, Files: out.Files()})
}

func writeJSON(folder interface{ WriteFile(string, []byte) error }, name string, value any) error {
	data, err := strict.Marshal(value)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return folder.WriteFile(name, data)
}

// limits are those of what we wrote ourselves: a long run remembers much.
var limits = strict.Limits{Size: 1 << 30}

// contents are the tensors of one of a checkpoint's files, in memory.
func contents(o *optimizer.Optimizer, file string) []weights.New {
	var list []weights.New
	for i, t := range o.Tensors() {
		values := t.Value
		switch file {
		case meansName:
			values = o.Moments()[i].M
		case squaresName:
			values = o.Moments()[i].V
		}
		shape := []int{len(values)}
		list = append(list, weights.New{Tensor: weights.Tensor{Name: t.Name, DType: weights.F32, Shape: shape}, Values: values})
	}
	return list
}

// Resume brings the optimizer to the state of the newest checkpoint whose manifest holds, and memory to what was remembered.
// It reports whether there was one, and why newer ones were passed over. An optimizer that was not resumed is unchanged.
func (w *Work) Resume(o *optimizer.Optimizer, memory any) (found bool, passed []error, err error) {
	steps, err := w.steps()
	if err != nil {
		return false, nil, err
	}
	for _, step := range slices.Backward(steps) {
		c, err := w.verified(step)
		if err == nil {
			err = errors.Join(c.restore(o, memory), c.close())
			return err == nil, passed, err
		}
		passed = append(passed, err)
	}
	return false, passed, nil
}

// Values brings the trained tensors, and nothing else, to those of one step's checkpoint.
func (w *Work) Values(o *optimizer.Optimizer, step int) error {
	c, err := w.verified(step)
	if err != nil {
		return err
	}
	return errors.Join(c.fill(valuesName, o), c.close())
}

// steps lists the checkpoints that are there, ascending.
func (w *Work) steps() ([]int, error) {
	entries, err := os.ReadDir(w.Path(folderName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var steps []int
	for _, e := range entries {
		number, ok := strings.CutPrefix(e.Name(), prefix)
		if step, err := strconv.Atoi(number); ok && err == nil {
			steps = append(steps, step)
		}
	}
	slices.Sort(steps)
	return steps, nil
}

// prune removes all but the last keep checkpoints and those that they need. One without a manifest is none.
func (w *Work) prune(keep int) error {
	steps, err := w.steps()
	if err != nil {
		return err
	}
	needed := map[int]bool{}
	for _, step := range slices.Backward(steps) {
		if m, err := w.manifest(step); err == nil && keep > 0 {
			needed[step], needed[m.Best] = true, true
			keep--
		}
	}
	for _, step := range steps {
		if !needed[step] {
			if err := w.fsys.Remove(w.checkpoint(step)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *Work) manifest(step int) (m manifest, err error) {
	path := filepath.Join(w.checkpoint(step), manifestName)
	data, err := os.ReadFile(path)
	if err == nil {
		err = strict.Unmarshal(data, &m, limits)
	}
	if err == nil && (m.Format != format || m.Step != step) {
		err = fmt.Errorf("is of format %q and step %d", m.Format, m.Step)
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return m, err
}
