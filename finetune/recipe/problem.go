package recipe

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Problem is one thing that is wrong with a recipe.
type Problem struct {
	Where string // "recipe.yaml:12", or "--set train.lr=x"
	Key   string // "train.lr", or empty
	What  string
	Fix   string // what would do
	line  int
}

// Error reads "where: key: what (what would do)".
func (p Problem) Error() string {
	text := p.Where + ": "
	if p.Key != "" {
		text += p.Key + ": "
	}
	text += p.What
	if p.Fix != "" {
		text += " (" + p.Fix + ")"
	}
	return text
}

// Problems are all things that are wrong with a recipe, in the order of its lines.
type Problems []Problem

// Error has one line for each problem.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// place says where a value stands.
type place struct {
	name string
	line int // 0 for an override
}

func (p place) String() string {
	if p.line == 0 {
		return p.name
	}
	return fmt.Sprintf("%s:%d", p.name, p.line)
}

// Unreported leaves out of err every error that begins with a key about which there is a problem already.
func (ps Problems) Unreported(err error) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, one := range joined.Unwrap() {
			all = append(all, ps.Unreported(one))
		}
		return errors.Join(all...)
	}
	if err != nil && slices.ContainsFunc(ps, func(p Problem) bool { return strings.HasPrefix(err.Error(), p.Key+": ") }) {
		return nil
	}
	return err
}

// MaxProblems is how many problems of a recipe are told one by one; of the others the number is told.
const MaxProblems = 100

// problem notes what is wrong at a place.
func (w *walk) problem(at place, key, what, fix string) {
	if len(w.problems) == MaxProblems {
		w.more++
		return
	}
	w.problems = append(w.problems, Problem{Where: at.String(), Key: printable(key), What: what, Fix: fix, line: at.line})
}

// printable is a key as messages show it: what is no word is quoted.
func printable(key string) string {
	if key == "" || simple.MatchString(key) && len(key) <= shown {
		return key
	}
	return clip(strconv.QuoteToASCII(key))
}

// oneLine is a text of the command line as a message shows it.
func oneLine(text string) string {
	if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		text = strconv.QuoteToASCII(text)
	}
	return clip(text)
}

// shown is how much of a text a message shows, in bytes.
const shown = 80

// clip shortens a text for a message.
func clip(text string) string {
	if len(text) <= shown {
		return text
	}
	return strings.ToValidUTF8(text[:shown], "") + "…"
}

// err is nil where nothing is wrong.
func (w *walk) err() error {
	if len(w.problems) == 0 {
		return nil
	}
	sort.SliceStable(w.problems, func(i, j int) bool { return w.problems[i].line < w.problems[j].line })
	if w.more > 0 {
		what := fmt.Sprintf("has %d more problems", w.more)
		w.problems = append(w.problems, Problem{Where: w.recipe.name, What: what, Fix: "correct these first"})
	}
	return w.problems
}

// Locate puts the recipe's name, and the line where the key stands, before every error of err that begins with a key, such as
// "train.what: matches nothing". What shows only when models and datasets are opened is so reported like the rest.
func (r *Recipe) Locate(err error) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, one := range joined.Unwrap() {
			all = append(all, r.Locate(one))
		}
		return errors.Join(all...)
	}
	if err == nil {
		return nil
	}
	key, _, _ := strings.Cut(err.Error(), ": ")
	if _, known := byKey(key); !known {
		return err
	}
	at, stated := r.lines[key]
	if !stated {
		at = place{name: r.name}
	}
	return fmt.Errorf("%s: %w", at, err)
}
