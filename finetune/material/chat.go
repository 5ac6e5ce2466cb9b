package material

import (
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/osft-project/osft/data"
	"github.com/osft-project/osft/data/format"
	"github.com/osft-project/osft/data/template"
	"github.com/osft-project/osft/data/template/syntax"
	"github.com/osft-project/osft/data/tokenizer"
	"github.com/osft-project/osft/provenance"
)

// openTemplate reads the recipe's chat template or, without one, the checkpoint's. One of the checkpoint that cannot be read
// stops only what needs it.
func (m *Material) openTemplate() error {
	err := m.readTemplate()
	if err != nil {
		m.Language.Chat = unreadable{err}
	}
	return err
}

func (m *Material) readTemplate() error {
	if m.Recipe.Data.ChatTemplate != "" {
		return m.ownTemplate()
	}
	config := m.Language.Tokenizer.Config()
	source, ok := config.ChatTemplate()
	if !ok {
		return nil
	}
	chat, err := chatTemplate(source, config)
	switch {
	case err == nil:
		m.Language.Chat = chat
	case m.Recipe.Data.Format == "chat":
		return fmt.Errorf("the checkpoint's %w (name another one as data.chat_template)", err)
	default:
		m.Language.Chat = unreadable{err}
	}
	return nil
}

// ownTemplate reads the template that the recipe names.
func (m *Material) ownTemplate() error {
	const key = "data.chat_template"
	value := m.Recipe.Data.ChatTemplate
	name := filepath.Base(filepath.FromSlash(value))
	m.template = provenance.Record(provenance.Named{name: m.Recipe.Path(m.folder, key, value)})
	info, err := m.template.Stat(name)
	if err != nil {
		return m.missing(key, value, reason(err))
	}
	if info.Size() > syntax.MaxSource {
		return fmt.Errorf("%s: %s: has %d bytes, more than the %d of a template", key, value, info.Size(), syntax.MaxSource)
	}
	source, err := fs.ReadFile(m.template, name)
	if err != nil {
		return m.missing(key, value, reason(err))
	}
	m.Language.Chat, err = chatTemplate(string(source), m.Language.Tokenizer.Config())
	if err != nil {
		return fmt.Errorf("%s: %s: %w", key, value, err)
	}
	return nil
}

// chatTemplate makes a template of its source, with the special tokens that Transformers gives it.
func chatTemplate(source string, config tokenizer.Config) (data.ChatTemplate, error) {
	parsed, err := template.Parse(source)
	if err != nil {
		return nil, err
	}
	tokens := map[string]string{}
	for name, s := range map[string]*tokenizer.Special{
		"bos_token": config.BOS, "eos_token": config.EOS, "pad_token": config.PAD, "unk_token": config.UNK,
	} {
		if s != nil {
			tokens[name] = s.Content
		}
	}
	return format.TemplateOf(parsed, tokens), nil
}

// unreadable is a template that cannot be read, which whoever needs it is told.
type unreadable struct{ err error }

// Render fails.
func (u unreadable) Render([]data.Message, bool) (string, []data.Range, error) { return "", nil, u.err }

// blamed tells whether data of a format cannot be read because of a template that was blamed already.
func (m *Material) blamed(format string) bool {
	_, broken := m.Language.Chat.(unreadable)
	return broken && format == "chat"
}

// templateFiles is the account of the template that the recipe names.
func (m *Material) templateFiles() []provenance.File {
	if m.template == nil {
		return nil
	}
	return m.template.Files()
}
