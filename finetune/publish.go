package finetune

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"

	"github.com/osft-project/osft/finetune/evaluate"
	"github.com/osft-project/osft/finetune/material"
	"github.com/osft-project/osft/finetune/state"
	"github.com/osft-project/osft/model"
	"github.com/osft-project/osft/model/kernel"
	"github.com/osft-project/osft/model/weights"
	"github.com/osft-project/osft/provenance"
	"github.com/osft-project/osft/provenance/disk"
)

// The files of a record beside run.json and observed.json.
const (
	recordFolder = "provenance/"
	givenName    = "recipe.yaml"
	resolvedName = "recipe.resolved.yaml"
)

// publisher brings a trained run to its output folder.
type publisher struct {
	*material.Material
	work      *state.Work
	out       string
	overwrite bool
	progress  *progress
	observe   Observer
	plan      Plan
	parts     []provenance.Part
	steps     int // of the run
	step      int // whose weights are written
}

// publish writes the result, measures it as it was written, records it, and lets the folder appear.
func (p *publisher) publish(ctx context.Context) (provenance.Run, error) {
	stage, err := p.work.Stage()
	if err != nil {
		return provenance.Run{}, err
	}
	run, err := p.build(ctx, stage)
	if err != nil {
		return provenance.Run{}, errors.Join(err, stage.Discard())
	}
	if err := p.work.Publish(stage, p.out, p.overwrite); err != nil {
		return provenance.Run{}, err
	}
	if err := p.work.Remove(); err != nil {
		p.observe(Noted{fmt.Sprintf("the working folder could not be removed: %v", err)})
	}
	return run, nil
}

func (p *publisher) build(ctx context.Context, stage *disk.Stage) (run provenance.Run, err error) {
	out := provenance.RecordWrites(stage)
	if err := p.save(ctx, out); err != nil {
		return run, err
	}
	result := provenance.Result{Step: p.step, DType: p.Recipe.Output.DType, Files: out.Files()}
	if result.Tensors, err = p.measureWritten(ctx, stage.Path()); err != nil {
		return run, err
	}
	run, err = p.record(out, result)
	if err != nil {
		return run, err
	}
	text, err := run.Marshal()
	if err != nil {
		return run, err
	}
	observed := provenance.Observed{
		Format: provenance.ObservedFormat, RunSHA256: provenance.SHA256(text), Parts: p.parts, Program: provenance.ThisProgram(),
	}
	observation, err := observed.Marshal()
	return run, errors.Join(err, out.WriteFile(recordFolder+"run.json", text), out.WriteFile(recordFolder+"observed.json", observation))
}

// save writes weights, config and tokenizer, and then gives back the memory of the training.
func (p *publisher) save(ctx context.Context, out *provenance.Written) error {
	if err := p.Model.Save(ctx, out, model.SaveOptions{DType: dtypes[p.Recipe.Output.DType]}); err != nil {
		return err
	}
	return p.SaveTokenizer(out)
}

// dtypes are the recipe's names of number formats; 0 keeps each tensor's own.
var dtypes = map[string]weights.DType{"base": 0, "f32": weights.F32, "bf16": weights.BF16, "f16": weights.F16}

// measureWritten opens what was written, compares it with the base tensor by tensor, and evaluates it, so that the figures are
// those of the weights as anybody will load them.
func (p *publisher) measureWritten(ctx context.Context, dir string) (tensors []provenance.TensorDigest, err error) {
	folder, err := provenance.OpenFolder(dir)
	if err != nil {
		return nil, err
	}
	written, err := model.Load(ctx, folder)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the result does not load: %w", err), folder.Close())
	}
	p.progress.training = nil // moments and gradients are not needed any more, nor, soon, the trained values
	debug.FreeOSMemory()
	tensors, err = p.compare(written)
	if err == nil {
		err = p.Release()
	}
	if err == nil {
		debug.FreeOSMemory()
		err = p.after(ctx, written)
	}
	return tensors, errors.Join(err, written.Close(), folder.Close())
}

