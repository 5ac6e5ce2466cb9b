// Package choose says which tensors train: patterns over the checkpoint's own tensor names become lists of names. A pattern
// that matches nothing is an error, never an empty choice. It knows names and sizes only, no model and no recipe.
package choose

import (
	"errors"
	"fmt"
	"sort"
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

// Select chooses the tensors that one of what matches and none of except does. Every pattern, and every alternative of its
// braces, must match a tensor, those of except one that is otherwise chosen; all that do not are reported together. A choice
// of nothing is an error.
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

// MaxPatterns is how many patterns a list may have.
const MaxPatterns = 256

// matches matches every pattern of a list, each of its alternatives by itself.
func matches(key string, patterns []string, tensors []Tensor) (list []Match, chosen map[string]bool, problems []error) {
	chosen = map[string]bool{}
	if len(patterns) > MaxPatterns {
		return nil, chosen, []error{fmt.Errorf("%s: has %d patterns, at most %d are read (write * or braces)", key, len(patterns), MaxPatterns)}
	}
	left := MaxAlternatives
	for _, pattern := range patterns {
		globs, err := compile(pattern)
		if left -= len(globs); err == nil && left < 0 {
			err = errTooMany
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %q: %w", key, clip(pattern), err))
			continue
		}
		m, idle := match(pattern, globs, tensors)
		for _, name := range m.Names {
			if chosen[name] {
				m.Again++
			}
			chosen[name] = true
		}
		if len(idle) > 0 {
			problems = append(problems, fmt.Errorf("%s: %s", key, nothing(pattern, len(globs), idle, tensors)))
		}
		list = append(list, m)
	}
	return list, chosen, problems
}

// match finds the tensors of a pattern, and the alternatives that have none.
func match(pattern string, globs []string, tensors []Tensor) (m Match, idle []string) {
	m.Pattern = pattern
	busy := make([]bool, len(globs))
	for _, t := range tensors {
		found := false
		for i, g := range globs {
			if glob(g, t.Name) {
				busy[i], found = true, true
			}
		}
		if found {
			m.Names = append(m.Names, t.Name)
			m.Elements += t.Elements
		}
	}
	for i, g := range globs {
		if !busy[i] {
			idle = append(idle, g)
		}
	}
	return m, idle
}

// nothing says which pattern, or which of its alternatives, matches no tensor, and which names are near.
func nothing(pattern string, alternatives int, idle []string, tensors []Tensor) string {
	near := advice(idle[0], tensors)
	if len(idle) == alternatives {
		return fmt.Sprintf("%q matches no tensor (%s)", clip(pattern), near)
	}
	text := fmt.Sprintf("%q: its alternative %q matches no tensor", clip(pattern), clip(idle[0]))
	if more := len(idle) - 1; more > 0 {
		text += fmt.Sprintf(", and %d more", more)
	}
	return text + fmt.Sprintf(" (%s)", near)
}

// advice names the tensors that the longest possible beginning of a pattern leads to.
func advice(pattern string, tensors []Tensor) string {
	begins := func(n int) (names []string) {
		for _, t := range tensors {
			if glob(pattern[:n]+"*", t.Name) {
				names = append(names, t.Name)
			}
		}
		return names
	}
	n := sort.Search(len(pattern), func(n int) bool { return len(begins(n+1)) == 0 }) // what begins longer matches less
	names := begins(n)
	if n > 0 && n == len(pattern) && len(begins(n)) > 0 && pattern[n-1] != '.' {
		return fmt.Sprintf("did you mean %q?", pattern+".*")
	}
	if strings.Trim(pattern[:n], "*") == "" {
		return "osft inspect lists the names"
	}
	if len(names) > 3 {
		names = append(names[:3], fmt.Sprintf("%d more", len(names)-3))
	}
	return "the nearest names are " + strings.Join(names, ", ")
}
