package format

import (
	"errors"
	"fmt"

	"github.com/osft-project/osft/data/source"
	"github.com/osft-project/osft/provenance/strict"
)

// roles are the known roles of turns; the keys are OpenAI's, ShareGPT's and Gemma's words.
var roles = map[string]string{
	"system": "system", "user": "user", "human": "user", "assistant": "assistant", "gpt": "assistant", "model": "assistant",
}

// unsupported are members of rows and turns that change what is said, so that leaving them out would be a silent loss.
var unsupported = []string{"tools", "tool_calls", "function_call", "functions", "weight"}

// conversation reads the turns of a row.
func conversation(row source.Row, f Fields) ([]Message, error) {
	if f.User != "" {
		return exchange(row, f)
	}
	name := named(f.Messages, "messages")
	if f.Messages == "" && !Has(row, name) && Has(row, "conversations") {
		name = "conversations"
	}
	list, ok := row.Object.Get(name)
	if !ok {
		return nil, fmt.Errorf("%s: is missing%s", name, Others(row))
	}
	turns, err := list.Array()
	if err != nil || len(turns) == 0 {
		return nil, fmt.Errorf("%s: is not a list of turns (write [{\"role\": …, \"content\": …}, …])", name)
	}
	if err := supported(row.Object); err != nil {
		return nil, err
	}
	messages := make([]Message, len(turns))
	for i, turn := range turns {
		if messages[i], err = message(turn); err != nil {
			return nil, fmt.Errorf("%s[%d].%w", name, i, err)
		}
	}
	return instructedBy(row, messages)
}

// instructedBy puts the text of a field "system" before the turns, where a row has one beside them.
func instructedBy(row source.Row, messages []Message) ([]Message, error) {
	if !Has(row, "system") {
		return messages, nil
	}
	text, err := field(row, "system")
	switch {
	case err != nil:
		return nil, err
	case text == "":
		return messages, nil
	case messages[0].Role == "system":
		return nil, errors.New("system: stands beside a first turn of the system (remove one)")
	}
	return append([]Message{{Role: "system", Content: text}}, messages...), nil
}

// supported refuses what is in a row or a turn and cannot be learnt.
func supported(object strict.Value) error {
	for _, name := range unsupported {
		value, ok := object.Get(name)
		if !ok || value.IsNull() {
			continue
		}
		if list, err := value.Array(); err == nil && len(list) == 0 {
			continue
		}
		return fmt.Errorf("%s: is not supported (remove it, or the row)", name)
	}
	return nil
}

// message reads one turn, {"role", "content"} or ShareGPT's {"from", "value"}.
func message(turn strict.Value) (m Message, err error) {
	roleName, contentName := "role", "content"
	if _, ok := turn.Get("from"); ok {
		roleName, contentName = "from", "value"
	}
	if turn.Kind() != strict.Object {
		return m, fmt.Errorf("%s: the turn is %s, not an object", roleName, turn.Kind())
	}
	if err := supported(turn); err != nil {
		return m, err
	}
	for _, part := range []struct {
		name string
		into *string
	}{{roleName, &m.Role}, {contentName, &m.Content}} {
		value, ok := turn.Get(part.name)
		if !ok {
			return m, fmt.Errorf("%s: is missing", part.name)
		}
		if *part.into, err = content(part.name, value); err != nil {
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
		if messages[0].Content, err = field(row, f.System); err != nil {
			return nil, err
		}
	}
	asked, err := field(row, f.User)
	if err != nil {
		return nil, err
	}
	answer, err := field(row, f.Assistant)
	if err != nil {
		return nil, err
	}
	return append(messages, Message{"user", asked}, Message{"assistant", answer}), nil
}
