package data

import (
	"errors"
	"fmt"
	"strings"

	"github.com/osft-project/osft/data/source"
	"github.com/osft-project/osft/provenance/strict"
)

func init() { formats["chat"] = chatFormat }

// Message is a turn of a conversation.
type Message struct {
	Role, Content string
}

// ChatTemplate writes conversations as the model's publisher does.
type ChatTemplate interface {
	// Render returns the text of a conversation and, where the template marks them, the ranges of what the model said, in
	// bytes. With prompt the text ends where the model's next turn begins.
	Render(messages []Message, prompt bool) (text string, said []Range, err error)
}

// Range is a range of bytes, End excluded.
type Range = span

// roles are the known roles of turns; the keys are ShareGPT's and OpenAI's words.
var roles = map[string]string{
	"system": "system", "user": "user", "human": "user", "assistant": "assistant", "gpt": "assistant", "model": "assistant",
}

// chatFormat reads conversations. What the assistant says counts, with the control token that ends its turn.
func chatFormat(spec Spec, l Language) (render, error) {
	if l.Chat == nil {
		return nil, errors.New("data.format: chat: the checkpoint has no chat template (name one as data.chat_template)")
	}
	return func(row source.Row) (rendered, error) {
		messages, err := conversation(row, spec.Fields)
		if err != nil {
			return rendered{}, err
		}
		return l.chat(messages)
	}, nil
}

// conversation reads the turns of a row.
func conversation(row source.Row, f Fields) ([]Message, error) {
	if f.User != "" {
		return exchange(row, f)
	}
	name := named(f.Messages, "messages")
	if f.Messages == "" && !has(row, name) && has(row, "conversations") {
		name = "conversations"
	}
	list, ok := row.Object.Get(name)
	if !ok {
		return nil, fmt.Errorf("%s: is missing%s", name, others(row))
	}
	turns, err := list.Array()
	if err != nil || len(turns) == 0 {
		return nil, fmt.Errorf("%s: is not a list of turns (write [{\"role\": …, \"content\": …}, …])", name)
	}
	var messages []Message
	for i, turn := range turns {
		m, err := message(turn)
		if err != nil {
			return nil, fmt.Errorf("%s[%d].%w", name, i, err)
		}
		messages = append(messages, m)
	}
	return messages, nil
}

// message reads one turn, {"role", "content"} or ShareGPT's {"from", "value"}.
func message(turn strict.Value) (Message, error) {
	roleName, contentName := "role", "content"
	if _, ok := turn.Get("from"); ok {
		roleName, contentName = "from", "value"
	}
	members, err := turn.Object()
	if err != nil {
		return Message{}, fmt.Errorf("%s: the turn is %s, not an object", roleName, turn.Kind())
	}
	var m Message
	for _, member := range members {
		switch member.Name {
		case roleName, contentName:
		case "tool_calls", "tools", "function_call", "name", "weight":
			return m, fmt.Errorf("%s: is not supported in a turn (remove it)", member.Name)
		}
	}
	for name, into := range map[string]*string{roleName: &m.Role, contentName: &m.Content} {
		value, ok := turn.Get(name)
		if !ok {
			return m, fmt.Errorf("%s: is missing", name)
		}
		if *into, err = content(name, value); err != nil {
			return m, err
		}
	}
	role, known := roles[m.Role]
	if !known {
		return m, fmt.Errorf("%s: %q is not a known role (system, user or assistant)", roleName, m.Role)
	}
	m.Role = role
	return m, nil
}

// exchange reads a row whose fields are one user's and one assistant's turn.
func exchange(row source.Row, f Fields) (messages []Message, err error) {
	if f.System != "" {
		messages = append(messages, Message{Role: "system"})
		if messages[0].Content, err = text(row, f.System); err != nil {
			return nil, err
		}
	}
	asked, err := text(row, f.User)
	if err != nil {
		return nil, err
	}
	answer, err := text(row, f.Assistant)
	if err != nil {
		return nil, err
	}
	return append(messages, Message{"user", asked}, Message{"assistant", answer}), nil
}

