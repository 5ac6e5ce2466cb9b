package recipe

import (
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/osft-project/osft/finetune/recipe/spelling"
)

// Parse reads a recipe and the overrides "key=value" of the command line, of which the last one of a key counts. Name stands
// in messages. The error is a Problems with everything that is wrong; the recipe then has what could be read, and is good for
// finding further problems only.
func Parse(name string, text []byte, overrides []string) (*Recipe, error) {
	w := &walk{recipe: &Recipe{name: name, text: text, origins: map[string]Origin{}}, lines: map[string]place{}}
	w.defaults()
	root := w.document(place{name: name, line: 1}, "", text)
	if root != nil && root.Kind != yaml.MappingNode {
		w.problem(place{name: name, line: root.Line}, "", "is not a mapping of keys", "begin with base:, data:, train: and output:")
		root = nil
	}
	if root != nil {
		w.mapping(name, root, "")
	}
	for _, override := range overrides {
		w.override(override)
	}
	if root != nil { // of a text that cannot be read nothing is known to be missing
		w.check()
	}
	w.recipe.lines = w.lines
	return w.recipe, w.err()
}

// walk collects values and problems.
type walk struct {
	recipe   *Recipe
	lines    map[string]place // where each stated key stands
	problems Problems
	more     int // problems beyond MaxProblems
}

// defaults fills in what the table says.
func (w *walk) defaults() {
	for _, f := range fields {
		if f.def == "" {
			continue
		}
		var node yaml.Node
		if err := yaml.Load([]byte(f.def), &node); err != nil {
			panic("recipe: default of " + f.key + ": " + err.Error()) // a mistake in the table, found by every test
		}
		w.value(place{name: "default"}, f, node.Content[0])
	}
	w.lines = map[string]place{}
}

// mapping walks the keys of a mapping whose own key is prefix ("" for the whole recipe).
func (w *walk) mapping(name string, node *yaml.Node, prefix string) {
	seen := map[string]int{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		at := place{name: name, line: key.Line}
		full := strings.TrimPrefix(prefix+"."+key.Value, ".")
		switch {
		case !w.plain(at, full, key):
			continue
		case key.Kind != yaml.ScalarNode || key.Value == "":
			w.problem(at, prefix, "has a "+kindOf(key)+" where a key must stand", "write keys as plain words")
			continue
		}
		if first, twice := seen[key.Value]; twice {
			w.problem(at, full, fmt.Sprintf("is stated twice, first on line %d", first), "keep one")
			continue
		}
		seen[key.Value] = key.Line
		w.key(at, prefix, key.Value, value)
	}
}

// key handles one key, whose section is prefix, with its value.
func (w *walk) key(at place, prefix, name string, value *yaml.Node) {
	key := strings.TrimPrefix(prefix+"."+name, ".")
	f, known := byKey(key)
	if known {
		w.lines[key] = at // stated, if badly
	}
	switch {
	case !w.plain(at, key, value):
	case strings.Contains(name, "."):
		w.dotted(at, prefix, key)
	case known:
		w.value(at, f, value)
	case !isSection(key):
		w.unknown(at, key)
	case value.Kind == yaml.MappingNode:
		w.mapping(at.name, value, key)
	case value.Kind == yaml.ScalarNode && value.Tag == "!!null": // all its keys are comments
	default:
		w.problem(at, key, "is a "+kindOf(value)+", not a mapping of keys", "indent its keys below it")
	}
}

// dotted refuses a key written as on the command line: stated in two ways it could be there twice.
func (w *walk) dotted(at place, prefix, key string) {
	section, last := key[:strings.LastIndexByte(key, '.')], key[strings.LastIndexByte(key, '.')+1:]
	if _, known := byKey(key); !known {
		w.unknown(at, key)
		return
	}
	where := strings.ReplaceAll(strings.TrimPrefix(section, prefix+"."), ".", ": ")
	w.problem(at, key, "is written with a dot, which only --set does", "write "+last+": below "+where+":")
}

