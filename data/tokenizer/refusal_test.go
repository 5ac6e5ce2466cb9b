package tokenizer

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

const tiny = `{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]}`

// TestRefusals reads documents with problems; each must be told with its place, and all of one document at once.
func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		source string
		want   []string
	}{
		{``, []string{"tokenizer.json: the file is empty"}},
		{`[]`, []string{"is an array, must be an object"}},
		{`{"model":` + tiny + `}x`, []string{"tokenizer.json: line 1, byte"}},
		{`{"model":` + tiny + `,"model":1}`, []string{"/model: the name appears twice in its object"}},
		{`{"version":"2.0","mood":1,"model":` + tiny + `}`, []string{
			`unknown version "2.0" (known: 1.0)`, `/mood: tokenizer.json has no "mood" that is known here`}},
		{`{"version":1,"model":` + tiny + `}`, []string{`/version: is a number, must be a string`}},
		{`{"model":{"type":"BPE"}}`, []string{`/model: has no "vocab"`, `/model: has no "merges"`}},
		{`{"model":{"type":"Unigram"}}`, []string{`/model: unknown model "Unigram" (known: BPE)`}},
		{`{"model":{"dropout":0.1,"continuing_subword_prefix":"##","end_of_word_suffix":"</w>","unk_token":"<unk>","fuse_unk":1,
"vocab":{"a":0,"b":1,"c":1,"d":-2,"e":1.5},"merges":["a","a b c",["a"],["a",1],7,"a z","a b"],"speed":1}}`, []string{
			`/model/dropout: dropout 0.1 is not supported: the same text would give other ids each time`,
			`/model/continuing_subword_prefix: continuing_subword_prefix "##" is not supported`,
			`/model/end_of_word_suffix: end_of_word_suffix "</w>" is not supported`,
			`/model/fuse_unk: is a number, must be a boolean`,
			`/model/vocab/c: id 1 belongs to "b" already`,
			`/model/vocab/d: is -2, must be an integer from 0 to 2147483647`,
			`/model/vocab/e: is 1.5, must be an integer`,
			`/model/speed: model BPE has no "speed"`,
			`/model/merges/0: is "a", must be two tokens with one space between`,
			`/model/merges/1: is "a b c", must be two tokens with one space between`,
			`/model/merges/2: must be two tokens`, `/model/merges/3: must be two tokens`, `/model/merges/4: must be two tokens`,
			`/model/merges/5: merges "a" and "z", but "z" is not in the vocabulary`,
			`/model/merges/6: merges "a" and "b", but "ab" is not in the vocabulary`,
			`/model/unk_token: is "<unk>", which is not in the vocabulary`,
		}},
		{`{"model":{"vocab":[],"merges":{}}}`, []string{
			`/model/vocab: is an array, must be an object of tokens and ids`, `/model/merges: is an object, must be an array`}},
		{`{"model":{"vocab":{"a":99999999},"merges":[]}}`, []string{
			`/model/vocab: has 1 tokens but an id 99999999; at most 16777215 and 65538 are read`}},
		{`{"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"BertPreTokenizer"},{"type":"Digits"},
{"type":"Split","pattern":{"Regex":"(?<n>a)"},"behavior":"Shredded","invert":"no"},
{"type":"Metaspace","replacement":"▁▁","prepend_scheme":"often"},
{"type":"Metaspace","replacement":"▁","add_prefix_space":false},
{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regexp":true}]},"model":` + tiny + `}`, []string{
			`/pre_tokenizer/pretokenizers/0: unknown pre-tokenizer "BertPreTokenizer" (known: Sequence, ByteLevel, Digits, Split, Metaspace)`,
			`/pre_tokenizer/pretokenizers/1: has no "individual_digits"`,
			`/pre_tokenizer/pretokenizers/2/invert: is a string, must be a boolean`,
			`/pre_tokenizer/pretokenizers/2/pattern: the regular expression "(?<n>a)", byte 0: the construct "(?<n" is not supported here`,
			`/pre_tokenizer/pretokenizers/2: unknown behavior "Shredded" (known: Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous)`,
			`/pre_tokenizer/pretokenizers/3/replacement: is "▁▁", must be one character`,
			`/pre_tokenizer/pretokenizers/3: unknown prepend_scheme "often" (known: always, first, never)`,
			`/pre_tokenizer/pretokenizers/4: add_prefix_space is false, but prepend_scheme is always`,
			`/pre_tokenizer/pretokenizers/5/use_regexp: pre-tokenizer ByteLevel has no "use_regexp"`,
		}},
		{`{"decoder":{"type":"Sequence","decoders":[{"type":"CTC"},{"type":"Strip","content":"ab","start":1},{"type":"Fuse","x":1}]},"model":` + tiny + `}`,
			[]string{
				`/decoder/decoders/0: unknown decoder "CTC" (known: Sequence, ByteLevel, Metaspace, Replace, ByteFallback, Fuse, Strip)`,
				`/decoder/decoders/1/content: is "ab", must be one character`,
				`/decoder/decoders/1: has no "stop"`,
				`/decoder/decoders/2/x: decoder Fuse has no "x"`,
			}},
		{`{"added_tokens":[` + token(3, "<s>", "") + `,` + token(3, "</s>", "") + `,` + token(1, "a", "") +
			`,{"id":"x"}],"model":` + tiny + `}`, []string{
			`/added_tokens/1: the added token "</s>" has the id 3, but Hugging Face tokenizers gives it 4`,
			`/added_tokens/2: the added token "a" has the id 1, but Hugging Face tokenizers gives it 0`,
			`/added_tokens/3/id: is "x", must be an integer from 0 to 2147483647`,
			`/added_tokens/3: has no "content"`,
			`/added_tokens/3: has no "lstrip"`,
		}},
		{`{"added_tokens":[` + token(3, "", "") + `],"model":` + tiny + `}`, []string{
			`/added_tokens/0: the content of an added token has 0 bytes, must have 1 to 4096`}},
		{`{"added_tokens":[` + token(0, "a", "") + `,` + token(0, "a", "") + `],"model":` + tiny + `}`, []string{
			`/added_tokens/1: "a" is an added token already, with id 0`}},
		{`{"normalizer":{"type":"NFC"},"added_tokens":[` + token(3, "é", "normalized") + `,` + token(4, "e\\u0301", "normalized") + `],"model":` + tiny + `}`, []string{
			"/added_tokens/1: the added token \"e\u0301\" is spelled \"é\" when normalized, as is the one with id 3"}},
		{`{"normalizer":{"type":"Replace","pattern":{"String":"x"},"content":""},"added_tokens":[` + token(3, "x", "normalized") + `],"model":` + tiny + `}`, []string{
			`/added_tokens/0: the added token "x" is empty when normalized`}},
		{`{"post_processor":{"type":"Sequence","processors":[{"type":"RobertaProcessing"},
{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true},{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true},
{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<x>","type_id":0}},{"Sequence":{"id":"B","type_id":0}},{"Sequence":{"id":"A"},"SpecialToken":{}},{}],
"pair":[],"special_tokens":{"<s>":{"id":"<s>","ids":[0,77,-1],"tokens":["a"]}}},
{"type":"TemplateProcessing","single":[],"pair":[],"special_tokens":[]}]},"model":` + tiny + `}`, []string{
			`/post_processor/processors/0: unknown post-processor "RobertaProcessing" (known: Sequence, ByteLevel, TemplateProcessing)`,
			`/post_processor/processors/2: a second ByteLevel post-processor that trims offsets is not supported`,
			`/post_processor/processors/3/special_tokens/<s>/ids/1: no token has the id 77`,
			`/post_processor/processors/3/special_tokens/<s>/ids/2: is -1, must be an integer`,
			`/post_processor/processors/3/single/0/SpecialToken: "<x>" is not among the special_tokens of the template`,
			`/post_processor/processors/3/single/1/Sequence: unknown sequence of a single text "B" (known: A)`,
			`/post_processor/processors/3/single/2: must have one of "Sequence" and "SpecialToken"`,
			`/post_processor/processors/3/single: has the text 0 times, must have it once`,
			`/post_processor/processors/4: a second TemplateProcessing is not supported`,
			`/post_processor/processors/4/special_tokens: is an array, must be an object`,
		}},
		{`{"model":{"vocab":{"a":0},"merges":[` + strings.Repeat(`7,`, 99) + `7]}}`, []string{"/model/merges/19: must be two tokens", "and 80 more problems"}},
	} {
		_, err := Parse([]byte(c.source))
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s\nno %s in:\n%v", c.source, want, err)
			}
		}
	}
}

