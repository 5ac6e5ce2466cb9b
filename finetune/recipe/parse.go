package recipe

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// Limits of a recipe, in bytes and in levels of nesting. They are checked before the YAML parser sees the text.
const (
	MaxSize  = 1 << 20
	MaxDepth = 64
)

// Parse reads a recipe and the overrides "key=value" of the command line. Name stands in messages. The error is a Problems
// with everything that is wrong; the recipe then has what could be read, and is good for finding further problems only.
func Parse(name string, text []byte, overrides []string) (*Recipe, error) {
	w := &walk{recipe: &Recipe{name: name, text: text, origins: map[string]Origin{}}, lines: map[string]place{}}
	w.defaults()
	root := w.document(place{name: name, line: 1}, text)
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
}

// defaults fills in what the table says.
func (w *walk) defaults() {
	for _, f := range fields {
		if f.def == "" {
			continue
		}
		var node yaml.Node
		if err := yaml.Unmarshal([]byte(f.def), &node); err != nil {
			panic("recipe: default of " + f.key + ": " + err.Error()) // a mistake in the table, found by every test
		}
		w.value(place{name: "default"}, f, node.Content[0])
	}
	w.lines = map[string]place{}
}

// document parses the text into the mapping of its only document, or notes why it cannot.
func (w *walk) document(at place, text []byte) *yaml.Node {
	if what, fix := unreadable(text); what != "" {
		w.problem(at, "", what, fix)
		return nil
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var node, second yaml.Node
	err := decoder.Decode(&node)
	switch {
	case errors.Is(err, io.EOF):
		w.problem(at, "", "is empty", "osft init writes a recipe to start from")
		return nil
	case err != nil:
		w.problem(at, "", "is not YAML: "+oneLine(err), "mind indentation, brackets and quotes")
		return nil
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		w.problem(at, "", "holds more than one document", "remove the line --- and what follows")
		return nil
	}
	root := node.Content[0]
	if root.Kind != yaml.MappingNode {
		w.problem(at, "", "is not a mapping of keys", "begin with base:, data:, train: and output:")
		return nil
	}
	return root
}

// oneLine is an error of the YAML parser on one line.
func oneLine(err error) string {
	return strings.Join(strings.Fields(strings.TrimPrefix(err.Error(), "yaml: ")), " ")
}

// unreadable says why a text is not given to the YAML parser at all.
func unreadable(text []byte) (what, fix string) {
	switch {
	case len(text) > MaxSize:
		return fmt.Sprintf("has %d bytes, the limit is %d", len(text), MaxSize), "a recipe names files, it does not hold their content"
	case !utf8.Valid(text):
		return "is not valid UTF-8", "save it as UTF-8"
	case depth(text) > MaxDepth:
		return fmt.Sprintf("is nested deeper than %d levels", MaxDepth), "a recipe needs four"
	}
	return "", ""
}

// depth is an upper bound of the nesting of a YAML text: brackets that are open at once, and the indentation of a line and
// its leading dashes, each of which can open one level.
func depth(text []byte) int {
	deepest, open := 0, 0
	for line := range bytes.Lines(text) {
		lead := len(line) - len(bytes.TrimLeft(line, " -?:"))
		deepest = max(deepest, lead/2)
		for _, c := range line {
			switch c {
			case '[', '{':
				open++
				deepest = max(deepest, open)
			case ']', '}':
				open = max(0, open-1)
			}
		}
	}
	return deepest
}

// mapping walks the keys of a mapping whose own key is prefix ("" for the whole recipe).
func (w *walk) mapping(name string, node *yaml.Node, prefix string) {
	seen := map[string]int{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		at := place{name: name, line: key.Line}
		full := strings.TrimPrefix(prefix+"."+key.Value, ".")
		if !w.plain(at, full, key) || !w.plain(at, full, value) {
			continue
		}
		if first, twice := seen[key.Value]; twice {
			w.problem(at, full, fmt.Sprintf("is stated twice, first on line %d", first), "keep one")
			continue
		}
		seen[key.Value] = key.Line
		w.key(at, full, value)
	}
}

// key handles one key with its value.
func (w *walk) key(at place, key string, value *yaml.Node) {
	if f, ok := byKey(key); ok {
		w.value(at, f, value)
		return
	}
	if !isSection(key) {
		w.unknown(at, key)
		return
	}
	switch {
	case value.Kind == yaml.MappingNode:
		w.mapping(at.name, value, key)
	case value.Tag == "!!null": // all its keys are comments
	default:
		w.problem(at, key, "is not a mapping of keys", "indent its keys below it")
	}
}

// unknown notes a key that is not in the table, with the one that was probably meant.
func (w *walk) unknown(at place, key string) {
	parent := ""
	if dot := strings.LastIndexByte(key, '.'); dot >= 0 {
		parent = key[:dot+1]
	}
	last := strings.TrimPrefix(key, parent)
	var siblings []string
	for _, f := range fields {
		rest, below := strings.CutPrefix(f.key, parent)
		if below {
			siblings = append(siblings, strings.SplitN(rest, ".", 2)[0])
		}
		if strings.HasSuffix(f.key, "."+last) {
			w.problem(at, key, "is not a key of a recipe", "did you mean "+f.key+"?")
			return
		}
	}
	fix := "osft schema lists the keys"
	if near := nearest(last, siblings); near != "" {
		fix = "did you mean " + parent + near + "?"
	}
	w.problem(at, key, "is not a key of a recipe", fix)
}

// plain refuses what YAML can do and a recipe does not need: anchors, aliases, tags and merge keys.
func (w *walk) plain(at place, key string, node *yaml.Node) bool {
	switch {
	case node.Kind == yaml.AliasNode:
		w.problem(at, key, "is an alias, which a recipe does not have", "write the value out")
	case node.Anchor != "":
		w.problem(at, key, "has an anchor, which a recipe does not have", "remove &"+node.Anchor)
	case node.Style&yaml.TaggedStyle != 0:
		w.problem(at, key, "has a tag, which a recipe does not have", "remove "+node.Tag)
	case node.Tag == "!!merge":
		w.problem(at, key, "is a merge key, which a recipe does not have", "write the keys out")
	default:
		return true
	}
	return false
}

// literal tells whether the text of an override is a string as it stands: for a key of strings, unless YAML's own quotes or
// brackets begin it.
func (f field) literal(text string) bool {
	kind := f.kind()
	return (kind == "string" || kind == "list") && text != "" && !strings.ContainsAny(text[:1], `"'[{`)
}

// override applies one --set.
func (w *walk) override(text string) {
	at := place{name: "--set " + text}
	key, value, ok := strings.Cut(text, "=")
	if !ok {
		w.problem(at, "", "has no =", "write --set key=value, such as --set train.lr=1e-4")
		return
	}
	f, known := byKey(key)
	if !known {
		w.unknown(at, key)
		return
	}
	if what, fix := unreadable([]byte(value)); what != "" {
		w.problem(at, key, what, fix)
		return
	}
	if f.literal(value) { // the shell has done the quoting; a pattern may begin with *
		value = strconv.Quote(value)
	}
	var node yaml.Node
	if err := yaml.Unmarshal([]byte(value), &node); err != nil {
		w.problem(at, key, "is not YAML: "+oneLine(err), "quote the value")
		return
	}
	if len(node.Content) != 1 {
		w.problem(at, key, "has no value", "write one after =")
		return
	}
	if w.plain(at, key, node.Content[0]) && w.value(at, f, node.Content[0]) {
		w.recipe.origins[key] = Overridden
	}
}