// after evaluates the result and lets it write the samples.
func (p *publisher) after(ctx context.Context, written *model.Model) error {
	session, err := written.Session(nil)
	if err != nil {
		return err
	}
	if validation := p.Validation(); len(validation) > 0 {
		loss, err := evaluate.Loss(ctx, session, validation)
		if err != nil {
			return err
		}
		e := evaluation(after, p.step, loss)
		p.progress.memory.Evaluations = append(p.progress.memory.Evaluations, e)
		p.observe(Evaluated{e})
	}
	samples, err := p.Samples(ctx, written)
	for _, s := range samples {
		s.When = after
		p.progress.memory.Samples = append(p.progress.memory.Samples, s)
		p.observe(Sampled{s})
	}
	return err
}

// compare takes the digest of every tensor of the result and of the base, and is an error where one differs that should not.
func (p *publisher) compare(written *model.Model) (list []provenance.TensorDigest, err error) {
	base := map[string]string{}
	if c := p.Model.Checkpoint(); c != nil {
		if base, err = digests(c); err != nil {
			return nil, err
		}
	}
	result, err := digests(written.Checkpoint())
	if err != nil {
		return nil, err
	}
	trained := p.plan.Trained()
	for _, t := range written.Checkpoint().Tensors() {
		d := provenance.TensorDigest{
			Name: t.Name, DType: t.DType.String(), Shape: t.Shape, Trains: slices.Contains(trained, t.Name), Base: base[t.Name], SHA256: result[t.Name],
		}
		list = append(list, d)
	}
	return list, p.frozenStay(list)
}

// frozenStay is an error where a tensor was to stay as it was and did not. Where all weights get another type they cannot; a
// second copy of a tensor that trains, as some checkpoints have of a tied head, follows it.
func (p *publisher) frozenStay(list []provenance.TensorDigest) error {
	if p.Recipe.Output.DType != "base" || p.Model.Checkpoint() == nil {
		return nil
	}
	follows := map[[2]string]bool{}
	for _, d := range list {
		if d.Trains {
			follows[[2]string{d.Base, d.SHA256}] = true
		}
	}
	var problems []error
	for _, d := range list {
		if !d.Trains && d.Base != d.SHA256 && !follows[[2]string{d.Base, d.SHA256}] {
			problems = append(problems, fmt.Errorf("%s: was not to be trained and has changed: this is a mistake of osft, the result is not kept", d.Name))
		}
	}
	return errors.Join(problems...)
}

// digests hashes the bytes of every tensor.
func digests(c *weights.Checkpoint) (map[string]string, error) {
	sums := map[string]string{}
	err := weights.Guard(func() error {
		for _, t := range c.Tensors() {
			sums[t.Name] = provenance.SHA256(t.Data)
			t.Forget()
		}
		return nil
	})
	return sums, errors.Join(err, c.Unchanged())
}

// record makes the record of the run and writes the files that it lists beside itself.
func (p *publisher) record(out *provenance.Written, result provenance.Result) (provenance.Run, error) {
	run := provenance.Run{
		Format:      provenance.RunFormat,
		Numerics:    provenance.Numerics{Profile: kernel.Profile, SHA256: kernel.ProfileDigest()},
		Base:        p.Base(),
		Plan:        p.plan.record(),
		Steps:       p.progress.memory.Steps,
		Evaluations: p.progress.memory.Evaluations,
		Samples:     p.progress.memory.Samples,
		Result:      result,
	}
	if err := p.companions(out); err != nil {
		return run, err
	}
	data, err := p.Data(p.steps, out)
	if err != nil {
		return run, err
	}
	run.Data = data
	files := map[string]provenance.File{}
	for _, f := range out.Files() {
		files[f.Path] = f
	}
	run.Metrics = files[recordFolder+metricsName]
	run.Recipe = provenance.Recipe{
		Given: provenance.SHA256(p.Recipe.Text()), File: files[recordFolder+givenName], Resolved: files[recordFolder+resolvedName], Fields: p.Fields(),
	}
	return run, nil
}

// companions writes what the record lists: the recipe as given and as resolved, and the metrics.
func (p *publisher) companions(out *provenance.Written) error {
	metrics, err := p.progress.memory.metrics()
	return errors.Join(err,
		out.WriteFile(recordFolder+metricsName, metrics),
		out.WriteFile(recordFolder+givenName, p.Given()),
		out.WriteFile(recordFolder+resolvedName, p.Published().Resolved()),
	)
}