// chat renders a conversation and finds in it what was said by whom.
func (l Language) chat(messages []Message) (rendered, error) {
	whole, said, err := l.Chat.Render(messages, false)
	if err != nil {
		return rendered{}, err
	}
	r := rendered{text: whole, closed: true, learn: []span{}}
	answers := 0
	for i, m := range messages {
		at, err := l.turn(whole, messages, i)
		if err != nil {
			return rendered{}, err
		}
		if at.Start < at.End {
			r.quoted = append(r.quoted, at)
		}
		if m.Role != "assistant" {
			continue
		}
		if strings.TrimSpace(m.Content) == "" {
			return rendered{}, fmt.Errorf("turn %d: the assistant says nothing, there is nothing to learn (remove the row)", i)
		}
		answers++
		if len(said) == 0 {
			r.learn = append(r.learn, l.closed(whole, at))
		}
	}
	for _, s := range said {
		r.learn = append(r.learn, l.closed(whole, s))
	}
	if answers == 0 {
		return rendered{}, errors.New("the assistant says nothing, there is nothing to learn (remove the row)")
	}
	return r, nil
}

// turn finds where a template has put the content of a turn: in what the conversation up to it adds to the conversation before
// it. It checks that the whole conversation begins with either, so that a template that rewrites earlier turns cannot give a
// wrong mask.
func (l Language) turn(whole string, messages []Message, i int) (span, error) {
	until, _, err := l.Chat.Render(messages[:i+1], false)
	if err != nil {
		return span{}, fmt.Errorf("turn %d: %w", i, err)
	}
	before := 0
	if i > 0 {
		text, _, err := l.Chat.Render(messages[:i], messages[i].Role == "assistant")
		if err != nil || !strings.HasPrefix(whole, text) { // no prompt in this template, or one that the turn itself lacks
			if text, _, err = l.Chat.Render(messages[:i], false); err != nil {
				return span{}, fmt.Errorf("turn %d: %w", i, err)
			}
		}
		if !strings.HasPrefix(whole, text) {
			return span{}, fmt.Errorf("turn %d: the chat template rewrites earlier turns, so what was said cannot be found (use a template with generation marks)", i)
		}
		before = len(text)
	}
	for _, content := range []string{messages[i].Content, strings.TrimSpace(messages[i].Content)} {
		if at := strings.LastIndex(until[min(before, len(until)):], content); at >= 0 && strings.HasPrefix(whole[before:], until[min(before, len(until)):][:at+len(content)]) {
			return span{Start: before + at, End: before + at + len(content)}, nil
		}
	}
	return span{}, fmt.Errorf("turn %d: the chat template changes or leaves out its content (use a template with generation marks)", i)
}

// closed extends what was said by the control token that ends the turn, with white space in between, where there is one.
func (l Language) closed(whole string, said span) span {
	rest := whole[said.End:]
	controls := l.controls(rest[:min(len(rest), longestClose)])
	if len(controls) > 0 && strings.TrimSpace(rest[:controls[0].Start]) == "" {
		said.End += controls[0].End
	}
	return said
}

// longestClose is how far from a turn's end its closing token is looked for, in bytes.
const longestClose = 256

// Ask is a conversation as the tokens after which the model takes its turn. What was said is text even where it spells control
// tokens.
func (l Language) Ask(messages []Message) ([]int32, error) {
	if l.Chat == nil {
		return nil, errors.New("the checkpoint has no chat template (name one as data.chat_template)")
	}
	whole, _, err := l.Chat.Render(messages, true)
	if err != nil {
		return nil, err
	}
	r := rendered{text: whole}
	for i := range messages {
		at, err := l.turn(whole, messages, i)
		if err != nil {
			return nil, err
		}
		if at.Start < at.End {
			r.quoted = append(r.quoted, at)
		}
	}
	ids, _ := l.places(r)
	return ids, nil
}
