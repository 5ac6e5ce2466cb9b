package recipe

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
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

// problem notes what is wrong at a place.
func (w *walk) problem(at place, key, what, fix string) {
	w.problems = append(w.problems, Problem{Where: at.String(), Key: key, What: what, Fix: fix, line: at.line})
}

// err is nil where nothing is wrong.
func (w *walk) err() error {
	if len(w.problems) == 0 {
		return nil
	}
	sort.SliceStable(w.problems, func(i, j int) bool { return w.problems[i].line < w.problems[j].line })
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

// nearest is the candidate that differs least from a word, or nothing where none is near.
func nearest(word string, candidates []string) string {
	best, found := len(word)/2+1, ""
	for _, candidate := range candidates {
		if d := distance(word, candidate); d < best {
			best, found = d, candidate
		}
	}
	return found
}

// distance is the number of insertions, deletions, replacements and swaps of neighbours that lead from a to b
// (optimal string alignment).
func distance(a, b string) int {
	before, previous := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range previous {
		previous[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(previous[j]+1, row[j-1]+1, previous[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, previous = previous, row
	}
	return previous[len(b)]
}
