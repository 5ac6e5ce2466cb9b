package choose

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// MaxAlternatives is how many patterns without braces the patterns of a list may stand for, MaxLength how long one may be in
// bytes. So neither braces nor stars can make a recipe that takes long to read.
const (
	MaxAlternatives = 1024
	MaxLength       = 256
)

var errTooMany = fmt.Errorf("stands for more than %d names (write * in place of some braces)", MaxAlternatives)

// compile expands the braces of a pattern: {28..29} is a range of whole numbers, {q,k,v} a list, and braces may stand inside
// braces. What is left are globs, in which * is any text, dots included, and ? is one character.
func compile(pattern string) ([]string, error) {
	if len(pattern) > MaxLength {
		return nil, fmt.Errorf("has %d bytes, at most %d are read (write * or several patterns)", len(pattern), MaxLength)
	}
	if pattern == All {
		return []string{"*"}, nil
	}
	if strings.ContainsAny(pattern, `[]()|\^$+`) {
		return nil, errors.New(`has one of [ ] ( ) | \ ^ $ + , which patterns do not have (write *, ?, {a,b} or {0..3})`)
	}
	return expand(pattern)
}

// expand replaces the first brace of a pattern by each of its alternatives.
func expand(pattern string) ([]string, error) {
	open := strings.IndexByte(pattern, '{')
	if open < 0 {
		if strings.IndexByte(pattern, '}') >= 0 {
			return nil, errors.New("has a } without its { (close what you open)")
		}
		return []string{pattern}, nil
	}
	end := closing(pattern, open)
	if end < 0 {
		return nil, errors.New("has a { without its } (close what you open)")
	}
	alternatives, err := alternatives(pattern[open+1 : end])
	if err != nil {
		return nil, err
	}
	var all []string
	for _, alternative := range alternatives {
		more, err := expand(pattern[:open] + alternative + pattern[end+1:])
		if err != nil {
			return nil, err
		}
		if all = append(all, more...); len(all) > MaxAlternatives {
			return nil, errTooMany
		}
	}
	return all, nil
}

// closing is the index of the } that closes the { at open, or -1.
func closing(pattern string, open int) int {
	level := 0
	for i := open; i < len(pattern); i++ {
		switch pattern[i] {
		case '{':
			level++
		case '}':
			if level--; level == 0 {
				return i
			}
		}
	}
	return -1
}

// alternatives are the parts of what stands in a brace.
func alternatives(inner string) ([]string, error) {
	if from, to, ok := strings.Cut(inner, ".."); ok && !strings.ContainsAny(inner, "{,") {
		return numbers(from, to)
	}
	var parts []string
	level, start := 0, 0
	for i := 0; i <= len(inner); i++ {
		switch {
		case i == len(inner) || inner[i] == ',' && level == 0:
			parts = append(parts, inner[start:i])
			start = i + 1
		case inner[i] == '{':
			level++
		case inner[i] == '}':
			level--
		}
	}
	if len(parts) < 2 {
		return nil, fmt.Errorf("{%s} is neither a list nor a range (write {a,b} or {0..3})", inner)
	}
	return parts, nil
}

// numbers are the whole numbers from one to another, both included, as decimal text.
func numbers(from, to string) ([]string, error) {
	low, errLow := strconv.Atoi(from)
	high, errHigh := strconv.Atoi(to)
	if errLow != nil || errHigh != nil || low < 0 || high < low {
		return nil, fmt.Errorf("{%s..%s} is not a range (write it upwards, such as {0..3})", from, to)
	}
	if high-low >= MaxAlternatives {
		return nil, fmt.Errorf("{%s..%s} has more than %d numbers (write * in its place)", from, to, MaxAlternatives)
	}
	list := make([]string, 0, high-low+1)
	for n := low; n <= high; n++ {
		list = append(list, strconv.Itoa(n))
	}
	return list, nil
}

// glob tells whether a name is of the form of a pattern of literal text, * and ?. Time is at most the product of the lengths.
func glob(pattern, name string) bool {
	p, n := 0, 0
	star, back := -1, 0
	for n < len(name) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, back = p, n
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == name[n]):
			p++
			n++
		case star >= 0:
			back++
			p, n = star+1, back
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// clip shortens a pattern for a message.
func clip(text string) string {
	if len(text) <= 80 {
		return text
	}
	return strings.ToValidUTF8(text[:80], "") + "…"
}
