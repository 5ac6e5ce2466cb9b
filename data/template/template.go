// Package template renders chat templates as Transformers does: Jinja 3.1 in its immutable sandbox with trim_blocks,
// lstrip_blocks, loop controls, the generation tag and Transformers' own tojson, raise_exception and strftime_now.
//
// A template comes from outside with a checkpoint. It cannot run code, read files, change a value, or go on for ever: its
// source, its nesting, its steps and its output are limited (the constants here and in package syntax). What is not known, a
// filter, a test, a tag, a method, is refused with its line and never guessed. It is no HTML engine: nothing is escaped, and
// filters that make HTML are not there. Integers have 64 bits. Unlike Jinja it refuses an unknown filter or test also in a
// branch that is not taken.
package template

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/osft-project/osft/data/template/builtin"
	"github.com/osft-project/osft/data/template/syntax"
)

// Limits of a rendering. Those of the source are syntax.MaxSource and syntax.MaxDepth; the largest value is value.MaxText.
const (
	// MaxSteps is how many steps a rendering takes; every value costs one, and one more for each 4096 bytes.
	MaxSteps = 2_000_000
	// MaxOutput is the longest text, in bytes.
	MaxOutput = 1 << 24
	// MaxCalls is how deep macros and recursive loops call.
	MaxCalls = 60
)

// Template is a parsed template. It may be rendered by many goroutines at once.
type Template struct{ tree *syntax.Tree }

// Parse reads a template. Its errors are those of syntax, with the line.
func Parse(source string) (*Template, error) {
	tree, err := syntax.Parse(source)
	if err != nil {
		return nil, fmt.Errorf("chat template: %w", err)
	}
	for name, line := range tree.Filters {
		if _, e := builtin.FilterOf(name); e != nil {
			err = earlier(err, line, e)
		}
	}
	for name, line := range tree.Tests {
		if _, e := builtin.Test(name); e != nil {
			err = earlier(err, line, e)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("chat template: %w", err)
	}
	return &Template{tree}, nil
}

// earlier keeps the fault that stands first.
func earlier(old error, line int, reason error) error {
	var fault *syntax.Error
	if errors.As(old, &fault) && (fault.Line < line || fault.Line == line && fault.Reason < reason.Error()) {
		return old
	}
	return syntax.Errorf(line, "%s", reason)
}

// Values are what a template is rendered with.
type Values struct {
	// Variables by name: what From takes.
	Variables map[string]any
	// Date is what strftime_now tells. Templates that ask for it are refused where it is zero: a text that changes by the
	// day cannot be made again.
	Date time.Time
}

// Span is a range of bytes, End excluded.
type Span struct{ Start, End int }

// Rendered is a text, and the spans within generation tags in their order.
type Rendered struct {
	Text       string
	Generation []Span
}

// Raised is the error of a template that calls raise_exception.
type Raised struct{ Message string }

// Error is the template's message.
func (r *Raised) Error() string { return r.Message }

// Render writes the template with values. An error tells the line; a *Raised lies within when the template raised it.
func (t *Template) Render(values Values) (Rendered, error) {
	r := &run{out: &strings.Builder{}, date: values.Date}
	top, err := r.globals(values.Variables)
	if err == nil {
		_, err = r.body(t.tree.Body, top)
	}
	if err != nil {
		return Rendered{}, fmt.Errorf("chat template: %w", err)
	}
	return Rendered{Text: r.out.String(), Generation: r.spans}, nil
}
