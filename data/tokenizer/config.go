package tokenizer

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/osft-project/osft/data/tokenizer/added"
	"github.com/osft-project/osft/data/tokenizer/section"
	"github.com/osft-project/osft/provenance/strict"
)

// The files that Load reads beside tokenizer.json; all of them may be absent.
const (
	ConfigFile    = "tokenizer_config.json"
	SpecialsFile  = "special_tokens_map.json" // counts where tokenizer_config.json has no added_tokens_decoder
	TemplateFile  = "chat_template.jinja"
	TemplateFiles = "additional_chat_templates" // a folder of NAME.jinja
)

const maxTemplate = 1 << 20 // bytes

// Config is what tokenizer_config.json and the files beside it say, as Transformers 5 reads them.
type Config struct {
	BOS, EOS, PAD, UNK *Special // nil where not stated
	// AddBOS and AddEOS are add_bos_token and add_eos_token, nil where not stated. They have no effect: where there is a
	// tokenizer.json, Transformers 5 goes by its post-processor alone.
	AddBOS, AddEOS *bool
	// Templates are the chat templates by name; the one without a name is "default". Files win over tokenizer_config.json.
	Templates map[string]string
	// Unused are the names in tokenizer_config.json that have no effect here, in their order. Transformers keeps unknown
	// names too.
	Unused []string

	named []added.Token // tokens that Transformers makes added and special, if they are not
	flags []added.Token // added_tokens_decoder; nil if there is none
}

// Special is a token with a role.
type Special struct {
	Content string
	ID      int32 // -1 if tokenizer.json does not have the token
}

// readConfig reads the files.
func readConfig(fsys fs.FS) (Config, error) {
	var c Config
	err := readObject(fsys, ConfigFile, c.parse)
	if c.flags == nil {
		err = errors.Join(err, readObject(fsys, SpecialsFile, c.parseSpecials))
	}
	return c, errors.Join(err, c.readTemplates(fsys))
}

// readObject reads a file that holds one object, if it is there.
func readObject(fsys fs.FS, name string, parse func(strict.Member, *section.Reader)) error {
	data, err := readFile(fsys, name, limits.Size)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	v, err := strict.Parse(data, limits)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	r := &section.Reader{}
	members, err := v.Object()
	if err != nil {
		r.Problem(v, "is %v, must be an object", v.Kind())
	}
	for _, m := range members {
		parse(m, r)
	}
	if err := r.Err(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// parse reads a member of tokenizer_config.json.
func (c *Config) parse(m strict.Member, r *section.Reader) {
	switch {
	case m.Value.IsNull():
	case m.Name == "add_bos_token":
		c.AddBOS = parseBool(m.Value, r)
	case m.Name == "add_eos_token":
		c.AddEOS = parseBool(m.Value, r)
	case m.Name == "chat_template":
		c.parseTemplates(m.Value, r)
	case m.Name == "added_tokens_decoder":
		c.parseFlags(m.Value, r)
	default:
		if !c.parseNames(m, r) {
			c.Unused = append(c.Unused, m.Name)
		}
	}
}

func parseBool(v strict.Value, r *section.Reader) *bool {
	b, err := v.Bool()
	if err != nil {
		r.Problem(v, "is %v, must be a boolean", v.Kind())
	}
	return &b
}

// parseTemplates reads a chat template, or a list of them with names.
func (c *Config) parseTemplates(v strict.Value, r *section.Reader) {
	c.Templates = map[string]string{}
	if v.Kind() == strict.String {
		c.Templates[defaultTemplate], _ = v.String()
		return
	}
	for _, e := range r.Array(v) {
		o := r.Object(e)
		name, ok := o.NeedString("name")
		template, hasTemplate := o.NeedString("template")
		if ok && hasTemplate {
			c.Templates[name] = template
		}
	}
}

const defaultTemplate = "default"

// ChatTemplate returns the default chat template.
func (c *Config) ChatTemplate() (source string, ok bool) {
	source, ok = c.Templates[defaultTemplate]
	return source, ok
}

// readTemplates reads the template files. If there is one, templates in tokenizer_config.json do not count.
func (c *Config) readTemplates(fsys fs.FS) error {
	files := map[string]string{}
	data, err := readFile(fsys, TemplateFile, maxTemplate)
	switch {
	case err == nil:
		files[defaultTemplate] = string(data)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	names, err := fs.Glob(fsys, TemplateFiles+"/*.jinja")
	if err != nil {
		return fmt.Errorf("%s: %w", TemplateFiles, err)
	}
	slices.Sort(names)
	for _, name := range names {
		data, err := readFile(fsys, name, maxTemplate)
		if err != nil {
			return err
		}
		files[strings.TrimSuffix(path.Base(name), ".jinja")] = string(data)
	}
	if len(files) > 0 {
		c.Templates = files
	}
	return nil
}
