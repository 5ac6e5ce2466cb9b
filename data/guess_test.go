package data

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"
)

func TestGuess(t *testing.T) {
	const couldBe = "prompt and completion could be the user's and the assistant's turn"
	for _, tt := range []struct {
		name, file, text string
		want             Guessed
		instead          string
	}{
		{"plain", "a.txt", "some text", Guessed{Format: "text", Reason: "the file is plain text, which is cut into windows"}, ""},
		{"text", "a.jsonl", `{"id": 1, "text": "a"}`, Guessed{Format: "text", Reason: "rows have text"}, ""},
		{"content", "a.jsonl", `{"content": "a"}`, Guessed{Format: "text", Field: "content", Reason: "rows have content"}, ""},
		{"messages", "a.jsonl", `{"messages": []}`, Guessed{Format: "chat", Reason: "rows have messages, a list of turns"}, ""},
		{"conversations", "a.jsonl", `{"conversations": []}`, Guessed{Format: "chat", Reason: "rows have conversations, a list of turns"}, ""},
		{"instruction", "a.jsonl", `{"instruction": "a", "input": "", "output": "b"}`, Guessed{Format: "prompt", Reason: "rows have an instruction and its output"}, ""},
		{"prompt", "a.jsonl", `{"prompt": "a", "completion": "b"}`,
			Guessed{Format: "prompt", Reason: "rows have prompt and completion (they could be read otherwise: chat, since " + couldBe + ")"}, "chat"},
		{"question", "a.jsonl", `{"question": "a", "answer": "b"}`, Guessed{Format: "prompt", Fields: Fields{Prompt: "question", Completion: "answer"},
			Reason: "rows have question and answer (they could be read otherwise: chat, since question and answer could be the user's and the assistant's turn)"}, "chat"},
		{"two ways", "a.jsonl", `{"text": "c", "messages": []}`,
			Guessed{Format: "chat", Reason: "rows have messages, a list of turns (they could be read otherwise: text, since rows have text)"}, "text"},
		{"second row decides", "a.jsonl", `{"text": "c", "messages": []}` + "\n" + `{"text": "c"}`, Guessed{Format: "text", Reason: "rows have text"}, ""},
		{"many rows", "a.jsonl", strings.Repeat(`{"text": "c"}`+"\n", 50) + "{", Guessed{Format: "text", Reason: "rows have text", Longer: true}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Guess(context.Background(), fstest.MapFS{tt.file: &fstest.MapFile{Data: []byte(tt.text)}}, tt.file)
			if err != nil {
				t.Fatal(err)
			}
			var instead []string
			for _, g := range got.Instead {
				instead = append(instead, g.Format)
			}
			if !got.same(tt.want) || got.Reason != tt.want.Reason || got.Longer != tt.want.Longer || strings.Join(instead, " ") != tt.instead {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func TestGuessErrors(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"unknown", `{"a": "b", "text": 3}`, "a.jsonl:1: is of no known form (the row has a, text; write a recipe that names the right one)"},
		{"empty", `{}`, "a.jsonl:1: is of no known form (the row is empty)"},
		{"no rows", "", "a.jsonl: holds no rows (write one JSON object a line, or text)"},
		{"damaged", `[1]`, "a.jsonl:1: is an array, not an object (write one object a line)"},
		{"mixed", `{"text": "a"}` + "\n" + `{"messages": []}`,
			"a.jsonl:2: is of another form than the rows before it: rows have messages, a list of turns; before: rows have text (keep rows of one form in a file)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Guess(context.Background(), fstest.MapFS{"a.jsonl": &fstest.MapFile{Data: []byte(tt.text)}}, "a.jsonl")
			if err == nil || err.Error() != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}
