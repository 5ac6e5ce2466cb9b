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

func quoted(places []place) (list []Span) {
	for _, p := range places {
		list = append(list, p.Span)
	}
	return list
}

// finder finds where a template has put what was said. A content that is only white space has no place.
type finder struct {
	l        Language
	whole    string
	messages []Message
	prompt   bool
}

func newFinder(l Language, whole string, messages []Message, prompt bool) finder {
	return finder{l, whole, messages, prompt}
}

// all finds every turn, in the order of the text, or says which cannot be found.
func (f finder) all() ([]place, error) {
	if places := f.marked(); places != nil {
		return places, nil
	}
	return f.searched(func(i int) bool { return f.messages[i].Role == "assistant" })
}

// foreign finds the turns that spell control tokens, at least.
func (f finder) foreign() ([]place, error) {
	if places := f.marked(); places != nil {
		return places, nil
	}
	return f.searched(func(int) bool { return false })
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
	skeleton, _, err := f.l.Chat.Render(marks, f.prompt)
	if err != nil {
		return nil
	}
	literal, rest, _ := strings.Cut(skeleton, markStart)
	if !strings.HasPrefix(f.whole, literal) {
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

// space is the white space that templates trim.
const space = " \t\n\v\f\r"

// searched looks for contents turn by turn, in what each adds to the conversation before it, and checks that the whole
// conversation begins with either: a template that rewrites earlier turns cannot give a wrong mask. Needed tells which turns
// must be found; of the others only those that spell control tokens.
func (f finder) searched(needed func(int) bool) (places []place, err error) {
	controls := f.l.controls()
	for i, m := range f.messages {
		if !needed(i) && !spells(m.Content, controls) {
			continue
		}
		p, err := f.search(i)
		if err != nil {
			return nil, fmt.Errorf("turn %d: %w", i, err)
		}
		places = append(places, p)
	}
	return places, nil
}

func (f finder) search(i int) (place, error) {
	before, err := f.before(i)
	if err != nil {
		return place{}, err
	}
	until, _, err := f.l.Chat.Render(f.messages[:i+1], false)
	if err != nil {
		return place{}, err
	}
	if len(until) < before || !strings.HasPrefix(until, f.whole[:before]) {
		return place{}, errRewrites
	}
	added, content := until[before:], f.messages[i].Content
	for _, text := range []string{content, strings.Trim(content, space)} {
		at := strings.Index(added, text)
		if at < 0 || at > 0 && strings.Count(added, text) > 1 {
			continue
		}
		if end := before + at + len(text); strings.HasPrefix(f.whole, until[:end]) {
			return place{Span{Start: before + at, End: end}, i}, nil
		}
	}
	return place{}, errors.New("the chat template changes or leaves out its content (use a template with generation marks)")
}

var errRewrites = errors.New("the chat template rewrites earlier turns, so what was said cannot be found (use a template with generation marks)")

// before is how much of the text stands before turn i: with the beginning of the assistant's turn where there is one.
func (f finder) before(i int) (int, error) {
	if i == 0 {
		return 0, nil
	}
	if f.messages[i].Role == "assistant" {
		if text, _, err := f.l.Chat.Render(f.messages[:i], true); err == nil && strings.HasPrefix(f.whole, text) {
			return len(text), nil
		}
	}
	text, _, err := f.l.Chat.Render(f.messages[:i], false)
	if err != nil {
		return 0, err
	}
	if !strings.HasPrefix(f.whole, text) {
		return 0, errRewrites
	}
	return len(text), nil
}
