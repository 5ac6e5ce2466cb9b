package recipe

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// Limits of a recipe, in bytes and in levels of nesting.
const (
	MaxSize  = 1 << 20
	MaxDepth = 64
)

// errDepth ends the scanning of a text that is nested too deep.
var errDepth = fmt.Errorf("nested deeper than %d levels", MaxDepth)

// bounds are the limits of nesting for the YAML library. Aliases are never followed, so there is nothing to limit about them.
type bounds struct{}

// CheckDepth refuses a level that is too deep; the library asks before it opens one.
func (bounds) CheckDepth(depth int, _ *yaml.DepthContext) error {
	if depth > MaxDepth {
		return errDepth
	}
	return nil
}

// CheckAlias is asked where aliases are followed.
func (bounds) CheckAlias(_, _ int) error { return nil }

// document parses the text into the value of its only document, or notes why it cannot.
func (w *walk) document(at place, key string, text []byte) *yaml.Node {
	number, what, fix := unreadable(text)
	if what == "" {
		number, what, fix = stray(text)
	}
	if what != "" {
		w.problem(at.below(number), key, what, fix)
		return nil
	}
	var node, second yaml.Node
	loader, err := yaml.NewLoader(bytes.NewReader(text), yaml.WithPlugin(bounds{}))
	if err == nil {
		err = loader.Load(&node)
	}
	if err != nil {
		w.syntax(at, key, text, err)
		return nil
	}
	if err := loader.Load(&second); !errors.Is(err, io.EOF) {
		w.problem(at.below(line(second.Line, err)), key, "begins a second document, a recipe is one", "remove the line --- and what follows")
		return nil
	}
	if len(node.Content) != 1 || !w.plain(at.below(node.Content[0].Line), key, node.Content[0]) {
		return nil
	}
	return node.Content[0]
}

// below is the place on another line of the same file; overrides have no lines.
func (p place) below(line int) place {
	if p.line > 0 && line > 0 {
		p.line = line
	}
	return p
}

// line is where an error of the YAML library stands, or the line given where it does not say.
func line(known int, err error) int {
	var loading *yaml.LoadError
	if errors.As(err, &loading) {
		return loading.Mark.Line
	}
	return known
}

// unreadable says in which line and why a text is not given to the YAML parser at all.
func unreadable(text []byte) (number int, what, fix string) {
	if len(text) > MaxSize {
		return 1, fmt.Sprintf("has %d bytes or more, the limit is %d", len(text), MaxSize), "a recipe names files, it does not hold their content"
	}
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && size == 1 {
			return lineOf(text, at), "is not valid UTF-8", "save it as UTF-8"
		}
		at += size
	}
	return 0, "", ""
}

// stray finds characters that YAML does not have (1.2.2, section 5.1), and byte order marks after the beginning, which nobody
// sees and the YAML parser counts wrongly.
func stray(text []byte) (number int, what, fix string) {
	for at, r := range string(text) {
		switch {
		case r == '\ufeff' && at > 0:
			return lineOf(text, at), "has a byte order mark inside", "remove the character U+FEFF"
		case r != '\t' && r != '\n' && r != '\r' && r != '\u0085' && unicode.IsControl(r), r == '\ufffe', r == '\uffff':
			return lineOf(text, at), fmt.Sprintf("has the character %U, which YAML does not have", r), "remove it, or write an escape in double quotes"
		}
	}
	return 0, "", ""
}

// lineOf is the line of a byte, from 1.
func lineOf(text []byte, at int) int { return 1 + bytes.Count(text[:at], []byte("\n")) }

// syntax notes an error of the YAML parser, with the causes that are known by name.
func (w *walk) syntax(at place, key string, text []byte, err error) {
	if errors.Is(err, io.EOF) && at.line == 0 {
		w.problem(at, key, "has no value", "write one after =")
		return
	}
	if errors.Is(err, io.EOF) {
		w.problem(at, key, "is empty", "osft init writes a recipe to start from")
		return
	}
	at = at.below(line(0, err))
	switch {
	case strings.Contains(err.Error(), errDepth.Error()):
		w.problem(at, key, "is "+errDepth.Error(), "a recipe needs four")
	case at.line > 0 && tabbed(text, at.line):
		w.problem(at, key, "is indented with a tab, which YAML does not have", "indent with spaces")
	default:
		w.problem(at, key, "is not YAML: "+reason(err), "mind indentation, brackets and quotes")
	}
}

// tabbed tells whether a line begins with blanks of which one is a tab.
func tabbed(text []byte, number int) bool {
	lines := bytes.Split(text, []byte("\n"))
	if number > len(lines) {
		return false
	}
	line := lines[number-1]
	blanks := line[:len(line)-len(bytes.TrimLeft(line, " \t"))]
	return bytes.ContainsRune(blanks, '\t')
}

// reason is what the YAML parser says, without its own name and positions.
func reason(err error) string {
	var loading *yaml.LoadError
	if !errors.As(err, &loading) {
		return strings.Join(strings.Fields(err.Error()), " ")
	}
	if loading.ContextMsg != "" {
		return loading.ContextMsg + ": " + loading.Message
	}
	return loading.Message
}
