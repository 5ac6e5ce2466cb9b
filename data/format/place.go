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
func (f finder) all() ([]place, error) { return f.find(true) }

// foreign finds the turns that spell control tokens, at least.
func (f finder) foreign() ([]place, error) { return f.find(false) }

func (f finder) find(answers bool) ([]place, error) {
	skeleton, wanted := f.skeleton()
	for i := range f.messages {
		if wanted > 0 && said(f.messages[i]) && !strings.Contains(skeleton, mark(i)) {
			return nil, fmt.Errorf("turn %d: %w", i, errLeftOut)
		}
	}
	if places := f.marked(skeleton, wanted); places != nil {
		return places, nil
	}
	return f.searched(answers)
}

// said tells whether a turn has more than white space.
func said(m Message) bool { return strings.Trim(m.Content, space) != "" }

// Marks stand for contents; they are private-use characters, which no template writes.
const (
	markStart = "\ue000"
	markEnd   = "\ue001"
)

func mark(turn int) string { return markStart + strconv.Itoa(turn) + markEnd }

// skeleton is the conversation with a mark for every content, which shows the template's own text between them, and how many
// marks there are: 0 where the template refuses them.
func (f finder) skeleton() (text string, marks int) {
	marked := slices.Clone(f.messages)
	for i, m := range marked {
		if said(m) {
			marked[i].Content = mark(i)
			marks++
		}
	}
	text, _, err := f.template.Render(marked, f.prompt)
	if err != nil {
		return "", 0
	}
	return text, marks
}

// marked finds the contents between the template's own texts. It is nil where conversation and skeleton differ in more than
// the contents, with the white space around them, because the template looks at what was said; or where a content stands twice.
func (f finder) marked(skeleton string, wanted int) []place {
	literal, rest, _ := strings.Cut(skeleton, markStart)
	if wanted == 0 || !strings.HasPrefix(f.whole, literal) {
		return nil
	}
	places, at := make([]place, 0, wanted), len(literal)
	for len(places) < wanted {
		number, after, found := strings.Cut(rest, markEnd)
		turn, err := strconv.Atoi(number)
		if !found || err != nil || turn < 0 || turn >= len(f.messages) {
			return nil
		}
		literal, rest, _ = strings.Cut(after, markStart)
		p, ok := f.between(turn, at, literal)
		if !ok {
			return nil
		}
		places, at = append(places, p), p.End+len(literal)
	}
	if at != len(f.whole) {
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
	errChanges  = errors.New("the chat template changes its content, so it cannot be found (use a template with generation marks)")
	errLeftOut  = errors.New("the chat template leaves it out (remove the turn, or name another template as data.chat_template)")
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
		found := f.occurrences(until[before:], text)
		if len(found) != 1 {
			continue
		}
		at := Span{Start: before + found[0], End: before + found[0] + len(text)}
		if !strings.HasPrefix(f.whole, until[:at.End]) {
			return Span{}, errRewrites
		}
		rest := until[at.End:]
		if f.messages[i].Role == "assistant" && strings.Trim(rest, space) != "" && closing(rest, f.controls) == 0 {
			break // an answer ends where its turn or the text ends
		}
		return at, nil
	}
	return Span{}, errChanges
}

// occurrences are where a content stands in what its turn adds, but for those inside a control token: "end" is in <|im_end|>.
func (f finder) occurrences(added, content string) (list []int) {
	for at := 0; ; at++ {
		i := strings.Index(added[at:], content)
		if i < 0 {
			return list
		}
		at += i
		if !f.inside(added, at, at+len(content)) {
			list = append(list, at)
		}
	}
}

// inside tells whether a range of a text is a part of a control token and not all of it.
func (f finder) inside(text string, start, end int) bool {
	for _, c := range f.controls {
		for from := max(0, end-len(c)); from <= start; from++ {
			if len(c) > end-start && strings.HasPrefix(text[from:], c) {
				return true
			}
		}
	}
	return false
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
