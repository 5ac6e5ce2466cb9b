package train

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/osft-project/osft/data/tokenizer"
)

var special = []string{"<|endoftext|>", "<|im_start|>", "<|im_end|>"}

// story is text of our own; every sentence is different so that there is something to learn.
func story() []string {
	var out []string
	for i, who := range []string{"The baker", "A sailor", "My neighbour", "The old teacher", "Nobody"} {
		for j, what := range []string{"walked to the harbour", "counted the lanterns", "sang about the weather", "wrote a letter"} {
			out = append(out, fmt.Sprintf("%s %s at %d:%02d, didn't %s?\n<|im_end|>", who, what, 6+i, 7*j, strings.Fields(what)[0]))
		}
	}
	return out
}

func TestTrain(t *testing.T) {
	data, err := Train(story(), 320, special)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Train(story(), 320, special)
	if err != nil || !bytes.Equal(data, again) {
		t.Fatalf("a second time gives other bytes: %v", err)
	}
	tok, err := tokenizer.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	if tok.VocabSize() != 320 || tok.MaxID() != 319 {
		t.Errorf("%d tokens, highest id %d", tok.VocabSize(), tok.MaxID())
	}
	for id, s := range special {
		if got, ok := tok.ID(s); !ok || int(got) != id {
			t.Errorf("%s has id %d", s, got)
		}
	}
	text := "The sailor didn't count 12 lanterns — é中\x00\n\n  <|im_end|>"
	ids := tok.Encode(text, true)
	if got := tok.Decode(ids, false); got != text {
		t.Errorf("decoded %q, want %q", got, text)
	}
	if long := len(text); len(ids) > long*2/3 {
		t.Errorf("%d ids for %d bytes: nothing was learnt", len(ids), long)
	}
}

// The pairs of these corpora can be counted by hand. In the first, a b stand together 5 times; then Ġ ab 4 times and ab c 3;
// then Ġab c twice. In the second, three pairs occur twice, and that of the space has the lowest id.
func TestOrder(t *testing.T) {
	for _, c := range []struct {
		corpus string
		size   int
		want   string
	}{
		{"abc abc ab abc ab", 259, `[["a","b"],["Ġ","ab"],["Ġab","c"]]`},
		{"xy xy ab ab", 257, `[["Ġ","a"]]`},
		{"aaaa aaaa", 258, `[["a","a"],["aa","aa"]]`},
		{"bab bab", 258, `[["a","b"],["b","ab"]]`},
	} {
		data, err := Train([]string{c.corpus}, c.size, nil)
		if err != nil {
			t.Errorf("%s: %v", c.corpus, err)
			continue
		}
		if _, merges, _ := strings.Cut(string(data), `"merges":`); !strings.HasPrefix(merges, c.want) {
			t.Errorf("%s: merges %s, want %s", c.corpus, merges, c.want)
		}
	}
}

func TestConfig(t *testing.T) {
	data, err := Train(story(), 300, special)
	if err != nil {
		t.Fatal(err)
	}
	config, err := Config(Roles{BOS: "<|im_start|>", EOS: "<|im_end|>", MaxLength: 512, ChatTemplate: "{{ 1 }}"}, special)
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenizer.Load(fstest.MapFS{"tokenizer.json": {Data: data}, "tokenizer_config.json": {Data: config}})
	if err != nil {
		t.Fatal(err)
	}
	c := tok.Config()
	if c.BOS == nil || c.BOS.ID != 1 || c.EOS == nil || c.EOS.ID != 2 || c.PAD != nil || c.UNK != nil {
		t.Errorf("roles %+v", c)
	}
	if source, ok := c.ChatTemplate(); !ok || source != "{{ 1 }}" {
		t.Errorf("chat template %q", source)
	}
	if want := []string{"clean_up_tokenization_spaces", "model_max_length", "tokenizer_class"}; !slices.Equal(c.Unused, want) {
		t.Errorf("unused %q", c.Unused)
	}
}

func TestRefusals(t *testing.T) {
	for want, f := range map[string]func() error{
		"train: 5000 tokens asked for, but the corpus gives 258 (ask for fewer, or give more text)": func() error {
			_, err := Train([]string{"abab"}, 5000, []string{"<s>"})
			return err
		},
		"train: 10 tokens asked for, must be 257 (1 special tokens and 256 bytes) to 16777216": func() error {
			_, err := Train(nil, 10, []string{"<s>"})
			return err
		},
		`train: the special token "a" is one of the 256 bytes`: func() error {
			_, err := Train(nil, 300, []string{"a"})
			return err
		},
		`train: "<s>" is an added token already, with id 0`: func() error {
			_, err := Train(nil, 300, []string{"<s>", "<s>"})
			return err
		},
		`train: the content of an added token has 0 bytes, must have 1 to 4096`: func() error {
			_, err := Train(nil, 300, []string{""})
			return err
		},
		`train: eos_token: "</s>" is not one of the special tokens ["<s>"]`: func() error {
			_, err := Config(Roles{EOS: "</s>"}, []string{"<s>"})
			return err
		},
	} {
		if err := f(); err == nil || err.Error() != want {
			t.Errorf("got %v\nwant %s", err, want)
		}
	}
}
