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
	TemplateFile  = "chat_template.jinja"
	TemplateFiles = "additional_chat_templates" // a folder of NAME.jinja
)

const maxTemplate = 1 << 20 // bytes

// Config is what tokenizer_config.json and the chat template files say, as Transformers 5 reads them.
type Config struct {
	BOS, EOS, PAD, UNK *Special // nil where not stated
	// AddBOS and AddEOS replace the post-processor of tokenizer.json as soon as one of them is stated; nil where not.
	AddBOS, AddEOS *bool
	// Templates are the chat templates by name; the one without a name is "default". Files win over tokenizer_config.json.
	Templates map[string]string
	// Unused are the names in tokenizer_config.json that have no effect here, in their order. Transformers keeps unknown
	// names too.
	Unused []string

	named []added.Token // tokens that Transformers makes added and special, if they are not
	flags []added.Token // added_tokens_decoder
}

// Special is a token with a role.
type Special struct {
	Content string
	ID      int32 // -1 if tokenizer.json does not have the token
}

// readConfig reads the files.
func readConfig(fsys fs.FS) (Config, error) {
	var c Config
	data, err := readFile(fsys, ConfigFile, limits.Size)
	if errors.Is(err, fs.ErrNotExist) {
		return c, c.readTemplates(fsys)
	}
	if err != nil {
		return c, err
	}
	v, err := strict.Parse(data, limits)
	if err != nil {
		return c, fmt.Errorf("%s: %w", ConfigFile, err)
	}
	r := &section.Reader{}
	c.parse(v, r)
	if err := r.Err(); err != nil {
		return c, fmt.Errorf("%s: %w", ConfigFile, err)
	}
	return c, c.readTemplates(fsys)
}

func (c *Config) parse(v strict.Value, r *section.Reader) {
	roles := map[string]**Special{"bos_token": &c.BOS, "eos_token": &c.EOS, "pad_token": &c.PAD, "unk_token": &c.UNK,
		"sep_token": new(*Special), "cls_token": new(*Special), "mask_token": new(*Special)}
	members, err := v.Object()
	if err != nil {
		r.Problem(v, "is %v, must be an object", v.Kind())
	}
	for _, m := range members {
		role, isRole := roles[m.Name]
		switch {
		case m.Value.IsNull():
		case isRole:
			c.parseRole(m.Value, role, r)
		case m.Name == "add_bos_token":
			c.AddBOS = parseBool(m.Value, r)
		case m.Name == "add_eos_token":
			c.AddEOS = parseBool(m.Value, r)
		case m.Name == "chat_template":
			c.parseTemplates(m.Value, r)
		case m.Name == "additional_special_tokens", m.Name == "extra_special_tokens":
			c.parseMore(m.Value, r)
		case m.Name == "added_tokens_decoder":
			c.parseFlags(m.Value, r)
		default:
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

func (c *Config) parseRole(v strict.Value, role **Special, r *section.Reader) {
	if t, ok := parseNamed(v, r); ok {
		*role = &Special{Content: t.Content, ID: -1}
		c.named = append(c.named, t)
	}
}

// parseNamed reads a token: its content, or an object with its content and flags.
func parseNamed(v strict.Value, r *section.Reader) (added.Token, bool) {
	if v.Kind() == strict.String {
		s, _ := v.String()
		return added.Token{Content: s, Special: true}, true
	}
	o := r.Object(v)
	content, ok := o.NeedString("content")
	t := added.Token{
		Content: content, Special: o.Bool("special", true),
		SingleWord: o.Bool("single_word", false), LStrip: o.Bool("lstrip", false), RStrip: o.Bool("rstrip", false),
	}
	t.Normalized = o.Bool("normalized", !t.Special)
	return t, ok
}

// parseMore reads special tokens without a role: a list, or an object whose names are roles of the model's own.
func (c *Config) parseMore(v strict.Value, r *section.Reader) {
	list, err := v.Array()
	if members, isObject := v.Object(); isObject == nil {
		err = nil
		for _, m := range members {
			list = append(list, m.Value)
		}
	}
	if err != nil {
		r.Problem(v, "is %v, must be an array or an object", v.Kind())
	}
	for _, e := range list {
		if t, ok := parseNamed(e, r); ok {
			c.named = append(c.named, t)
		}
	}
}

// parseFlags reads added_tokens_decoder, an object of ids and tokens, whose flags win over those of tokenizer.json.
func (c *Config) parseFlags(v strict.Value, r *section.Reader) {
	members, err := v.Object()
	if err != nil {
		r.Problem(v, "is %v, must be an object", v.Kind())
	}
	for _, m := range members {
		if t, ok := parseNamed(m.Value, r); ok {
			c.flags = append(c.flags, t)
		}
	}
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
