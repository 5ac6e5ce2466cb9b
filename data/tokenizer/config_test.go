package tokenizer

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// folder is a checkpoint's folder with a tokenizer of a, b, ab, the special <s> and the added [x].
func folder(files map[string]string) fstest.MapFS {
	out := fstest.MapFS{File: {Data: []byte(`{"truncation":{"max_length":4},"added_tokens":[` + token(3, "<s>", "special") + `,` +
		token(4, "[x]", "") + `],"decoder":{"type":"Fuse"},"model":` + tiny + `}`)}}
	for name, s := range files {
		out[name] = &fstest.MapFile{Data: []byte(s)}
	}
	return out
}

func mustLoad(t *testing.T, files map[string]string) *Tokenizer {
	tok, err := Load(folder(files))
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func TestConfig(t *testing.T) {
	tok := mustLoad(t, map[string]string{ConfigFile: `{"backend":"tokenizers","bos_token":"<s>","eos_token":{"__type":"AddedToken","content":"ab",
"lstrip":true},"pad_token":null,"unk_token":"<unk>","add_bos_token":true,"model_max_length":1000000000000000019884624838656,
"image_token":"[x]","chat_template":"{{ x }}"}`})
	c := tok.Config()
	if c.BOS == nil || *c.BOS != (Special{"<s>", 3}) || c.EOS == nil || *c.EOS != (Special{"ab", 2}) || c.PAD != nil ||
		c.UNK == nil || *c.UNK != (Special{"<unk>", -1}) {
		t.Errorf("roles %v %v %v %v", c.BOS, c.EOS, c.PAD, c.UNK)
	}
	if c.AddBOS == nil || !*c.AddBOS || c.AddEOS != nil {
		t.Errorf("add_bos_token %v, add_eos_token %v", c.AddBOS, c.AddEOS)
	}
	if want := []string{"backend", "model_max_length"}; !slices.Equal(c.Unused, want) {
		t.Errorf("unused %q", c.Unused)
	}
	if source, ok := c.ChatTemplate(); !ok || source != "{{ x }}" {
		t.Errorf("chat template %q", source)
	}
	want := []string{"tokenizer.json: truncation is not applied",
		`tokenizer_config.json: tokenizer.json has no token "<unk>", which Transformers would add`}
	if got := tok.Notes(); !slices.Equal(got, want) {
		t.Errorf("notes %q", got)
	}
	// A token of the model that has a role is found whole, with the white space before it as its flags say, and skipped.
	if got := tok.Encode("b  ab[x]", true); !slices.Equal(got, []int32{1, 2, 4}) {
		t.Errorf("ids %v", got)
	}
	if got := tok.Decode([]int32{1, 2, 4}, true); got != "b[x]" {
		t.Errorf("decoded %q", got)
	}
}

func TestConfigFlags(t *testing.T) {
	tok := mustLoad(t, map[string]string{ConfigFile: `{"additional_special_tokens":["[x]"],
"added_tokens_decoder":{"4":{"content":"[x]","lstrip":true,"normalized":false,"special":true}}}`,
		SpecialsFile: `{"eos_token":"a"}`}) // does not count beside added_tokens_decoder
	if got := tok.Encode("a  [x]", false); !slices.Equal(got, []int32{0, 4}) {
		t.Errorf("ids %v", got)
	}
	if got := tok.Decode([]int32{0, 4}, true); got != "a" {
		t.Errorf("decoded %q", got)
	}
	if c := tok.Config(); c.EOS != nil {
		t.Errorf("end-of-sequence %v", c.EOS)
	}
	tok = mustLoad(t, map[string]string{ConfigFile: `{"eos_token":"b","extra_special_tokens":{"image":"[x]"}}`,
		SpecialsFile: `{"eos_token":{"content":"a"},"pad_token":null}`})
	if c := tok.Config(); c.EOS == nil || c.EOS.Content != "a" {
		t.Errorf("end-of-sequence %v", c.EOS)
	}
}

func TestChatTemplates(t *testing.T) {
	list := `{"chat_template":[{"name":"default","template":"D"},{"name":"tool_use","template":"T"}]}`
	for _, c := range []struct {
		files map[string]string
		want  string
	}{
		{nil, ""},
		{map[string]string{ConfigFile: list}, "default=D tool_use=T"},
		{map[string]string{ConfigFile: list, TemplateFile: "F"}, "default=F"},
		{map[string]string{ConfigFile: list, TemplateFiles + "/rag.jinja": "R", TemplateFile: "F"}, "default=F rag=R"},
		{map[string]string{TemplateFiles + "/rag.jinja": "R"}, "rag=R"},
	} {
		templates := mustLoad(t, c.files).Config().Templates
		var got []string
		for name, source := range templates {
			got = append(got, name+"="+source)
		}
		slices.Sort(got)
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%v: %s, want %s", c.files, s, c.want)
		}
	}
}
