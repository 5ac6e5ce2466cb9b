// Package material opens everything that a recipe names: the base with its tokenizer and chat template, and the data. It keeps
// the account of what was read, from which the record of a run, and the identity of an unfinished one, are made.
//
// It refuses what does not fit together: a tokenizer with more tokens than the model, keys of a config.json that nobody knows
// where the recipe is strict. It changes nothing, trains nothing and writes nothing.
package material

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/osft-project/osft/data"
	"github.com/osft-project/osft/data/tokenizer"
	"github.com/osft-project/osft/finetune/recipe"
	"github.com/osft-project/osft/model"
	"github.com/osft-project/osft/provenance"
)

// Material is what a recipe names, opened.
type Material struct {
	Recipe   *recipe.Recipe
	Model    *model.Model // nil once released
	Config   *model.Config
	Language data.Language
	Set      *data.Set
	Notes    []string // what a person should know and what stops nothing

	folder   string               // the recipe's
	extra    []string             // tensors of the base that the model does not use
	base     *provenance.Recorder // the base's folder, or that of a new model's tokenizer
	config   *provenance.Recorder // the config.json of a new model; nil
	data     *provenance.Recorder
	template *provenance.Recorder // the chat template that the recipe names; nil
	open     []io.Closer
}

// ReadRecipe reads a recipe with the overrides of a command line. Path may be relative to the working directory.
func ReadRecipe(path string, overrides []string) (*recipe.Recipe, error) {
	text, err := readFile(path, recipe.MaxSize)
	if err != nil {
		return nil, err
	}
	return recipe.Parse(filepath.Base(path), text, overrides)
}

func readFile(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, reason(err))
	}
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("%s: %w", path, reason(err))
	}
	return text, nil
}

// reason takes the operation and the path off an error of the operating system.
func reason(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// Open opens the base of a recipe; folder is the recipe's own, to which its paths are relative. With an error, Material is
// what could be opened: good for finding further problems, and to be closed. Errors begin with the key of the recipe where one
// is to blame.
func Open(ctx context.Context, folder string, r *recipe.Recipe) (*Material, error) {
	m := &Material{Recipe: r, folder: folder, Notes: r.Notes()}
	return m, m.openBase(ctx)
}

// Close closes everything.
func (m *Material) Close() error {
	problems := []error{m.Release()}
	for _, o := range m.open {
		problems = append(problems, o.Close())
	}
	m.open = nil
	return errors.Join(problems...)
}

// Paths are the folders and files of the recipe that are read.
func (m *Material) Paths() (list []string) {
	_, names := m.spec()
	for _, path := range names {
		list = append(list, path)
	}
	b := m.Recipe.Base
	for key, value := range map[string]string{"base.path": b.Path, "base.init": b.Init, "base.tokenizer": b.Tokenizer, "data.chat_template": m.Recipe.Data.ChatTemplate} {
		if value != "" {
			list = append(list, m.Recipe.Path(m.folder, key, value))
		}
	}
	slices.Sort(list)
	return list
}

// Release closes the model and gives its memory back. What was read of it is still accounted for.
func (m *Material) Release() error {
	if m.Model == nil {
		return nil
	}
	err := m.Model.Close()
	m.Model = nil
	return err
}

// record opens a folder that a key of the recipe names and starts its account.
func (m *Material) record(key, value string) (*provenance.Recorder, error) {
	folder, err := provenance.OpenFolder(m.Recipe.Path(m.folder, key, value))
	if err != nil {
		return nil, m.missing(key, value, errors.Unwrap(err))
	}
	m.open = append(m.open, folder)
	return provenance.Record(folder), nil
}

// missing says that what a key names cannot be opened, and what its path is relative to.
func (m *Material) missing(key, value string, why error) error {
	to := "the recipe"
	if m.Recipe.Origin(key) == recipe.Overridden {
		to = "the working directory"
	}
	return fmt.Errorf("%s: %s: %w (the path is relative to %s)", key, value, why, to)
}

func (m *Material) openBase(ctx context.Context) (err error) {
	b := m.Recipe.Base
	switch {
	case b.Path == "" && (b.Init == "" || b.Tokenizer == ""):
		return nil // which the recipe itself has been blamed for
	case b.Path == "":
		err = m.newModel(ctx)
	default:
		if m.base, err = m.record("base.path", b.Path); err == nil {
			m.Model, err = model.Load(ctx, m.base)
		}
	}
	if err != nil {
		return err
	}
	m.Config = m.Model.Config()
	for _, e := range m.Model.Extra() {
		m.extra = append(m.extra, e.Name)
		m.note("the base's tensor %s is not used, and copied as it is (%s)", e.Name, orElse(e.Why, "nothing here knows it"))
	}
	if c := m.Model.Checkpoint(); c != nil {
		m.Notes = append(m.Notes, c.Warnings()...)
	}
	return errors.Join(m.unknownKeys(), m.openLanguage())
}

// newModel makes the model of a config.json with random weights.
func (m *Material) newModel(ctx context.Context) (err error) {
	b := m.Recipe.Base
	if m.base, err = m.record("base.tokenizer", b.Tokenizer); err != nil {
		return err
	}
	m.config = provenance.Record(provenance.Named{"config.json": m.Recipe.Path(m.folder, "base.init", b.Init)})
	text, err := fs.ReadFile(m.config, "config.json")
	if err != nil {
		return m.missing("base.init", b.Init, reason(err))
	}
	m.Model, err = model.Init(ctx, text, m.Recipe.Train.Seed)
	return err
}

func (m *Material) note(format string, args ...any) {
	m.Notes = append(m.Notes, fmt.Sprintf(format, args...))
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// unknownKeys notes the keys of config.json that nobody knows, or refuses them.
func (m *Material) unknownKeys() error {
	keys := m.Config.Unknown
	if len(keys) == 0 {
		return nil
	}
	text := fmt.Sprintf("config.json: unknown keys %s", strings.Join(keys, ", "))
	if m.Recipe.Base.StrictConfig {
		return fmt.Errorf("base.strict_config: %s (remove them, or leave this key out to have them copied and recorded)", text)
	}
	m.note("%s: nothing depends on them here; they are copied and recorded", text)
	return nil
}

// openLanguage reads the tokenizer and the chat template.
func (m *Material) openLanguage() error {
	t, err := tokenizer.Load(m.base)
	if err == nil {
		err = t.Fits(m.Config.VocabSize)
	}
	if err != nil {
		return err
	}
	m.Notes = append(m.Notes, t.Notes()...)
	m.Language = data.Language{Tokenizer: t, BOS: -1, EOS: -1}
	m.Language.BOS = special(t.Config().BOS, m.Config.BOS)
	m.Language.EOS = special(t.Config().EOS, m.Config.EOS)
	return m.openTemplate()
}

// special is the id of a token with a role: the tokenizer's, else the model's first, else -1.
func special(s *tokenizer.Special, ids []int32) int32 {
	switch {
	case s != nil && s.ID >= 0:
		return s.ID
	case len(ids) > 0:
		return ids[0]
	}
	return -1
}