// absent says what to do about keys that a person may expect and this version does not have.
var absent = map[string]string{
	"disclosure": "this version records what it reads and computes, and no statements of its user: remove the section",
	"adapter":    "this version trains the checkpoint's own tensors and adds none: see train.what",
	"lora":       "this version trains the checkpoint's own tensors and adds none: see train.what",
	"lora_r":     "this version trains the checkpoint's own tensors and adds none: see train.what",
}

// unknown notes a key that is not in the table, with the one that was probably meant: the same word in another section, what
// other tools call it, or a word that is spelt alike.
func (w *walk) unknown(at place, key string) {
	last := key[strings.LastIndexByte(key, '.')+1:]
	fix := "osft schema lists the keys"
	if len(w.problems) == MaxProblems {
		w.more++ // and is not looked up
		return
	}
	if text, ok := absent[last]; ok {
		fix = text
	} else if meant := meant(strings.TrimSuffix(key, last), last); meant != "" {
		fix = "did you mean " + meant + "?"
	}
	w.problem(at, key, "is not a key of a recipe", fix)
}

// meant is the key that somebody who wrote last in the section parent ("" or with a dot at its end) probably meant, or "".
func meant(parent, last string) string {
	words, keys := []string{}, map[string]string{}
	note := func(word, key string) {
		if _, taken := keys[word]; !taken {
			words, keys[word] = append(words, word), key
		}
	}
	for _, f := range fields { // the words of this section first: they win where others are as near
		if rest, below := strings.CutPrefix(f.key, parent); below {
			name, _, _ := strings.Cut(rest, ".")
			note(name, parent+name)
		}
	}
	for _, f := range fields {
		note(f.key[strings.LastIndexByte(f.key, '.')+1:], f.key)
		for _, word := range f.alias {
			note(word, f.key)
		}
	}
	return keys[spelling.Nearest(last, words)]
}

// plain refuses what YAML can do and a recipe does not need: anchors, aliases, tags and merge keys.
func (w *walk) plain(at place, key string, node *yaml.Node) bool {
	switch {
	case node.Kind == yaml.AliasNode:
		w.problem(at, key, "is an alias, which a recipe does not have", "write the value out")
	case node.Anchor != "":
		w.problem(at, key, "has an anchor, which a recipe does not have", "remove &"+clip(node.Anchor))
	case node.Style&yaml.TaggedStyle != 0:
		w.problem(at, key, "has a tag, which a recipe does not have", "remove "+clip(node.Tag))
	case node.Tag == "!!merge":
		w.problem(at, key, "is a merge key, which a recipe does not have", "write the keys out")
	default:
		return true
	}
	return false
}

// literal tells whether the text of an override is a string as it stands: for a key of strings, unless YAML's own quotes, or
// the bracket of a list where there can be one, begin it.
func (f field) literal(text string) bool {
	switch f.kind() {
	case "string":
		return !strings.ContainsAny(text[:1], `"'`)
	case "list":
		return !strings.ContainsAny(text[:1], `"'[`)
	}
	return false
}

// override applies one --set.
func (w *walk) override(text string) {
	at := place{name: "--set " + oneLine(text)}
	key, value, ok := strings.Cut(text, "=")
	f, known := byKey(key)
	switch {
	case !ok:
		w.problem(at, "", "has no =", "write --set key=value, such as --set train.lr=1e-4")
		return
	case isSection(key):
		w.problem(at, key, "is a section, which is not set as one", "set its keys, such as --set train.lr=1e-4")
		return
	case !known:
		w.unknown(at, key)
		return
	case strings.TrimSpace(value) == "":
		w.problem(at, key, "has no value", "write one after =")
		return
	}
	if _, what, fix := unreadable([]byte(value)); what != "" {
		w.problem(at, key, what, fix)
		return
	}
	if f.literal(value) { // the shell has done the quoting; a pattern may begin with *
		value = strconv.Quote(value)
	}
	if node := w.document(at, key, []byte(value)); node != nil && w.value(at, f, node) {
		w.recipe.origins[key] = Overridden
	}
}
