package format

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/osft-project/osft/data/source"
)

func init() { formats["chat"] = chatFormat }

// chatFormat reads conversations. What the assistant says counts, with the control token that ends its turn.
func chatFormat(o Options, l Language) (Format, error) {
	if l.Chat == nil {
		return nil, errors.New("data.format: chat: the checkpoint has no chat template (name one as data.chat_template)")
	}
	return func(row source.Row) (Rendered, error) {
		messages, err := conversation(row, o.Fields)
		if err != nil {
			return Rendered{}, err
		}
		return l.chat(messages)
	}, nil
}

// chat renders a conversation and finds in it what the assistant said.
func (l Language) chat(messages []Message) (r Rendered, err error) {
	if err := answers(messages); err != nil {
		return r, err
	}
	whole, said, err := l.Chat.Render(messages, false)
	if err != nil {
		return r, err
	}
	r = Rendered{Text: whole, Closed: true}
	find := newFinder(l, whole, messages, false)
	controls := l.controls()
	if len(said) > 0 {
		places, err := find.foreign()
		if err != nil {
			return r, err
		}
		for _, s := range said {
			r.Learn = append(r.Learn, marked(whole, s, controls))
		}
		r.Quoted = quoted(places)
		return r, nil
	}
	places, err := find.all()
	if err != nil {
		return r, err
	}
	for _, p := range places {
		if messages[p.turn].Role == "assistant" {
			r.Learn = append(r.Learn, closed(whole, p.Span, controls))
		}
	}
	r.Quoted = quoted(places)
	return r, nil
}

// answers refuses a conversation in which the assistant, in one of its turns or at all, says nothing.
func answers(messages []Message) error {
	for i, m := range messages {
		if m.Role == "assistant" && strings.TrimSpace(m.Content) == "" {
			return fmt.Errorf("turn %d: the assistant says nothing, there is nothing to learn (remove the row)", i)
		}
	}
	if !slices.ContainsFunc(messages, func(m Message) bool { return m.Role == "assistant" }) {
		return errors.New("has no turn of the assistant, there is nothing to learn (remove the row)")
	}
	return nil
}

// closed extends what was said by the control token that ends the turn, with white space in between, where there is one.
func closed(whole string, said Span, controls []string) Span {
	rest := whole[said.End:]
	end := strings.TrimLeft(rest, space)
	if n := begins(end, controls); n > 0 {
		said.End += len(rest) - len(end) + n
	}
	return said
}

// marked is what a template marks as said, which may hold the closing token already; white space after that is no part of it.
func marked(whole string, said Span, controls []string) Span {
	text := strings.TrimRight(whole[said.Start:said.End], space)
	if slices.ContainsFunc(controls, func(c string) bool { return strings.HasSuffix(text, c) }) {
		return Span{Start: said.Start, End: said.Start + len(text)}
	}
	return closed(whole, said, controls)
}
