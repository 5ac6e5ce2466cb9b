package recipe

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/osft-project/osft/finetune/recipe/spelling"
)

// Numbers as YAML 1.2's core schema writes them, without octal, hexadecimal and underscores.
var (
	integer = regexp.MustCompile(`^[-+]?(0|[1-9][0-9]*)$`)
	number  = regexp.MustCompile(`^[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?$`)
)

// value sets a field from a node. It reports whether the node was in order.
func (w *walk) value(at place, f field, node *yaml.Node) bool {
	before := len(w.problems)
	w.lines[f.key] = at
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
		at := at.below(item.Line)
		if !w.plain(at, f.key, item) {
			continue
		}
		if item.Kind != yaml.ScalarNode || item.Tag == "!!null" {
			w.problem(at, f.key, "holds a "+kindOf(item)+", not a string", "write a list of strings")
			continue
		}
		var value string
		if w.scalar(at, f, item, &value); value != "" {
			values = append(values, value)
		}
	}
	return values
}

// fault is what is wrong with a value and what would do; nil is nothing.
type fault struct{ what, fix string }

// scalar sets *target, which has the field's type.
func (w *walk) scalar(at place, f field, node *yaml.Node, target any) {
	quoted := node.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0
	var bad *fault
	switch target := target.(type) {
	case *string:
		bad = setString(target, f, node, quoted)
	case *bool:
		bad = setBool(target, node.Value, quoted)
	case *int:
		bad = setInt(target, f, node.Value, quoted)
	case *uint64:
		bad = setSeed(target, node.Value, quoted)
	case *float64:
		bad = setNumber(target, f, node.Value, quoted)
	}
	if bad != nil {
		w.problem(at, f.key, bad.what, bad.fix)
	}
}

// setString refuses what YAML reads as something else: numbers, true and false.
func setString(target *string, f field, node *yaml.Node, quoted bool) *fault {
	text := node.Value
	if !quoted && (number.MatchString(text) || node.Tag != "!!str" && node.Tag != "!!timestamp") {
		return &fault{clip(text) + " is not a string", fmt.Sprintf("write %q, in quotes", clip(text))}
	}
	if len(f.one) > 0 && !slices.Contains(f.one, text) {
		fix := "one of " + strings.Join(f.one, ", ")
		if near := spelling.Nearest(text, f.one); near != "" {
			fix = "did you mean " + near + "? " + fix
		}
		return &fault{fmt.Sprintf("%q is not a value of it", clip(text)), fix}
	}
	if text == "" {
		return &fault{"is an empty string", "give a value, or leave the key out"}
	}
	*target = text
	return nil
}

func setBool(target *bool, text string, quoted bool) *fault {
	if quoted || text != "true" && text != "false" {
		return &fault{fmt.Sprintf("%q is not true or false", clip(text)), "write true or false, without quotes"}
	}
	*target = text == "true"
	return nil
}

func setInt(target *int, f field, text string, quoted bool) *fault {
	if quoted || !integer.MatchString(text) {
		return &fault{fmt.Sprintf("%q is not an integer", clip(text)), "write digits only, such as 8"}
	}
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil && strings.HasPrefix(text, "-") {
		value, err = math.MinInt32, nil
	}
	if bad := outside(f, text, float64(value)); bad != nil {
		return bad
	}
	if err != nil || value > math.MaxInt32 {
		return &fault{clip(text) + " is too large for it", "write at most 2147483647"}
	}
	*target = int(value)
	return nil
}

func setSeed(target *uint64, text string, quoted bool) *fault {
	if quoted || !integer.MatchString(text) {
		return &fault{fmt.Sprintf("%q is not an integer", clip(text)), "write digits only, such as 42"}
	}
	value, err := strconv.ParseUint(strings.TrimPrefix(text, "+"), 10, 64)
	if err != nil {
		return &fault{clip(text) + " is not between 0 and 18446744073709551615", "choose a seed in that range"}
	}
	*target = value
	return nil
}

func setNumber(target *float64, f field, text string, quoted bool) *fault {
	if lower := strings.ToLower(strings.TrimLeft(text, "+-")); !quoted && (lower == ".inf" || lower == ".nan") {
		return &fault{text + " is not finite", "write a finite number"}
	}
	if quoted || !number.MatchString(text) {
		return &fault{fmt.Sprintf("%q is not a number", clip(text)), "write it such as 0.0001 or 1e-4, without quotes"}
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return &fault{clip(text) + " is not finite", "write a finite number"}
	}
	if bad := outside(f, text, value); bad != nil {
		return bad
	}
	*target = value
	return nil
}

// outside says in what way a number, written as text, is out of the field's range.
func outside(f field, text string, value float64) *fault {
	decimal := func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
	text = clip(text)
	switch {
	case f.open && value <= f.low:
		return &fault{text + " is not above " + decimal(f.low), "write a number above " + decimal(f.low)}
	case value < f.low:
		return &fault{text + " is below " + decimal(f.low), "write at least " + decimal(f.low)}
	case f.short && value >= f.high:
		return &fault{text + " is not below " + decimal(f.high), "write a number below " + decimal(f.high)}
	case value > f.high:
		return &fault{text + " is above " + decimal(f.high), "write at most " + decimal(f.high)}
	}
	return nil
}

// kindOf names a node's kind for a message.
func kindOf(node *yaml.Node) string {
	switch {
	case node.Kind == yaml.MappingNode:
		return "mapping"
	case node.Kind == yaml.SequenceNode:
		return "list"
	case node.Tag == "!!null" || node.Value == "":
		return "value left empty"
	}
	return "single value"
}
