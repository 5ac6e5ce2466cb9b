package material

import (
	"bytes"
	"cmp"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/osft-project/osft/finetune/recipe"
)

// place is a path in a recipe and what stands for it in a record, which says by digests what was there.
type place struct {
	key   string
	value *string
	as    string
}

// absolute tells whether the path is of this machine only.
func (p place) absolute() bool { return filepath.IsAbs(filepath.FromSlash(*p.value)) }

// places are the paths of a recipe that it has. Those of files keep their ending, by which formats are told.
func places(r *recipe.Recipe) (list []place) {
	all := []place{
		{"base.path", &r.Base.Path, "{base}"},
		{"base.init", &r.Base.Init, "{config}"},
		{"base.tokenizer", &r.Base.Tokenizer, "{tokenizer}"},
		{outputKey, &r.Output.Dir, "{output}"},
		{"data.validation", &r.Data.Validation, "{validation}" + filepath.Ext(r.Data.Validation)},
		{"data.chat_template", &r.Data.ChatTemplate, "{template}" + filepath.Ext(r.Data.ChatTemplate)},
	}
	for i := range r.Data.Train {
		file := &r.Data.Train[i]
		all = append(all, place{"data.train", file, fmt.Sprintf("{data.%d}%s", i, filepath.Ext(*file))})
	}
	return slices.DeleteFunc(all, func(p place) bool { return *p.value == "" })
}

// Published is the resolved recipe as it is recorded: the output's folder, and every path that is absolute or was given on a
// command line, are replaced by what they are, such as {base} or {data.0}.jsonl.
func (m *Material) Published() *recipe.Recipe {
	r := *m.Recipe
	r.Data.Train = slices.Clone(r.Data.Train)
	for _, p := range places(&r) {
		if p.key == outputKey || p.absolute() || r.Origin(p.key) == recipe.Overridden {
			*p.value = p.as
		}
	}
	return &r
}

// Given is the recipe as it was given, but for absolute paths, which are replaced as in Published. Where one is written so that
// it cannot be found in the text, it is the resolved recipe.
func (m *Material) Given() []byte {
	text := m.Recipe.Text()
	for _, p := range absolute(text) {
		text = replaced(text, *p.value, p.as)
	}
	if len(absolute(text)) > 0 {
		return m.Published().Resolved()
	}
	return text
}

// absolute are the absolute paths of a recipe's text, the longest first, since one may be the beginning of another.
func absolute(text []byte) []place {
	// Without its overrides a recipe may lack something; what it has is read all the same.
	r, _ := recipe.Parse("recipe.yaml", text, nil)
	list := slices.DeleteFunc(places(r), func(p place) bool { return !p.absolute() })
	slices.SortStableFunc(list, func(a, b place) int { return cmp.Compare(len(*b.value), len(*a.value)) })
	return list
}

// replaced puts something else in the place of a path, in quotes, which YAML wants around braces.
func replaced(text []byte, path, as string) []byte {
	var out bytes.Buffer
	for {
		head, tail, found := bytes.Cut(text, []byte(path))
		out.Write(head)
		if !found {
			return out.Bytes()
		}
		if bytes.HasSuffix(head, []byte(`"`)) || bytes.HasSuffix(head, []byte("'")) {
			out.WriteString(as)
		} else {
			out.WriteString(`"` + as + `"`)
		}
		text = tail
	}
}
