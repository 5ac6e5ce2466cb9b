package material

import (
	"bufio"
	"errors"
	"strings"

	"github.com/osft-project/osft/finetune/recipe"
	"github.com/osft-project/osft/finetune/state"
	"github.com/osft-project/osft/model"
	"github.com/osft-project/osft/model/kernel"
	"github.com/osft-project/osft/provenance"
	"github.com/osft-project/osft/provenance/disk"
)

// Base is the base as the record has it, by the files that were read so far.
func (m *Material) Base() provenance.Base {
	return provenance.Base{
		ModelType: m.Config.ModelType, Scratch: m.config != nil, UnknownKeys: append([]string{}, m.Config.Unknown...),
		Extra: append([]string{}, m.extra...), Files: m.baseFiles(),
	}
}

func (m *Material) baseFiles() []provenance.File {
	files := m.base.Files()
	if m.config != nil {
		files = append(m.config.Files(), files...)
	}
	return files
}

// ledgerName is where the ledger is in an output folder.
const ledgerName = "provenance/data/ledger.jsonl"

// Data is the data as the record has it, for a run of so many steps. It writes the ledger.
func (m *Material) Data(steps int, out *provenance.Written) (provenance.Data, error) {
	f, err := out.Create(ledgerName)
	if err != nil {
		return provenance.Data{}, err
	}
	buffered := bufio.NewWriter(f)
	_, err = m.Set.WriteLedger(buffered)
	if err := errors.Join(err, buffered.Flush(), f.Close()); err != nil {
		return provenance.Data{}, err
	}
	c := m.Set.Count()
	d := provenance.Data{
		Files: append(m.data.Files(), m.templateFiles()...), Rows: c.Rows, Trained: c.Trained, Validation: c.Validation, Dropped: c.Dropped, Truncated: c.Truncated,
		Tokens: c.Tokens, Targets: c.Targets, Lost: c.Lost, Order: m.Order(steps),
	}
	for _, file := range out.Files() {
		if file.Path == ledgerName {
			d.Ledger = file
		}
	}
	return d, nil
}

// SaveTokenizer copies the tokenizer's files to the folder of a new model, whose own folder has none.
func (m *Material) SaveTokenizer(out disk.Folder) error {
	if m.config == nil {
		return nil
	}
	return model.SaveCompanions(m.base, out)
}

// Identity is everything that a run depends on. What decides only where a run leaves its result and how often it saves is no
// part of it.
func (m *Material) Identity() (facts []state.Fact) {
	for _, f := range m.Fields() {
		if !strings.HasPrefix(f.Key, "train.checkpoint_every") && f.Key != "train.keep_checkpoints" {
			facts = append(facts, state.Fact{Key: f.Key, Value: f.Value})
		}
	}
	for _, f := range m.baseFiles() {
		facts = append(facts, state.Fact{Key: "base: " + f.Path, Value: "sha256 " + f.SHA256})
	}
	for _, f := range append(m.data.Files(), m.templateFiles()...) {
		facts = append(facts, state.Fact{Key: "data: " + f.Path, Value: "sha256 " + f.SHA256})
	}
	return append(facts, state.Fact{Key: "numerics", Value: kernel.Profile + ", sha256 " + kernel.ProfileDigest()})
}

// Fields are the keys of the recipe with the values that held and who chose them. The folder of the output is not among them:
// nothing depends on it.
func (m *Material) Fields() (list []provenance.ResolvedField) {
	published := m.Published()
	for _, d := range recipe.Docs() {
		if value := published.Written(d.Key); value != "" && d.Key != outputKey {
			list = append(list, provenance.ResolvedField{Key: d.Key, Value: value, Origin: string(m.Recipe.Origin(d.Key))})
		}
	}
	return list
}

const outputKey = "output.dir"
