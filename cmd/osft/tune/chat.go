package tune

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/osft-project/osft/cmd/osft/terminal"
	"github.com/osft-project/osft/data"
	"github.com/osft-project/osft/model"
)

// turn is the JSON line of one answer.
type turn struct {
	User      string `json:"user"`
	Assistant string `json:"assistant"`
}

func newChat(screen *terminal.Terminal) *cobra.Command {
	var system string
	var options model.GenerateOptions
	command := &cobra.Command{
		Use:   "chat DIR",
		Short: "Talk with a checkpoint through its chat template, a line a turn, until the end of input",
		Args:  cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			var messages []data.Message
			if system != "" {
				messages = append(messages, data.Message{Role: "system", Content: system})
			}
			return withSpeaker(command.Context(), args[0], options, func(s *speaker) error {
				return converse(command.Context(), screen, s, messages)
			})
		},
	}
	command.Flags().StringVar(&system, "system", "", "system text to begin with")
	sampling(command.Flags(), &options)
	return command
}

// longestTurn is the longest line that a person may type, in bytes.
const longestTurn = 1 << 20

// converse answers every line of standard input.
func converse(ctx context.Context, screen *terminal.Terminal, s *speaker, messages []data.Message) error {
	lines := bufio.NewScanner(screen.In())
	lines.Buffer(nil, longestTurn)
	for screen.Note("you:"); lines.Scan(); screen.Note("you:") {
		asked := strings.TrimSpace(lines.Text())
		if asked == "" {
			continue
		}
		messages = append(messages, data.Message{Role: "user", Content: asked})
		ids, err := s.Language.Ask(messages)
		if err != nil {
			return fmt.Errorf("chat: %w", err)
		}
		answer, _, err := s.say(ctx, ids)
		if err != nil {
			return err
		}
		answer = strings.TrimSpace(answer)
		messages = append(messages, data.Message{Role: "assistant", Content: answer})
		err = screen.Result("turn", turn{asked, answer}, func(w io.Writer) { fmt.Fprintln(w, terminal.Safe(answer)) })
		if err != nil {
			return err
		}
	}
	return lines.Err()
}
