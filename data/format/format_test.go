package format

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/osft-project/osft/data/source"
	"github.com/osft-project/osft/data/tokenizer"
	"github.com/osft-project/osft/data/tokenizer/unicode"
	"github.com/osft-project/osft/provenance/strict"
)

// language has one token for each byte, and control tokens from id 256 on.
func language(t testing.TB, controls ...string) Language {
	t.Helper()
	vocabulary := map[string]int{}
	for b, spelling := range unicode.ByteAlphabet {
		vocabulary[spelling] = b
	}
	added := []map[string]any{}
	for i, c := range controls {
		added = append(added, map[string]any{"id": 256 + i, "content": c, "special": true, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false})
	}
	text, err := json.Marshal(map[string]any{
		"version": "1.0", "added_tokens": added, "normalizer": nil, "post_processor": nil,
		"pre_tokenizer": map[string]any{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": false},
		"decoder":       map[string]any{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": false},
		"model":         map[string]any{"type": "BPE", "vocab": vocabulary, "merges": []string{}},
	})
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenizer.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	l := Language{Tokenizer: tok, BOS: -1, EOS: -1}
	if id, ok := tok.ID("<s>"); ok {
		l.BOS = id
	}
	if id, ok := tok.ID("</s>"); ok {
		l.EOS = id
	}
	return l
}

// rowOf is a row of JSON.
func rowOf(t testing.TB, text string) source.Row {
	t.Helper()
	value, err := strict.Parse([]byte(text), strict.Limits{})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return source.Row{File: "f.jsonl", Line: 1, Raw: []byte(text), Object: value}
}

// shown writes a rendered row with what is to be learnt in [ ], and what is quoted in ‹ ›.
func shown(r Rendered) string {
	var out strings.Builder
	for i := 0; i <= len(r.Text); i++ {
		for _, s := range []struct {
			list        []Span
			open, close string
		}{{r.Quoted, "", "›"}, {r.Learn, "", "]"}, {r.Learn, "[", ""}, {r.Quoted, "‹", ""}} {
			for _, at := range s.list {
				if s.open != "" && at.Start == i {
					out.WriteString(s.open)
				}
				if s.close != "" && at.End == i {
					out.WriteString(s.close)
				}
			}
		}
		if i < len(r.Text) {
			out.WriteByte(r.Text[i])
		}
	}
	return out.String()
}

// renderedAs makes a format and renders a row; errors are its text.
func renderedAs(t *testing.T, name string, o Options, l Language, row source.Row) string {
	t.Helper()
	f, err := New(name, o, l)
	if err != nil {
		return "! " + err.Error()
	}
	r, err := f(row)
	if err != nil {
		return "! " + err.Error()
	}
	return shown(r)
}

func TestText(t *testing.T) {
	l := language(t, "<s>", "</s>")
	tests := []struct {
		options   Options
		row, want string
	}{
		{Options{}, `{"text":"a b"}`, "‹a b›"},
		{Options{Field: "body"}, `{"text":"a","body":"b"}`, "‹b›"},
		{Options{Template: "Question: {question}\nAnswer: {answer}"}, `{"answer":"4","question":"2+2"}`, "Question: ‹2+2›\nAnswer: ‹4›"},
		{Options{Template: "{{{a}}} {a}{b}"}, `{"a":"x","b":""}`, "{‹x›} ‹x›"},
		{Options{Template: "<s>{a}"}, `{"a":"<s>"}`, "<s>‹<s>›"},
		{Options{Template: "<s>{a}", AddEOS: true}, `{"a":"b"}`, "<s>‹b›"},

		{Options{}, `{"body":"a"}`, "! text: is missing (the row has body; name the right one in the recipe)"},
		{Options{}, `{}`, "! text: is missing (the row is empty)"},
		{Options{}, `{"text":null}`, "! text: is null, not a string (write text in quotes)"},
		{Options{}, `{"text":42}`, "! text: is a number, not a string (write text in quotes)"},
		{Options{}, `{"text":" \n"}`, "! text: is empty, there is nothing to learn (remove the row)"},
		{Options{Template: "{a}{b}"}, `{"a":"","b":" "}`, "! a: is empty, there is nothing to learn (remove the row)"},
		{Options{Template: " {a}"}, `{"a":""}`, "! data.template: is empty, there is nothing to learn (remove the row)"},
		{Options{Template: "Q: {a}"}, `{"b":""}`, "! a: is missing (the row has b; name the right one in the recipe)"},
		{Options{Template: "text"}, `{}`, "! data.template: names no field (write a field's name in braces, such as {text})"},
		{Options{Template: "{text"}, `{}`, "! data.template: has a { at byte 0 without a field's name and } (write {{ for a brace)"},
		{Options{Template: "a{}"}, `{}`, "! data.template: has a { at byte 1 without a field's name and } (write {{ for a brace)"},
		{Options{Template: "{a{b}}"}, `{}`, "! data.template: has a { at byte 0 without a field's name and } (write {{ for a brace)"},
		{Options{Template: "{a} }"}, `{}`, "! data.template: has a } at byte 4 without its { (write }} for a brace)"},
		{Options{Template: "<s>{a}", AddBOS: true}, `{}`, "! data.template: begins with the begin-of-sequence token that data.add_bos puts there too (remove one)"},
		{Options{Template: "{a}</s>", AddEOS: true}, `{}`, "! data.template: ends with the end-of-sequence token that data.add_eos puts there too (remove it, or write data.add_eos: false)"},
	}
	for _, tt := range tests {
		if got := renderedAs(t, "text", tt.options, l, rowOf(t, tt.row)); got != tt.want {
			t.Errorf("%+v %s\ngot  %s\nwant %s", tt.options, tt.row, got, tt.want)
		}
	}
}

func TestPlainText(t *testing.T) {
	l := language(t)
	row := func(text string) source.Row { return source.Row{File: "f.txt", Text: text, Plain: true} }
	tests := []struct {
		format  string
		options Options
		text    string
		want    string
	}{
		{"text", Options{}, "one\ntwo", "‹one\ntwo›"},
		{"text", Options{}, " \n ", "! is empty, there is nothing to learn (remove the file)"},
		{"text", Options{Field: "a"}, "one", "! is plain text, which has no fields (remove data.field and data.template)"},
		{"text", Options{Template: "{a}"}, "one", "! is plain text, which has no fields (remove data.field and data.template)"},
		{"prompt", Options{}, "one", "! prompt: is missing (the file is plain text, which data.format: text reads)"},
		{"csv", Options{}, "one", `! data.format: "csv" is not known (write chat, prompt, text)`},
	}
	for _, tt := range tests {
		if got := renderedAs(t, tt.format, tt.options, l, row(tt.text)); got != tt.want {
			t.Errorf("%s %q\ngot  %s\nwant %s", tt.format, tt.text, got, tt.want)
		}
	}
}

func TestPrompt(t *testing.T) {
	l := language(t, "<s>", "</s>")
	const (
		alone = "Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n### Instruction:\n‹%s›\n\n### Response:\n[‹%s›]"
		given = "Below is an instruction that describes a task, paired with an input that provides further context. " +
			"Write a response that appropriately completes the request.\n\n### Instruction:\n‹%s›\n\n### Input:\n‹%s›\n\n### Response:\n[‹%s›]"
	)
	tests := []struct {
		fields    Fields
		row, want string
	}{
		{Fields{}, `{"prompt":"2+2=","completion":" 4"}`, "‹2+2=›[‹ 4›]"},
		{Fields{}, `{"prompt":"","completion":" 4"}`, "[‹ 4›]"},
		{Fields{Prompt: "q", Completion: "a"}, `{"q":"x","a":"y","prompt":"z"}`, "‹x›[‹y›]"},
		{Fields{}, `{"instruction":"Add.","input":"1 2","output":"3"}`, fmt.Sprintf(given, "Add.", "1 2", "3")},
		{Fields{}, `{"instruction":"Add.","input":"","output":"3"}`, fmt.Sprintf(alone, "Add.", "3")},
		{Fields{}, `{"instruction":"Add.","input":null,"output":"3"}`, fmt.Sprintf(alone, "Add.", "3")},
		{Fields{}, `{"instruction":"Add.","output":"3"}`, fmt.Sprintf(alone, "Add.", "3")},
		{Fields{Input: "context", Output: "response"}, `{"instruction":"Add.","context":"1","response":"2","prompt":"no"}`, fmt.Sprintf(given, "Add.", "1", "2")},

		{Fields{}, `{"prompt":"a"}`, "! completion: is missing (the row has prompt; name the right one in the recipe)"},
		{Fields{}, `{"completion":"a"}`, "! prompt: is missing (the row has completion; name the right one in the recipe)"},
		{Fields{}, `{"prompt":"a","completion":""}`, "! completion: is empty, there is nothing to learn (remove the row)"},
		{Fields{}, `{"instruction":"a","output":""}`, "! output: is empty, there is nothing to learn (remove the row)"},
		{Fields{}, `{"instruction":"a","input":["b"],"output":"c"}`, "! input: is an array, not a string (write text in quotes)"},
		{Fields{}, `{"instruction":"a"}`, "! output: is missing (the row has instruction; name the right one in the recipe)"},
		{Fields{Output: "answer"}, `{"answer":"a"}`, "! instruction: is missing (the row has answer; name the right one in the recipe)"},
	}
	for _, tt := range tests {
		if got := renderedAs(t, "prompt", Options{Fields: tt.fields}, l, rowOf(t, tt.row)); got != tt.want {
			t.Errorf("%s\ngot  %s\nwant %s", tt.row, got, tt.want)
		}
	}
}

func TestNames(t *testing.T) {
	if got := Names(); !slices.Equal(got, []string{"chat", "prompt", "text"}) {
		t.Errorf("got %v", got)
	}
}

// quote writes a string as JSON.
func quote(t testing.TB, text string) string {
	t.Helper()
	out, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
