package tokenizer

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/osft-project/osft/data/tokenizer/added"
)

// Load reads the tokenizer of a checkpoint's folder: tokenizer.json, and, where they are there, tokenizer_config.json and
// the other files that Config is made of. It is then the tokenizer that Transformers 5 makes of these files: tokens with a
// role are special, and the flags in added_tokens_decoder count. Tokens that tokenizer.json lacks are not added, but noted.
func Load(fsys fs.FS) (*Tokenizer, error) {
	data, err := readFile(fsys, File, limits.Size)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, missing(fsys, err)
	}
	if err != nil {
		return nil, err
	}
	t, err := Parse(data)
	config, configErr := readConfig(fsys)
	if err := errors.Join(err, configErr); err != nil {
		return nil, err
	}
	if err := t.configure(config); err != nil {
		return nil, fmt.Errorf("%s: %w", ConfigFile, err)
	}
	return t, nil
}

// missing says what could be done about a folder without tokenizer.json.
func missing(fsys fs.FS, err error) error {
	for _, other := range []string{"tokenizer.model", "tekken.json", "vocab.json", "spiece.model"} {
		if _, statErr := fs.Stat(fsys, other); statErr == nil {
			return fmt.Errorf("%s: %w, only %s (load the tokenizer with Transformers and save it: that writes %s)", File, err, other, File)
		}
	}
	return fmt.Errorf("%s: %w", File, err)
}

// readFile reads a file of at most so many bytes.
func readFile(fsys fs.FS, name string, most int) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, int64(most)+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(data) > most {
		return nil, fmt.Errorf("%s: more than %d bytes", name, most)
	}
	return data, nil
}

// configure makes the tokenizer what the configuration says.
func (t *Tokenizer) configure(c Config) error {
	if err := t.addNamed(c); err != nil {
		return err
	}
	for _, role := range []*Special{c.BOS, c.EOS, c.PAD, c.UNK} {
		if role == nil {
			continue
		}
		if id, ok := t.ID(role.Content); ok {
			role.ID = id
		}
	}
	t.config = c
	return nil
}

// addNamed gives added tokens the flags that the configuration has for them, and makes tokens of the model's vocabulary
// that have a role added tokens. What tokenizer.json does not have at all is only noted.
func (t *Tokenizer) addNamed(c Config) error {
	tokens := append([]added.Token{}, t.added.Tokens()...)
	index := map[string]int{}
	for i, a := range tokens {
		index[a.Content] = i
	}
	put := func(a added.Token, override bool) {
		i, isAdded := index[a.Content]
		id, known := t.ID(a.Content)
		switch {
		case isAdded && override:
			a.ID = tokens[i].ID
			tokens[i] = a
		case isAdded:
		case known:
			a.ID = id
			index[a.Content] = len(tokens)
			tokens = append(tokens, a)
		default:
			t.notes = append(t.notes, fmt.Sprintf("%s: %s has no token %q, which Transformers would add", ConfigFile, File, a.Content))
		}
	}
	for _, a := range c.flags {
		put(a, true)
	}
	for _, a := range c.named {
		a.Special = true
		put(a, false)
	}
	all := added.New()
	for _, a := range tokens {
		if err := all.Add(a, t.normalize); err != nil {
			return err
		}
	}
	t.added = all
	return nil
}
