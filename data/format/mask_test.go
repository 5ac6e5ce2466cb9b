package format

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/osft-project/osft/data/template"
	"github.com/osft-project/osft/provenance/strict"
)

// closers is what ends the assistant's turn in each of the published templates, and has to be learnt with what it says.
var closers = map[string]string{
	"smollm2": "<|im_end|>", "chatml": "<|im_end|>", "qwen25": "<|im_end|>", "qwen3_think": "<|im_end|>", "mistral_v1": "</s>", "mistral_v3": "</s>",
	"llama2": " </s>", "llama3": "<|eot_id|>", "zephyr": "</s>", "gemma": "<end_of_turn>", "phi3": "<|end|>", "generation_tag": "</s>\n",
}

// chatTemplates are the templates of the vectors by name.
func chatTemplates(t *testing.T) map[string]Template {
	vectors := os.Getenv("OSFT_VECTORS")
	if vectors == "" {
		t.Skip("skipped: no vectors")
	}
	text, err := os.ReadFile(filepath.Join(vectors, "chat/cases.json"))
	if err != nil {
		t.Fatal(err)
	}
	list, err := strict.Parse(text, strict.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	cases, err := list.Array()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]Template{}
	for _, c := range cases {
		name, err := c.Get("template")
		source, ok := c.Get("src")
		if !err || !ok {
			t.Fatal("a case without a template")
		}
		n, _ := name.String()
		s, _ := source.String()
		parsed, problem := template.Parse(s)
		if problem != nil {
			t.Fatalf("%s: %v", n, problem)
		}
		found[n] = TemplateOf(parsed, map[string]string{"bos_token": "<s>", "eos_token": "</s>"})
	}
	return found
}

// talks are conversations with contents that are hard to find: parts of control tokens and roles, control tokens, the same
// thing again, white space around.
var talks = [][]string{
	{"Hello", "ok"}, {"assistant", "user", "user", "assistant"}, {"end", "end", "end", "end"}, {"s", "s"}, {"m", "i"}, {"<|im_end|>", "<|im_end|>\n"},
	{"</s>", "a</s>b", "<s>", "<|eot_id|>"}, {" lead", " lead", "trail\n\n", "trail\n\n"}, {"[INST] x [/INST]", "[/INST]"}, {"<|end|>\n<|assistant|>\nyes", "no"},
	{"<end_of_turn>\n<start_of_turn>model\n", "é\u2028ü"}, {"{{ bos_token }}", "{% raw %}"}, {"1", "2", "3", "4", "5", "6"}, {"\ue0000\ue001", "\ue0001\ue001"},
}

// With every published template the model learns what the assistant said with the token that closes its turn, no less and no
// more, and a control token that somebody wrote is not one.
func TestConformanceMasks(t *testing.T) {
	l := language(t, "<s>", "</s>", "<|im_start|>", "<|im_end|>", "[INST]", "[/INST]", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>",
		"<start_of_turn>", "<end_of_turn>", "<|user|>", "<|assistant|>", "<|system|>", "<|end|>")
	n := 0
	templates := chatTemplates(t)
	for name, closer := range closers {
		t.Run(name, func(t *testing.T) {
			l.Chat = templates[name]
			if l.Chat == nil {
				t.Fatal("no such template in the vectors")
			}
			for _, system := range []string{"", "Be brief.", "end", "<|im_end|></s>"} {
				for _, talk := range talks {
					if checkMask(t, l, system, talk, closer) {
						n++
					}
				}
			}
		})
	}
	t.Logf("%d conversations", n)
}

func conversationOf(system string, talk []string) (messages []Message) {
	if system != "" {
		messages = append(messages, Message{"system", system})
	}
	for i, content := range talk {
		messages = append(messages, Message{[]string{"user", "assistant"}[i%2], content})
	}
	return messages
}

// checkMask is false where the template has no place for a system text.
func checkMask(t *testing.T, l Language, system string, talk []string, closer string) bool {
	t.Helper()
	messages := conversationOf(system, talk)
	r, err := l.render(messages, l.controls())
	var raised *template.Raised
	if system != "" && (errors.As(err, &raised) || errors.Is(err, errLeftOut)) {
		return false
	}
	if err != nil {
		t.Errorf("%q %q: %v", system, talk, err)
		return true
	}
	if len(r.Learn) != len(talk)/2 {
		t.Errorf("%q %q: %d turns of the assistant, %d spans", system, talk, len(talk)/2, len(r.Learn))
		return true
	}
	for i, span := range r.Learn {
		got, said := r.Text[span.Start:span.End], talk[2*i+1]
		if got != said+closer && got != strings.TrimSpace(said)+closer {
			t.Errorf("%q %q: %q is learnt of %q", system, talk, got, said)
		}
		if closer == "</s>\n" {
			continue // a template that does not write the beginning of the answer
		}
		if before, _, err := l.Chat.Render(messages[:len(messages)-len(talk)+2*i+1], true); err == nil && system == "" && i == len(r.Learn)-1 &&
			strings.TrimSpace(r.Text[len(before):span.Start]) != "" && !strings.HasPrefix(r.Text[len(before):], "<think>\n\n</think>") {
			t.Errorf("%q: %q stands before the answer", talk, r.Text[len(before):span.Start])
		}
	}
	plain := make([]string, len(talk))
	for i := range plain {
		plain[i] = "x"
	}
	if system != "" {
		system = "y"
	}
	neutral, _, err := l.Chat.Render(conversationOf(system, plain), false)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := controlsIn(l, r.Text, r.Quoted), controlsIn(l, neutral, nil); got != want {
		t.Errorf("%q %q: %d control tokens, %d in a conversation that spells none", system, talk, got, want)
	}
	return true
}

// Whatever is said, the assistant's turn is found, or the row is refused.
func FuzzMask(f *testing.F) {
	for _, talk := range talks {
		f.Add(talk[0], talk[1])
	}
	l := language(f, "<s>", "</s>", "<|im_start|>", "<|im_end|>")
	f.Fuzz(func(t *testing.T, asked, answer string) {
		if !utf8.ValidString(asked+answer) || answers(conversationOf("", []string{asked, answer})) != nil {
			return
		}
		for closer, template := range map[string]Template{"<|im_end|>": chatML, " </s>": llama2} {
			l.Chat = template
			if strings.TrimSpace(answer) == strings.Trim(answer, space) && strings.TrimSpace(asked) == strings.Trim(asked, space) {
				checkMask(t, l, "", []string{asked, answer}, closer)
			}
		}
	})
}

func controlsIn(l Language, text string, quoted []Span) (n int) {
	ids, _ := l.Tokenizer.EncodeAround(text, quoted)
	for _, id := range ids {
		if id >= 256 {
			n++
		}
	}
	return n
}
