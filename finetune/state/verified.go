package state

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/osft-project/osft/finetune/optimizer"
	"github.com/osft-project/osft/model/weights"
	"github.com/osft-project/osft/provenance"
	"github.com/osft-project/osft/provenance/strict"
)

// verified is a checkpoint all of whose files have the digests of its manifest.
type verified struct {
	path    string
	folder  *provenance.Folder
	tensors map[string]*weights.Checkpoint // by file, as texts
	texts   map[string][]byte
}

// verified opens the checkpoint of a step.
func (w *Work) verified(step int) (*verified, error) {
	m, err := w.manifest(step)
	if err != nil {
		return nil, err
	}
	c := &verified{path: w.checkpoint(step), tensors: map[string]*weights.Checkpoint{}, texts: map[string][]byte{}}
	if c.folder, err = provenance.OpenFolder(c.path); err != nil {
		return nil, err
	}
	if err := c.open(m); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", c.path, err), c.close())
	}
	return c, nil
}

func (c *verified) open(m manifest) (err error) {
	account := provenance.Record(c.folder)
	for _, name := range []string{progressName, memoryName} {
		if c.texts[name], err = fs.ReadFile(account, name); err != nil {
			return err
		}
	}
	for _, name := range []string{valuesName, meansName, squaresName} {
		if c.tensors[name], err = weights.OpenFile(account, name); err != nil {
			delete(c.tensors, name)
			return err
		}
	}
	read := account.Files()
	if len(read) != len(m.Files) {
		return fmt.Errorf("%s: lists %d files, there must be %d", manifestName, len(m.Files), len(read))
	}
	for i, f := range read {
		if want := m.Files[i]; f != want {
			return fmt.Errorf("%s: has %d bytes of sha256 %s, the manifest says %d bytes of %s", f.Path, f.Size, f.SHA256, want.Size, want.SHA256)
		}
	}
	return nil
}

func (c *verified) close() error {
	var problems []error
	for _, t := range c.tensors {
		problems = append(problems, t.Close())
	}
	return errors.Join(append(problems, c.folder.Close())...)
}

// restore brings everything back.
func (c *verified) restore(o *optimizer.Optimizer, memory any) error {
	var p progress
	for name, into := range map[string]any{progressName: &p, memoryName: memory} {
		if err := strict.Unmarshal(c.texts[name], into, limits); err != nil {
			return fmt.Errorf("%s: %s: %w", c.path, name, err)
		}
	}
	for _, name := range []string{valuesName, meansName, squaresName} {
		if err := c.fill(name, o); err != nil {
			return err
		}
	}
	o.Progress = optimizer.Progress{Steps: p.Step, Power1: p.Power1, Power2: p.Power2}
	return nil
}

// fill copies the tensors of one file to where the optimizer has them.
func (c *verified) fill(file string, o *optimizer.Optimizer) error {
	return weights.Guard(func() error {
		for _, into := range contents(o, file) {
			from, ok := c.tensors[file].Tensor(into.Name)
			if !ok {
				return fmt.Errorf("%s: %s: has no tensor %s", c.path, file, into.Name)
			}
			if err := from.Decode(into.Values); err != nil {
				return fmt.Errorf("%s: %s: %w", c.path, file, err)
			}
			from.Forget()
		}
		return nil
	})
}
