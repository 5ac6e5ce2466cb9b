package format

import (
	"errors"
	"fmt"
	"strings"

	"github.com/osft-project/osft/data/source"
)

func init() { formats["chat"] = chatFormat }

// chatFormat reads conversations and writes them as the template does. What the template marks as the model's counts, as it is
// marked; where it marks nothing, what the assistant says counts, with the control token that closes its turn and the white
// space in between.
func chatFormat(o Options, l Language) (Format, error) {
	if l.Chat == nil {
		return nil, errors.New("data.format: chat: the checkpoint has no chat template (name one as data.chat_template)")
	}
	controls := l.controls()
	return func(row source.Row) (Rendered, error) {
		messages, err := conversation(row, o.Fields)
		if err == nil {
			err = answers(messages)
		}
		if err != nil {
			return Rendered{}, err
		}
		return l.render(messages, controls)
	}, nil
}

// answers refuses a conversation in which the assistant is silent, altogether or in a turn.
func answers(messages []Message) error {
	said := 0
	for i, m := range messages {
		if m.Role != "assistant" {
			continue
		}
		if strings.TrimSpace(m.Content) == "" {
			return fmt.Errorf("turn %d: the assistant says nothing, there is nothing to learn (remove the row)", i)
		}
		said++
	}
	if said == 0 {
		return errors.New("has no turn of the assistant, there is nothing to learn (remove the row)")
	}
	return nil
}

// render writes a conversation and finds in it what was said by whom.
func (l Language) render(messages []Message, controls []string) (Rendered, error) {
	whole, said, err := l.Chat.Render(messages, false)
	if err != nil {
		return Rendered{}, err
	}
	f := finder{l.Chat, controls, whole, messages, false}
	var places []place
	if len(said) > 0 {
		places, err = f.foreign()
	} else if places, err = f.all(); err == nil {
		said = f.answers(places)
	}
	return Rendered{Text: whole, Learn: said, Quoted: quoted(places), Closed: true}, err
}

// answers are the assistant's turns among the places of all turns, each with the token that closes it.
func (f finder) answers(places []place) (list []Span) {
	for i, p := range places {
		if f.messages[p.turn].Role != "assistant" {
			continue
		}
		end := len(f.whole)
		if i+1 < len(places) {
			end = places[i+1].Start
		}
		list = append(list, Span{Start: p.Start, End: p.End + closing(f.whole[p.End:end], f.controls)})
	}
	return list
}

// closing is how far the control token reaches that a text begins with after white space, 0 for none.
func closing(text string, controls []string) int {
	inner := strings.TrimLeft(text, space)
	for _, c := range controls {
		if strings.HasPrefix(inner, c) {
			return len(text) - len(inner) + len(c)
		}
	}
	return 0
}
