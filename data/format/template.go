package format

import (
	"github.com/osft-project/osft/data/template"
)

// TemplateOf writes conversations with a Jinja template as Transformers' apply_chat_template does without tools and documents.
// Tokens are the special tokens by their names in tokenizer_config.json (bos_token, eos_token, …), those that the tokenizer has.
func TemplateOf(t *template.Template, tokens map[string]string) Template { return jinja{t, tokens} }

type jinja struct {
	template *template.Template
	tokens   map[string]string
}

// Render implements Template. No date is given, so a template that asks for it is an error.
func (j jinja) Render(messages []Message, prompt bool) (string, []Span, error) {
	turns := make([]any, len(messages))
	for i, m := range messages {
		turns[i] = template.Object{{Name: "role", Value: m.Role}, {Name: "content", Value: m.Content}}
	}
	variables := map[string]any{}
	for name, content := range j.tokens {
		variables[name] = content
	}
	for name, v := range map[string]any{"messages": turns, "tools": nil, "documents": nil, "add_generation_prompt": prompt} {
		variables[name] = v
	}
	rendered, err := j.template.Render(template.Values{Variables: variables})
	if err != nil {
		return "", nil, err
	}
	var said []Span
	for _, s := range rendered.Generation {
		said = append(said, Span{Start: s.Start, End: s.End})
	}
	return rendered.Text, said, nil
}