// token writes an added token with one flag set.
func token(id int, content, flag string) string {
	s := fmt.Sprintf(`{"id":%d,"content":"%s","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":false}`, id, content)
	return strings.Replace(s, `"`+flag+`":false`, `"`+flag+`":true`, 1)
}

func TestLoadRefusals(t *testing.T) {
	config := func(s string) fstest.MapFS {
		return fstest.MapFS{File: {Data: []byte(`{"model":` + tiny + `}`)}, ConfigFile: {Data: []byte(s)}}
	}
	with := func(files fstest.MapFS, name, content string) fstest.MapFS {
		files[name] = &fstest.MapFile{Data: []byte(content)}
		return files
	}
	accents := `{"normalizer":{"type":"NFC"},"added_tokens":[` + token(3, "é", "normalized") + `,` + token(4, "e\\u0301", "") + `],"model":` + tiny + `}`
	for _, c := range []struct {
		files fstest.MapFS
		want  string
	}{
		{fstest.MapFS{}, "tokenizer.json: open tokenizer.json: file does not exist"},
		{fstest.MapFS{"tekken.json": {}}, "only tekken.json (load the tokenizer with Transformers and save it: that writes tokenizer.json)"},
		{config("{"), "tokenizer_config.json: line 1, byte 1"},
		{config("[]"), "tokenizer_config.json: line 1, byte 0: is an array, must be an object"},
		{config(`{"eos_token":7}`), "/eos_token: is a number, must be an object"},
		{config(`{"eos_token":{}}`), `/eos_token: has no "content"`},
		{config(`{"add_bos_token":"yes"}`), "/add_bos_token: is a string, must be a boolean"},
		{config(`{"additional_special_tokens":"a"}`), "/additional_special_tokens: is a string, must be an array or an object"},
		{config(`{"added_tokens_decoder":[]}`), "/added_tokens_decoder: is an array, must be an object"},
		{config(`{"chat_template":[{"name":"x"}]}`), `/chat_template/0: has no "template"`},
		{with(config("{}"), SpecialsFile, `{"pad_token":[]}`), "special_tokens_map.json: line 1, byte 13: /pad_token: is an array"},
		{with(config("{}"), TemplateFile, strings.Repeat("x", 1<<20+1)), "chat_template.jinja: more than 1048576 bytes"},
		{with(config(`{"added_tokens_decoder":{"4":{"content":"e\u0301","normalized":true,"special":false}}}`), File, accents),
			"tokenizer_config.json: the added token \"e\u0301\" is spelled \"é\" when normalized, as is the one with id 3"},
	} {
		if _, err := Load(c.files); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("want %s\n got %v", c.want, err)
		}
	}
}
