package format

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// place is where the content of a turn stands in a rendered conversation.
type place struct {
	Span
	turn int
}

// quoted are the ranges of places, in which control tokens are mere text.
func quoted(places []place) (list []Span) {
	for _, p := range places {
		list = append(list, p.Span)
	}
	return list
}

// finder finds where a template has put what was said. A content that is only white space has no place.
type finder struct {
	template Template
	controls []string
	whole    string // the rendered conversation
	messages []Message
	prompt   bool // it ends where the next turn begins
}

// all finds every turn, in the order of the text, or says which cannot be found. Where the template looks at what was said it
// finds the assistant's turns and those that spell control tokens, which is what is needed.
func (f finder) all() ([]place, error) {
	if places := f.marked(); places != nil {
		return places, nil
	}
	return f.searched(true)
}

// foreign finds the turns that spell control tokens, at least.
func (f finder) foreign() ([]place, error) {
	if places := f.marked(); places != nil {
		return places, nil
	}
	return f.searched(false)
}

// Marks stand for contents; they are private-use characters, which no template writes.
const (
	markStart = "\ue000"
	markEnd   = "\ue001"
)

// marked renders the conversation with a mark for every content, which shows the template's own text between them, and then
// finds the contents between these texts in the real one. It is nil where the two differ in more than the contents, with the
// white space around them, because the template looks at what was said; or where a content is left out, or stands twice.
func (f finder) marked() []place {
	marks := slices.Clone(f.messages)
	wanted := 0
	for i, m := range marks {
		if strings.TrimSpace(m.Content) != "" {
			marks[i].Content = markStart + strconv.Itoa(i) + markEnd
			wanted++
		}
	}
	skeleton, _, err := f.template.Render(marks, f.prompt)
	literal, rest, _ := strings.Cut(skeleton, markStart)
	if err != nil || !strings.HasPrefix(f.whole, literal) {
		return nil
	}
	places, at := make([]place, 0, wanted), len(literal)
	seen := make([]bool, len(marks))
	for len(places) < wanted {
		number, after, found := strings.Cut(rest, markEnd)
		turn, err := strconv.Atoi(number)
		if !found || err != nil || turn < 0 || turn >= len(marks) || seen[turn] {
			return nil
		}
		seen[turn] = true
		literal, rest, _ = strings.Cut(after, markStart)
		p, ok := f.between(turn, at, literal)
		if !ok {
			return nil
		}
		places, at = append(places, p), p.End+len(literal)
	}
	if at != len(f.whole) || rest != "" {
		return nil
	}
	return places
}

// space is the white space that templates trim.
const space = " \t\n\v\f\r"

// between finds the content of a turn at a place, before the template's next text. Templates may trim it.
func (f finder) between(turn, at int, next string) (place, bool) {
	content := f.messages[turn].Content
	left := strings.TrimLeft(content, space)
	for _, text := range []string{content, strings.Trim(content, space), strings.TrimRight(content, space), left} {
		if rest, ok := strings.CutPrefix(f.whole[at:], text); ok && strings.HasPrefix(rest, next) {
			return place{Span{Start: at, End: at + len(text)}, turn}, true
		}
	}
	return place{}, false
}

// searched looks for contents turn by turn, in what each adds to the conversation before it: those that spell control tokens,
// and the answers where they are wanted.
func (f finder) searched(answers bool) (places []place, err error) {
	for i, m := range f.messages {
		if !(answers && m.Role == "assistant") && !spells(m.Content, f.controls) {
			continue
		}
		at, err := f.search(i)
		if err != nil {
			return nil, fmt.Errorf("turn %d: %w", i, err)
		}
		places = append(places, place{at, i})
	}
	return places, nil
}

var (
	errRewrites = errors.New("the chat template rewrites earlier turns, so what was said cannot be found (use a template with generation marks)")
	errChanges  = errors.New("the chat template changes or leaves out its content, so it cannot be found (use a template with generation marks)")
)

// search checks that the whole conversation begins with the one up to the content's end, so that a template that rewrites
// earlier turns cannot give a wrong place, and that there is one place only.
func (f finder) search(i int) (Span, error) {
	before, err := f.before(i)
	if err != nil {
		return Span{}, err
	}
	until, _, err := f.template.Render(f.messages[:i+1], false)
	if err != nil {
		return Span{}, err
	}
	if !strings.HasPrefix(until, f.whole[:before]) {
		return Span{}, errRewrites
	}
	for _, text := range []string{f.messages[i].Content, strings.Trim(f.messages[i].Content, space)} {
		found := f.occurrences(until[before:], text, f.messages[i].Role == "assistant")
		if len(found) != 1 {
			continue
		}
		at := Span{Start: before + found[0], End: before + found[0] + len(text)}
		if !strings.HasPrefix(f.whole, until[:at.End]) {
			return Span{}, errRewrites
		}
		return at, nil
	}
	return Span{}, errChanges
}

// occurrences are where a content stands in what its turn adds. What the assistant says must end where the text or the turn
// ends, since a short answer may also stand inside a control token.
func (f finder) occurrences(added, content string, answer bool) (list []int) {
	for at := 0; at+len(content) <= len(added); at++ {
		i := strings.Index(added[at:], content)
		if i < 0 {
			break
		}
		at += i
		rest := added[at+len(content):]
		if !answer || strings.Trim(rest, space) == "" || closing(rest, f.controls) > 0 {
			list = append(list, at)
		}
	}
	return list
}

// before is how much of the text stands before turn i: with the beginning of the assistant's turn where there is one.
func (f finder) before(i int) (int, error) {
	if i == 0 {
		return 0, nil
	}
	if f.messages[i].Role == "assistant" {
		if text, _, err := f.template.Render(f.messages[:i], true); err == nil && strings.HasPrefix(f.whole, text) {
			return len(text), nil
		}
	}
	text, _, err := f.template.Render(f.messages[:i], false)
	if err != nil {
		return 0, err
	}
	if !strings.HasPrefix(f.whole, text) {
		return 0, errRewrites
	}
	return len(text), nil
}
