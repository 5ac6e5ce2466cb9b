// Package syntax reads Jinja text into trees: the language of Jinja 3.1 with the settings chat templates are rendered with
// (trim_blocks, lstrip_blocks, loop controls, the generation tag). It knows no filter, test or value; package template gives
// the trees their meaning. Tags that reach other files (include, import, extends, block) are refused.
package syntax

import "fmt"

// Limits of a template's source.
const (
	// MaxSource is the largest source, in bytes.
	MaxSource = 1 << 20
	// MaxDepth is how deep statements and expressions nest.
	MaxDepth = 150
)

// Error is a fault of a template at a line, which counts from 1.
type Error struct {
	Line   int
	Reason string
}

// Error is the line with the reason.
func (e *Error) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Reason) }

// Errorf makes an error at a line.
func Errorf(line int, format string, args ...any) error {
	return &Error{Line: line, Reason: fmt.Sprintf(format, args...)}
}
