package recipe

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Numbers as YAML 1.2's core schema writes them, without octal, hexadecimal and underscores.
var (
	integer = regexp.MustCompile(`^[-+]?(0|[1-9][0-9]*)$`)
	number  = regexp.MustCompile(`^[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?$`)
)

// value sets a field from a node. It reports whether the node was in order.
func (w *walk) value(at place, f field, node *yaml.Node) bool {
	before := len(w.problems)
	if node.Kind == yaml.ScalarNode && node.Tag == "!!null" {
		w.problem(at, f.key, "has no value", "give one, or leave the key out")
		return false
	}
	switch target := f.at(w.recipe).(type) {
	case *[]string:
		*target = w.list(at, f, node)
	default:
		if node.Kind != yaml.ScalarNode {
			w.problem(at, f.key, "is a "+kindOf(node)+", not one "+f.kind(), "write one value")
			return false
		}
		w.scalar(at, f, node, target)
	}
	w.lines[f.key] = at
	if at.name != "default" {
		w.recipe.origins[f.key] = Stated
	}
	return len(w.problems) == before
}

// list reads a list of strings; one string is a list of one.
func (w *walk) list(at place, f field, node *yaml.Node) (values []string) {
	items := []*yaml.Node{node}
	if node.Kind == yaml.SequenceNode {
		items = node.Content
	}
	for _, item := range items {
		at := at
		if at.line > 0 { // an override has no lines
			at.line = item.Line
		}
		if item.Kind != yaml.ScalarNode {
			w.problem(at, f.key, "holds a "+kindOf(item)+", not a string", "write a list of strings")
			continue
		}
		if !w.plain(at, f.key, item) {
			continue
		}
		var value string
		w.scalar(at, f, item, &value)
		values = append(values, value)
	}
	return values
}

// scalar sets *target, which has the field's type.
func (w *walk) scalar(at place, f field, node *yaml.Node, target any) {
	text, quoted := node.Value, node.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0
	var err string
	switch target := target.(type) {
	case *string:
		err = setString(target, f, text, quoted)
	case *bool:
		err = setBool(target, text, quoted)
	case *int:
		err = setInt(target, f, text, quoted)
	case *uint64:
		err = setSeed(target, text, quoted)
	case *float64:
		err = setNumber(target, f, text, quoted)
	}
	if err != "" {
		what, fix, _ := strings.Cut(err, "|")
		w.problem(at, f.key, what, fix)
	}
}

// The set functions return "" or "what|fix".

func setString(target *string, f field, text string, quoted bool) string {
	if !quoted && (text == "true" || text == "false" || number.MatchString(text) || text == ".inf" || text == ".nan") {
		return fmt.Sprintf("%s is not a string|write %q in quotes", text, text)
	}
	if len(f.one) > 0 && !slices.Contains(f.one, text) {
		fix := "one of " + strings.Join(f.one, ", ")
		if near := nearest(text, f.one); near != "" {
			fix = "did you mean " + near + "? " + fix
		}
		return fmt.Sprintf("%q is not a value of it|%s", text, fix)
	}
	if text == "" && f.key != "data.template" {
		return "is an empty string|give a value, or leave the key out"
	}
	*target = text
	return ""
}

func setBool(target *bool, text string, quoted bool) string {
	if quoted || text != "true" && text != "false" {
		return fmt.Sprintf("%q is not true or false|write true or false, without quotes", text)
	}
	*target = text == "true"
	return ""
}

func setInt(target *int, f field, text string, quoted bool) string {
	if quoted || !integer.MatchString(text) {
		return fmt.Sprintf("%q is not an integer|write digits only, such as 8", text)
	}
	value, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return text + " is too large for it|at most 2147483647"
	}
	if bad := outside(f, float64(value)); bad != "" {
		return text + " " + bad
	}
	*target = int(value)
	return ""
}

func setSeed(target *uint64, text string, quoted bool) string {
	if quoted || !integer.MatchString(text) {
		return fmt.Sprintf("%q is not an integer|write digits only, such as 42", text)
	}
	value, err := strconv.ParseUint(strings.TrimPrefix(text, "+"), 10, 64)
	if err != nil {
		return text + " is not between 0 and 18446744073709551615|choose a seed in that range"
	}
	*target = value
	return ""
}

func setNumber(target *float64, f field, text string, quoted bool) string {
	if lower := strings.ToLower(strings.TrimLeft(text, "+-")); lower == ".inf" || lower == ".nan" {
		return text + " is not finite|write a finite number"
	}
	if quoted || !number.MatchString(text) {
		return fmt.Sprintf("%q is not a number|write it such as 0.0001 or 1e-4, without quotes", text)
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return text + " is not finite|write a finite number"
	}
	if bad := outside(f, value); bad != "" {
		return text + " " + bad
	}
	*target = value
	return ""
}

// outside says in what way a number is out of the field's range, as "what|fix".
func outside(f field, value float64) string {
	low := strconv.FormatFloat(f.low, 'g', -1, 64)
	switch {
	case f.open && value <= f.low:
		return "is not above " + low + "|write a number above " + low
	case value < f.low:
		return "is below " + low + "|write at least " + low
	case value > f.high && !math.IsInf(f.high, 1):
		high := strconv.FormatFloat(f.high, 'g', -1, 64)
		return "is above " + high + "|write at most " + high
	}
	return ""
}

// kindOf names a node's kind for a message.
func kindOf(node *yaml.Node) string {
	switch node.Kind {
	case yaml.MappingNode:
		return "mapping"
	case yaml.SequenceNode:
		return "list"
	case yaml.AliasNode:
		return "alias"
	}
	return "value"
}
