// Package choose says which tensors train: patterns over the checkpoint's own tensor names become lists of names. A pattern
// that matches nothing is an error, never an empty choice. It knows names and sizes only, no model and no recipe.
package choose

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// All is the selector of every tensor.
const All = "all"

// Tensor is what can be chosen.
type Tensor struct {
	Name     string
	Elements int
}

// Match is what one pattern matched, in the order of the checkpoint.
type Match struct {
	Pattern  string
	Names    []string
	Elements int
	Again    int // how many of the names an earlier pattern of the same list had matched already
}

// Choice is the outcome of a selection.
type Choice struct {
	Trained  []string // in the order of the checkpoint
	Included []Match  // by pattern of what
	Excluded []Match  // by pattern of except
}

// Select chooses the tensors that one of what matches and none of except does. Every pattern must match a tensor, those of
// except one that is otherwise chosen; all that do not are reported together. A choice of nothing is an error.
func Select(what, except []string, tensors []Tensor) (Choice, error) {
	included, chosen, problems := matches("train.what", what, tensors)
	var candidates []Tensor
	for _, t := range tensors {
		if chosen[t.Name] {
			candidates = append(candidates, t)
		}
	}
	if len(problems) > 0 {
		candidates = tensors // do not blame except for what is wrong with what
	}
	excluded, frozen, more := matches("train.except", except, candidates)
	problems = append(problems, more...)
	choice := Choice{Included: included, Excluded: excluded}
	for _, t := range candidates {
		if !frozen[t.Name] {
			choice.Trained = append(choice.Trained, t.Name)
		}
	}
	if len(problems) == 0 && len(choice.Trained) == 0 {
		problems = append(problems, errors.New("train.except: excludes all that train.what chooses: nothing would train (exclude less)"))
	}
	if len(problems) > 0 {
		return Choice{}, errors.Join(problems...)
	}
	return choice, nil
}

// matches matches every pattern of a list.
func matches(key string, patterns []string, tensors []Tensor) (list []Match, any map[string]bool, problems []error) {
	any = map[string]bool{}
	for _, pattern := range patterns {
		globs, err := compile(pattern)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %q: %w", key, pattern, err))
			continue
		}
		m := Match{Pattern: pattern}
		for _, t := range tensors {
			if !slices.ContainsFunc(globs, func(g string) bool { return glob(g, t.Name) }) {
				continue
			}
			if any[t.Name] {
				m.Again++
			}
			any[t.Name] = true
			m.Names = append(m.Names, t.Name)
			m.Elements += t.Elements
		}
		if len(m.Names) == 0 {
			problems = append(problems, fmt.Errorf("%s: %q matches no tensor%s", key, pattern, advice(pattern, tensors)))
		}
		list = append(list, m)
	}
	return list, any, problems
}

// advice names the tensors that share the longest beginning with a pattern.
func advice(pattern string, tensors []Tensor) string {
	longest, near := 0, []string{}
	for _, t := range tensors {
		n := 0
		for n < len(pattern) && n < len(t.Name) && pattern[n] == t.Name[n] {
			n++
		}
		switch {
		case n > longest:
			longest, near = n, []string{t.Name}
		case n > 0 && n == longest && len(near) < 3:
			near = append(near, t.Name)
		}
	}
	if len(near) == 0 {
		return " (osft inspect lists the names)"
	}
	return " (the nearest names are " + strings.Join(near, ", ") + ")"
}
