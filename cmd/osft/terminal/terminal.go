// Package terminal is the only place of osft that prints. Results go to standard output, everything else to standard error;
// with --json every line of standard output is one JSON object with a stable "type" field. It knows nothing of models or
// files: the commands hand it values and say how a person would read them.
package terminal

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/term"

	"github.com/osft-project/osft/provenance/strict"
)

// Terminal is where a command writes. The zero value is not usable: call New.
type Terminal struct {
	in          io.Reader
	out, errs   io.Writer
	json        bool
	interactive bool // standard error is a terminal, so progress may redraw its line
	mu          sync.Mutex
	bar         *bar
}

// New returns a Terminal over the three streams. Progress is drawn only when errs is a terminal.
func New(in io.Reader, out, errs io.Writer) *Terminal {
	file, ok := errs.(*os.File)
	return &Terminal{in: in, out: out, errs: errs, interactive: ok && term.IsTerminal(int(file.Fd()))}
}

// SetJSON chooses one JSON object a line for results (true) or text for a person (false).
func (t *Terminal) SetJSON(on bool) { t.json = on }

// JSON tells whether results are printed as JSON lines.
func (t *Terminal) JSON() bool { return t.json }

// In is standard input.
func (t *Terminal) In() io.Reader { return t.in }

// Result prints one result: as a JSON line with "type" first when --json was given, else as human writes it.
// Fields are those of the struct value, in their order.
func (t *Terminal) Result(kind string, value any, human func(w io.Writer)) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.clear()
	if !t.json {
		human(t.out)
		return nil
	}
	line, err := typed(kind, value)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(t.out, line)
	return err
}

// typed is the JSON object of value with a first member "type".
func typed(kind string, value any) (string, error) {
	body, err := strict.MarshalLine(value)
	if err != nil {
		return "", fmt.Errorf("--json: %s: %w", kind, err)
	}
	rest, isObject := strings.CutPrefix(strings.TrimSpace(string(body)), "{")
	if !isObject {
		return "", fmt.Errorf("--json: %s: result is not an object", kind)
	}
	separator := ","
	if rest == "}" {
		separator = ""
	}
	return fmt.Sprintf("{%q:%q%s%s", "type", kind, separator, rest), nil
}

// Note prints a line for a person on standard error: what is going on, never a result.
func (t *Terminal) Note(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.clear()
	fmt.Fprintf(t.errs, format+"\n", args...)
}

// Warn prints a warning on standard error.
func (t *Terminal) Warn(format string, args ...any) { t.Note("warning: "+format, args...) }

// Safe returns text from outside (a model, a dataset, a bundle) with control characters made visible, so that it cannot
// move the cursor or change colours. Line feeds and tabs stay.
func Safe(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r < 0x20:
			return '␀' + r // the Control Pictures block mirrors U+0000..U+001F
		case r == 0x7f:
			return '␡'
		case unicode.Is(unicode.C, r):
			return unicode.ReplacementChar
		}
		return r
	}, text)
}
