package material

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/osft-project/osft/data"
	"github.com/osft-project/osft/finetune/recipe"
	"github.com/osft-project/osft/provenance"
)

// ReadData reads and encodes the data. Where the base could not be opened it only looks whether the files are there.
func (m *Material) ReadData(ctx context.Context) error {
	spec, names := m.spec()
	m.data = provenance.Record(names)
	missing := m.leaveOutMissing(&spec, names)
	if m.Language.Tokenizer == nil || spec.Format == "" || len(spec.Files) == 0 || m.blamed(spec.Format) {
		return missing
	}
	set, err := data.Build(ctx, m.data, spec, m.Language)
	if m.Set = set; err == nil {
		m.beyondContext()
	}
	return errors.Join(missing, err)
}

// leaveOutMissing reports the files that are not there and takes them out of the spec, so that problems with the others show.
func (m *Material) leaveOutMissing(s *data.Spec, names provenance.Named) error {
	var problems []error
	there := func(key, name, value string) bool {
		_, err := names.Stat(name)
		if err != nil {
			problems = append(problems, m.missing(key, value, reason(err)))
		}
		return err == nil
	}
	var files []string
	for i, value := range m.Recipe.Data.Train {
		if there("data.train", s.Files[i], value) {
			files = append(files, s.Files[i])
		}
	}
	s.Files = files
	if value := m.Recipe.Data.Validation; value != "" && !there("data.validation", s.Validation, value) {
		s.Validation = ""
	}
	return errors.Join(problems...)
}

// spec is the recipe's data section as package data has it. Files are known by their own names, which are in messages and in
// the record; where two have the same, the later one has its number before it.
func (m *Material) spec() (data.Spec, provenance.Named) {
	d, t := m.Recipe.Data, m.Recipe.Train
	start, end, _ := recipe.RowRange(d.Rows) // the recipe is checked
	names := provenance.Named{}
	name := func(key, value string) string {
		n := filepath.Base(filepath.FromSlash(value))
		if _, taken := names[n]; taken {
			n = fmt.Sprintf("%d/%s", len(names), n)
		}
		names[n] = m.Recipe.Path(m.folder, key, value)
		return n
	}
	s := data.Spec{
		ValidationShare: d.ValidationShare, Start: start, End: end, Format: d.Format, Field: d.Field, Template: d.Template,
		Fields: data.Fields{
			Prompt: d.Fields.Prompt, Completion: d.Fields.Completion, Instruction: d.Fields.Instruction, Input: d.Fields.Input,
			Output: d.Fields.Output, Messages: d.Fields.Messages, User: d.Fields.User, Assistant: d.Fields.Assistant, System: d.Fields.SystemText,
		},
		TrainOn: d.TrainOn, AddBOS: d.AddBOS, AddEOS: d.AddEOS, Order: d.Order, Packing: d.Packing, Windows: d.Windows, TooLong: d.TooLong,
		MaxLength: t.MaxLength, Batch: t.Batch, Accumulate: t.Accumulate, Seed: t.Seed,
	}
	for _, f := range d.Train {
		s.Files = append(s.Files, name("data.train", f))
	}
	if d.Validation != "" {
		s.Validation = name("data.validation", d.Validation)
	}
	return s, names
}
