package data

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/osft-project/osft/data/tokenizer"
)

// Control tokens of byteTokenizer.
const (
	imStart = 256 + iota
	imEnd
	eos
	bos
)

// byteTokenizer has one token a byte, with the byte as its id, and four control tokens.
func byteTokenizer(t testing.TB) *tokenizer.Tokenizer {
	t.Helper()
	var vocab []string
	other := rune(256)
	for b := range 256 {
		r := rune(b)
		if b < 33 || b > 126 && b < 161 || b == 173 {
			r = other
			other++
		}
		vocab = append(vocab, fmt.Sprintf("%q:%d", string(r), b))
	}
	var added []string
	for i, token := range []string{"<|im_start|>", "<|im_end|>", "<|eos|>", "<|bos|>"} {
		added = append(added, fmt.Sprintf(`{"id":%d,"content":%q,"single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}`, imStart+i, token))
	}
	tok, err := tokenizer.Parse([]byte(`{"version":"1.0","truncation":null,"padding":null,"added_tokens":[` + strings.Join(added, ",") + `],"normalizer":null,
		"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true},"post_processor":null,
		"decoder":{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true},
		"model":{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":null,"end_of_word_suffix":null,"fuse_unk":false,
		"byte_fallback":false,"ignore_merges":false,"vocab":{` + strings.Join(vocab, ",") + `},"merges":[]}}`))
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// chatML writes conversations as ChatML does.
type chatML struct{}

func (chatML) Render(messages []Message, prompt bool) (text string, said []Range, err error) {
	for _, m := range messages {
		text += "<|im_start|>" + m.Role + "\n" + m.Content + "<|im_end|>\n"
	}
	if prompt {
		text += "<|im_start|>assistant\n"
	}
	return text, nil, nil
}

func bytesLanguage(t testing.TB) Language {
	return Language{Tokenizer: byteTokenizer(t), Chat: chatML{}, BOS: bos, EOS: eos}
}

// basic is a Spec of one file of JSON lines with the defaults of recipes.
func basic(format string) Spec {
	return Spec{Files: []string{"rows.jsonl"}, End: -1, Format: format, TrainOn: "completion", AddEOS: true, Order: "file",
		Windows: "separate", TooLong: "error", MaxLength: 512, Batch: 2, Accumulate: 1}
}

func build(t *testing.T, spec Spec, files map[string]string) (*Set, error) {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return Build(context.Background(), fsys, spec, bytesLanguage(t))
}

func mustBuild(t *testing.T, spec Spec, text string) *Set {
	t.Helper()
	set, err := build(t, spec, map[string]string{spec.Files[0]: text})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// told writes an example as text, targets in brackets.
func told(t *testing.T, e Example) string {
	t.Helper()
	var b strings.Builder
	for _, part := range show(bytesLanguage(t), e) {
		if part.Target {
			fmt.Fprintf(&b, "[%s]", part.Text)
		} else {
			b.WriteString(part.Text)
		}
	}
	return b.String()
}

func TestTargets(t *testing.T) {
	fields := func(f Fields) func(*Spec) { return func(s *Spec) { s.Fields = f } }
	for _, tt := range []struct {
		name, format, row string
		change            func(*Spec)
		want              string
	}{
		{"text", "text", `{"text": "ab c"}`, nil, "a[b c<|eos|>]"},
		{"text without end", "text", `{"text": "ab c"}`, func(s *Spec) { s.AddEOS = false }, "a[b c]"},
		{"text with both ends", "text", `{"text": "ab"}`, func(s *Spec) { s.AddBOS = true }, "<|bos|>[ab<|eos|>]"},
		{"field", "text", `{"body": "ab"}`, func(s *Spec) { s.Field = "body" }, "a[b<|eos|>]"},
		{"template", "text", `{"q": "x", "a": "y"}`, func(s *Spec) { s.Template = "Q: {q} {{A}}: {a}" }, "Q[: x {A}: y<|eos|>]"},
		{"control token in text", "text", `{"text": "a<|eos|>b"}`, nil, "a[<|eos|>b<|eos|>]"},
		{"prompt", "prompt", `{"prompt": "ab", "completion": "cd"}`, nil, "ab[cd<|eos|>]"},
		{"prompt, all", "prompt", `{"prompt": "ab", "completion": "cd"}`, func(s *Spec) { s.TrainOn = "all" }, "a[bcd<|eos|>]"},
		{"prompt without end", "prompt", `{"prompt": "ab", "completion": "cd"}`, func(s *Spec) { s.AddEOS, s.AddBOS = false, true }, "<|bos|>ab[cd]"},
		{"prompt of other names", "prompt", `{"q": "ab", "r": "cd"}`, fields(Fields{Prompt: "q", Completion: "r"}), "ab[cd<|eos|>]"},
		{"instruction", "prompt", `{"instruction": "do", "output": "done"}`, nil,
			"Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n### Instruction:\ndo\n\n### Response:\n[done<|eos|>]"},
		{"chat", "chat", `{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "yes"}]}`, nil,
			"<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n[yes<|im_end|>]\n"},
		{"turns", "chat", `{"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "user"}, {"from": "human", "value": "b"}, {"from": "gpt", "value": "end"}]}`, nil,
			"<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\n[user<|im_end|>]\n<|im_start|>user\nb<|im_end|>\n<|im_start|>assistant\n[end<|im_end|>]\n"},
		{"fields of turns", "chat", `{"s": "be", "q": "a", "r": "b"}`, fields(Fields{System: "s", User: "q", Assistant: "r"}),
			"<|im_start|>system\nbe<|im_end|>\n<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\n[b<|im_end|>]\n"},
		{"chat, all", "chat", `{"q": "a", "r": "b"}`, func(s *Spec) { s.TrainOn, s.Fields = "all", Fields{User: "q", Assistant: "r"} },
			"<|im_start|>[user\na<|im_end|>\n<|im_start|>assistant\nb<|im_end|>\n]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			spec := basic(tt.format)
			if tt.change != nil {
				tt.change(&spec)
			}
			set := mustBuild(t, spec, tt.row)
			if got := told(t, set.Train[0]); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
			if e := set.Ledger()[0]; e.Targets != set.Train[0].Targets() || e.Tokens != len(set.Train[0].Tokens) {
				t.Errorf("the ledger says %d tokens, %d targets", e.Tokens, e.Targets)
			}
		})
	}
}

// Control tokens that rows spell are text; those of the template are not, and neither changes what counts.
func TestSpelledControlTokens(t *testing.T) {
	const row = `{"messages": [{"role": "user", "content": "a<|im_end|>\n<|im_start|>system"}, {"role": "assistant", "content": "<|im_end|>b"}]}`
	set := mustBuild(t, basic("chat"), row)
	e := set.Train[0]
	count := func(id int32) (n int) {
		for _, token := range e.Tokens {
			if token == id {
				n++
			}
		}
		return n
	}
	if count(imStart) != 2 || count(imEnd) != 2 {
		t.Errorf("%d starts and %d ends of turns, want 2 and 2", count(imStart), count(imEnd))
	}
	want := len("<|im_end|>b") + 1
	if e.Targets() != want || e.Next[len(e.Next)-3] != imEnd || e.Next[len(e.Next)-2] != -1 {
		t.Errorf("%d targets, want %d; the last are %v", e.Targets(), want, e.Next[len(e.Next)-4:])
	}
	set = mustBuild(t, basic("text"), `{"text": "<|im_start|>"}`)
	if slices.Contains(set.Train[0].Tokens, imStart) {
		t.Error("a control token in running text was taken for one")
	}
}

func TestSpecErrors(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Spec)
		want   string
	}{
		{"format", func(s *Spec) { s.Format = "csv" }, `data.format: "csv" is not known (write chat, prompt, text)`},
		{"template", func(s *Spec) { s.Template = "no field" }, "data.template: names no field (write a field's name in braces, such as {text})"},
		{"words", func(s *Spec) { s.TrainOn, s.Order, s.Windows, s.TooLong = "x", "x", "x", "x" }, `data.train_on: "x" is not known (write completion or all)
data.order: "x" is not known (write file or shuffled)
data.windows: "x" is not known (write separate or contiguous)
data.too_long: "x" is not known (write error or truncate or drop)`},
		{"numbers", func(s *Spec) { s.MaxLength, s.Batch, s.Accumulate, s.ValidationShare = 1, 0, 0, 1 }, `train.max_length: is 1 (write at least 2)
train.batch: is 0 (write at least 1)
train.accumulate: is 0 (write at least 1)
data.validation_share: is 1 (write a number from 0 to below 1)`},
		{"empty range", func(s *Spec) { s.Start, s.End = 5, 5 }, "data.rows: 5..5: holds no row (write the first row and the one after the last)"},
		{"range beyond the rows", func(s *Spec) { s.End = 64 }, "data.rows: 0..64: rows.jsonl has 1 rows (write a range within them)"},
		{"nothing chosen", func(s *Spec) { s.Start = 5 }, "rows.jsonl: no row is left to train on (look at data.rows, data.validation_share and data.too_long)"},
		{"nothing validated", func(s *Spec) { s.ValidationShare = 1e-9 }, "rows.jsonl: data.validation_share of 1e-09 keeps no row for validation (raise it, or name data.validation)"},
		{"missing validation", func(s *Spec) { s.Validation = "v.jsonl" }, "v.jsonl: cannot be read: file does not exist (is the path relative to the recipe?)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			spec := basic("text")
			tt.change(&spec)
			_, err := build(t, spec, map[string]string{"rows.jsonl": `{"text": "some text"}`})
			if err == nil || err.Error() != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

// Without a token for it no text can be begun or ended; conversations have their own.
func TestEndsUnknown(t *testing.T) {
	language := bytesLanguage(t)
	language.BOS, language.EOS = -1, -1
	for format, want := range map[string]string{"text": `data.add_bos: the tokenizer has no begin-of-sequence token (write data.add_bos: false)
data.add_eos: the tokenizer has no end-of-sequence token (write data.add_eos: false)`, "chat": ""} {
		spec := basic(format)
		spec.AddBOS = true
		rows := `{"text": "ab", "messages": [{"role": "assistant", "content": "x"}]}`
		_, err := Build(context.Background(), fstest.MapFS{"rows.jsonl": &fstest.MapFile{Data: []byte(rows)}}, spec, language)
		if got := fmt.Sprint(errors.Join(err)); got != want && !(err == nil && want == "") {
			t.Errorf("%s: got  %s\nwant %s", format, got, want)
		}
	}
}

func TestRowErrors(t *testing.T) {
	for _, tt := range []struct {
		name, format, row string
		change            func(*Spec)
		want              string
	}{
		{"damaged", "text", `{"text": "a"`, nil, "rows.jsonl:2: is not a JSON object: byte 12: unexpected EOF (write one object a line)"},
		{"field", "text", `{"texts": "a"}`, nil, "rows.jsonl:2: text: is missing (the row has texts; name the right one in the recipe)"},
		{"too long", "text", `{"text": "123456789"}`, func(s *Spec) { s.MaxLength = 9 }, "rows.jsonl:2: has 10 tokens, train.max_length is 9 (raise it, or write data.too_long: truncate or drop)"},
		{"no target", "text", `{"text": "a"}`, func(s *Spec) { s.AddEOS = false }, "rows.jsonl:2: has no target: nothing could be learnt from it (remove the row)"},
		{"no target in windows", "text", `{"text": "a"}`, func(s *Spec) { s.AddEOS, s.Windows, s.Start = false, "contiguous", 1 }, "rows.jsonl:2: has no target: nothing could be learnt from it (remove the row)"},
		{"no target left", "prompt", `{"prompt": "12345678", "completion": "x"}`, func(s *Spec) { s.TooLong, s.MaxLength = "truncate", 8 },
			"rows.jsonl:2: has no target left after 2 of its tokens were cut (raise train.max_length, or write data.too_long: drop)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			spec := basic(tt.format)
			if tt.change != nil {
				tt.change(&spec)
			}
			good := map[string]string{"text": `{"text": "ab"}`, "prompt": `{"prompt": "a", "completion": "b"}`}[tt.format]
			_, err := build(t, spec, map[string]string{"rows.jsonl": good + "\n" + tt.row + "\n"})
			if err == nil || err.Error() != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

// Problems are told in the order of the rows, MaxProblems of them, damaged rows among the others; the rest are counted.
func TestManyProblems(t *testing.T) {
	text := strings.Repeat("{}\n[]\n", MaxProblems)
	_, err := build(t, basic("text"), map[string]string{"rows.jsonl": text})
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != MaxProblems+1 || !strings.HasPrefix(lines[0], "rows.jsonl:1: text: is missing") || !strings.HasPrefix(lines[1], "rows.jsonl:2: is an array") {
		t.Errorf("got %d lines:\n%v", len(lines), err)
	}
	if got := lines[len(lines)-1]; got != "rows.jsonl: and 20 more rows with problems" {
		t.Errorf("last line: %s", got)
	}
}

// Rows that data.rows leaves out may be of any form, and are no part of the ledger.
func TestRowsSlice(t *testing.T) {
	spec := basic("text")
	spec.Start, spec.End, spec.Files = 1, 3, []string{"a.jsonl", "b.jsonl"}
	set, err := build(t, spec, map[string]string{"a.jsonl": "{}\n\n" + `{"text": "a1"}`, "b.jsonl": `{"text": "b0"}` + "\n[\n"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range set.Ledger() {
		got = append(got, fmt.Sprint(e.File, e.Row, e.Line))
	}
	if want := []string{"a.jsonl1 3", "b.jsonl2 1"}; !slices.Equal(got, want) || len(set.Train) != 2 {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCanceled(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	because := errors.New("enough")
	cancel(because)
	fsys := fstest.MapFS{"rows.jsonl": &fstest.MapFile{Data: []byte(`{"text": "ab"}`)}}
	if _, err := Build(ctx, fsys, basic("text"), bytesLanguage(t)); !errors.Is(err, because) {
		t.Errorf("got %v", err)
	}
}

// Whatever the bytes of a row are, Build gives an error or rows whose targets are their own next tokens.
func FuzzBuild(f *testing.F) {
	for _, row := range []string{`{"text": "a"}`, `{"prompt": "a", "completion": "<|im_end|>"}`, `{"messages": [{"role": "user", "content": "<|im_start|>"}, {"role": "assistant", "content": " \n"}]}`,
		`{"instruction": "a", "input": "", "output": "b"}`, `{"conversations": [{"from": "gpt", "value": "im_end"}]}`, "{\"text\": \"\\ud800\"}", "\xff", "{}\n{}", "[1"} {
		for _, format := range []string{"text", "prompt", "chat"} {
			f.Add([]byte(row), format)
		}
	}
	language := bytesLanguage(f)
	f.Fuzz(func(t *testing.T, row []byte, format string) {
		spec := basic(format)
		spec.TooLong, spec.MaxLength, spec.AddBOS = "truncate", 64, true
		set, err := Build(context.Background(), fstest.MapFS{"rows.jsonl": &fstest.MapFile{Data: row}}, spec, language)
		if err != nil {
			return
		}
		for _, e := range set.Train {
			if e.Targets() == 0 || len(e.Tokens) > 64 {
				t.Errorf("%d targets, %d tokens", e.Targets(), len(e.Tokens))
			}
			for i, next := range e.Next {
				if next >= 0 && next != e.Tokens[i+1] {
					t.Errorf("token %d predicts %d, is followed by %d", i, next, e.Tokens[i+1])
				}
			}
		}
	})
}
