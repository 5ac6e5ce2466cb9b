package format

import (
	"errors"
	"slices"
	"strings"

	"github.com/osft-project/osft/data/tokenizer"
)

// Language is what turns text into tokens.
type Language struct {
	Tokenizer *tokenizer.Tokenizer
	Chat      Template // nil where there is none
	BOS, EOS  int32    // -1 where there is none
}

// Template writes conversations as the model's publisher does.
type Template interface {
	// Render returns the text of a conversation and, where the template marks them, the ranges of what the model said, in
	// bytes. With prompt the text ends where the model's next turn begins.
	Render(messages []Message, prompt bool) (text string, said []Span, err error)
}

// Message is a turn of a conversation. Role is system, user or assistant.
type Message struct {
	Role, Content string
}

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
	places, err := finder{l.Chat, l.controls(), whole, messages, true}.foreign()
	if err != nil {
		return nil, err
	}
	ids, _ := l.Tokenizer.EncodeAround(whole, quoted(places))
	return ids, nil
}

// controls are the spellings of control tokens, longer ones first.
func (l Language) controls() (list []string) {
	for _, token := range l.Tokenizer.Added() {
		if !token.Text() {
			list = append(list, token.Content)
		}
	}
	slices.SortStableFunc(list, func(a, b string) int { return len(b) - len(a) })
	return list
}

// spells tells whether a text holds any of some spellings.
func spells(text string, controls []string) bool {
	return slices.ContainsFunc(controls, func(c string) bool { return strings.Contains(text, c) })
}
