package recipe

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// with is the shortest recipe with other lines in its sections.
func with(lines ...string) string {
	sections := map[string][]string{"base": {"path: m"}, "data": {"train: a.jsonl", "format: text"}, "output": {"dir: out"}}
	for _, line := range lines {
		section, rest, _ := strings.Cut(line, ".")
		name, _, _ := strings.Cut(rest, ":")
		kept := sections[section][:0:0]
		for _, old := range sections[section] {
			if !strings.HasPrefix(old, name+":") {
				kept = append(kept, old)
			}
		}
		sections[section] = append(kept, rest)
	}
	var text strings.Builder
	for _, section := range []string{"base", "data", "train", "eval", "output"} {
		if len(sections[section]) > 0 {
			text.WriteString(section + ":\n")
		}
		for _, line := range sections[section] {
			text.WriteString("  " + line + "\n")
		}
	}
	return text.String()
}

// refusals are texts and what is said about them, all of it.
var refusals = []struct{ name, text, want string }{
	{"empty", "", "r.yaml:1: is empty (osft init writes a recipe to start from)"},
	{"comments", "# nothing\n", "r.yaml:1: is empty (osft init writes a recipe to start from)"},
	{"null", "~", "r.yaml:1: is not a mapping of keys (begin with base:, data:, train: and output:)"},
	{"text", "just a string", "r.yaml:1: is not a mapping of keys (begin with base:, data:, train: and output:)"},
	{"list", "# a list\n- base\n", "r.yaml:2: is not a mapping of keys (begin with base:, data:, train: and output:)"},
	{"not YAML", "base: [unclosed\ndata: x\n", "r.yaml:2: is not YAML: while parsing a flow sequence: did not find expected ',' or ']' (mind indentation, brackets and quotes)"},
	{"tab", "base:\n\tpath: m\n", "r.yaml:2: is indented with a tab, which YAML does not have (indent with spaces)"},
	{"tab in a later section", least + "train:\n  lr: 1\n \tclip: 1\n", "r.yaml:10: is indented with a tab, which YAML does not have (indent with spaces)"},
	{"control character", least + "# \x01", "r.yaml:8: has the character U+0001, which YAML does not have (remove it, or write an escape in double quotes)"},
	{"no character", "base: \uffff", "r.yaml:1: has the character U+FFFF, which YAML does not have (remove it, or write an escape in double quotes)"},
	{"two byte order marks", "\ufeff\ufeff" + least, "r.yaml:1: has a byte order mark inside (remove the character U+FEFF)"},
	{"byte order mark of a joined file", least + "\ufefftrain: {lr: 1}\n", "r.yaml:8: has a byte order mark inside (remove the character U+FEFF)"},
	{"bytes", "base:\n  path: \xff", "r.yaml:2: is not valid UTF-8 (save it as UTF-8)"},
	{"UTF-16", "\xff\xfeb\x00", "r.yaml:1: is not valid UTF-8 (save it as UTF-8)"},
	{"lines of an old Macintosh", "base:\r\r\r\tpath", "r.yaml:4: is not YAML: while scanning for the next token: found character that cannot start any token (mind indentation, brackets and quotes)"},
	{"two documents", least + "---\ntrain: {lr: 1}\n", "r.yaml:8: begins a second document, a recipe is one (remove the line --- and what follows)"},
	{"broken second document", least + "...\n[", "r.yaml:10: begins a second document, a recipe is one (remove the line --- and what follows)"},
	{"deep flow", strings.Repeat("[", 65), "r.yaml:1: is nested deeper than 64 levels (a recipe needs four)"},
	{"deep dashes", "base:\n" + strings.Repeat("- ", 65) + "x", "r.yaml:2: is nested deeper than 64 levels (a recipe needs four)"},
	{"large", strings.Repeat("# x\n", MaxSize/4) + "#", "r.yaml:1: has 1048577 bytes or more, the limit is 1048576 (a recipe names files, it does not hold their content)"},
	{"anchored whole", "&a\nbase: {path: m}\n", "r.yaml:1: has an anchor, which a recipe does not have (remove &a)"},

	{"all that is missing", "train: {}\n", "r.yaml: output.dir: is missing (name the folder of the result)\n" +
		"r.yaml: data.train: is missing (name a file of training rows)\n" +
		"r.yaml: data.format: is missing (text, prompt or chat)\n" +
		"r.yaml: base.path: is missing (name the checkpoint's folder, or base.init to train from scratch)"},
	{"many at once", "base:\n  pth: m\ndata:\n  train: [a.jsonl, 3]\n  fromat: text\n  format: txt\ntrain:\n  lr: fast\n  batch: 2.5\n  batch: 2\noutput: out\n",
		"r.yaml: output.dir: is missing (name the folder of the result)\n" +
			"r.yaml: base.path: is missing (name the checkpoint's folder, or base.init to train from scratch)\n" +
			"r.yaml:2: base.pth: is not a key of a recipe (did you mean base.path?)\n" +
			"r.yaml:4: data.train: 3 is not a string (write \"3\", in quotes)\n" +
			"r.yaml:5: data.fromat: is not a key of a recipe (did you mean data.format?)\n" +
			"r.yaml:6: data.format: \"txt\" is not a value of it (did you mean text? one of text, prompt, chat)\n" +
			"r.yaml:8: train.lr: \"fast\" is not a number (write it such as 0.0001 or 1e-4, without quotes)\n" +
			"r.yaml:9: train.batch: \"2.5\" is not an integer (write digits only, such as 8)\n" +
			"r.yaml:10: train.batch: is stated twice, first on line 9 (keep one)\n" +
			"r.yaml:11: output: is a single value, not a mapping of keys (indent its keys below it)"},

	{"section twice", least + "output:\n  dir: b\n", "r.yaml:8: output: is stated twice, first on line 6 (keep one)"},
	{"list key", least + "? [a]\n: b\n", "r.yaml:8: has a list where a key must stand (write keys as plain words)"},
	{"empty key", least + "train:\n  : 3\n", "r.yaml:9: train: has a value left empty where a key must stand (write keys as plain words)"},
	{"mapping key", with("train.lr: 1") + "{a: b}: c\n", "r.yaml:10: has a mapping where a key must stand (write keys as plain words)"},
	{"dotted key", least + "train.lr: 1\n", "r.yaml:8: train.lr: is written with a dot, which only --set does (write lr: below train:)"},
	{"dotted key in a section", with("data.fields.prompt: x"), "r.yaml:6: data.fields.prompt: is written with a dot, which only --set does (write prompt: below fields:)"},
	{"dotted unknown key", least + "a.b: 1\n", "r.yaml:8: a.b: is not a key of a recipe (osft schema lists the keys)"},
	{"strange key", least + "\"a\\nb\": 1\n", `r.yaml:8: "a\nb": is not a key of a recipe (osft schema lists the keys)`},
	{"another tool's key", least + "learning_rate: 1\n", "r.yaml:8: learning_rate: is not a key of a recipe (did you mean train.lr?)"},
	{"another tool's key, misspelt", with("train.learnig_rate: 1"), "r.yaml:7: train.learnig_rate: is not a key of a recipe (did you mean train.lr?)"},
	{"another section's key", with("base.max_length: 8"), "r.yaml:3: base.max_length: is not a key of a recipe (did you mean train.max_length?)"},
	{"a section's name", with("data.field: {}", "data.fieldz: 1"), "r.yaml:6: data.field: is a mapping, not one string (write one value)\n" +
		"r.yaml:7: data.fieldz: is not a key of a recipe (did you mean data.field?)"},
	{"disclosure", least + "disclosure:\n  publisher: me\n", "r.yaml:8: disclosure: is not a key of a recipe (this version records what it reads and computes, and no statements of its user: remove the section)"},
	{"adapter", least + "lora: {r: 8}\n", "r.yaml:8: lora: is not a key of a recipe (this version trains the checkpoint's own tensors and adds none: see train.what)"},

	{"alias", with("base.path: &x m", "output.dir: *x"), "r.yaml:2: base.path: has an anchor, which a recipe does not have (remove &x)\n" +
		"r.yaml:7: output.dir: is an alias, which a recipe does not have (write the value out)"},
	{"alias in a list", with("base.path: &x m", "data.train: [*x]"), "r.yaml:2: base.path: has an anchor, which a recipe does not have (remove &x)\n" +
		"r.yaml:5: data.train: is an alias, which a recipe does not have (write the value out)"},
	{"alias as a key", "a: &x path\n" + least + "*x : b\n", "r.yaml:1: a: has an anchor, which a recipe does not have (remove &x)\n" +
		"r.yaml:9: x: is an alias, which a recipe does not have (write the value out)"},
	{"merge key", with("train.<<: {lr: 1}"), "r.yaml:7: \"train.<<\": is a merge key, which a recipe does not have (write the keys out)"},
	{"tag", with("train.batch: !!int 3", "train.lr: !x 1"), "r.yaml:7: train.batch: has a tag, which a recipe does not have (remove !!int)\n" +
		"r.yaml:8: train.lr: has a tag, which a recipe does not have (remove !x)"},

	{"no value", with("train.lr:"), "r.yaml:7: train.lr: has no value (give one, or leave the key out)"},
	{"no value of what is needed", with("base.path:"), "r.yaml:2: base.path: has no value (give one, or leave the key out)"},
	{"empty string", with(`output.dir: ""`), "r.yaml:7: output.dir: is an empty string (give a value, or leave the key out)"},
	{"list for one", with("train.lr: [1e-4]"), "r.yaml:7: train.lr: is a list, not one number (write one value)"},
	{"empty item", with("train.what: [~, all]"), "r.yaml:7: train.what: holds a value left empty, not a string (write a list of strings)"},
	{"list of lists", with("train.what: [[all]]"), "r.yaml:7: train.what: holds a list, not a string (write a list of strings)"},
	{"empty list", with("train.what: []", "data.train: []"), "r.yaml:5: data.train: is an empty list (name a file of training rows)\n" +
		"r.yaml:7: train.what: is an empty list: nothing would train (write all, or patterns)"},
}

var values = []struct{ line, want string }{
	{"base.path: true", `true is not a string (write "true", in quotes)`},
	{"base.path: 0x10", `0x10 is not a string (write "0x10", in quotes)`},
	{"base.path: .inf", `.inf is not a string (write ".inf", in quotes)`},
	{"base.path: 1e400", `1e400 is not a string (write "1e400", in quotes)`},
	{"data.add_eos: yes", `"yes" is not true or false (write true or false, without quotes)`},
	{"data.add_eos: 'true'", `"true" is not true or false (write true or false, without quotes)`},
	{"data.add_eos: True", `"True" is not true or false (write true or false, without quotes)`},
	{"train.batch: 0", "0 is below 1 (write at least 1)"},
	{"train.batch: -99999999999999999999", "-99999999999999999999 is below 1 (write at least 1)"},
	{"train.batch: 99999999999999999999", "99999999999999999999 is too large for it (write at most 2147483647)"},
	{"train.batch: 2147483648", "2147483648 is too large for it (write at most 2147483647)"},
	{"train.batch: 3.0", `"3.0" is not an integer (write digits only, such as 8)`},
	{"train.batch: 1e2", `"1e2" is not an integer (write digits only, such as 8)`},
	{"train.batch: 1_000", `"1_000" is not an integer (write digits only, such as 8)`},
	{"train.batch: 010", `"010" is not an integer (write digits only, such as 8)`},
	{"train.batch: 0x10", `"0x10" is not an integer (write digits only, such as 8)`},
	{"train.batch: '8'", `"8" is not an integer (write digits only, such as 8)`},
	{"train.max_length: yes", `"yes" is not an integer (write digits only, such as 8)`},
	{"train.seed: -1", "-1 is not between 0 and 18446744073709551615 (choose a seed in that range)"},
	{"train.seed: 18446744073709551616", "18446744073709551616 is not between 0 and 18446744073709551615 (choose a seed in that range)"},
	{"train.seed: 1.5", `"1.5" is not an integer (write digits only, such as 42)`},
	{"train.lr: -1e-4", "-1e-4 is not above 0 (write a number above 0)"},
	{"train.lr: 0", "0 is not above 0 (write a number above 0)"},
	{"train.lr: .nan", ".nan is not finite (write a finite number)"},
	{"train.lr: -.INF", "-.INF is not finite (write a finite number)"},
	{"train.lr: 1e999", "1e999 is not finite (write a finite number)"},
	{"train.lr: nan", `"nan" is not a number (write it such as 0.0001 or 1e-4, without quotes)`},
	{"train.lr: 'a|b'", `"a|b" is not a number (write it such as 0.0001 or 1e-4, without quotes)`},
	{"train.lr: '1e-4'", `"1e-4" is not a number (write it such as 0.0001 or 1e-4, without quotes)`},
	{"train.beta1: 1", "1 is not below 1 (write a number below 1)"},
	{"train.warmup_ratio: 1.5", "1.5 is above 1 (write at most 1)"},
	{"data.validation_share: -0.1", "-0.1 is below 0 (write at least 0)"},
	{"train.schedule: cosinus", `"cosinus" is not a value of it (did you mean cosine? one of constant, linear, cosine, wsd)`},
	{"train.schedule: plateau", `"plateau" is not a value of it (one of constant, linear, cosine, wsd)`},
	{"train.schedule: " + strings.Repeat("x", 100), `"` + strings.Repeat("x", 80) + `…" is not a value of it (one of constant, linear, cosine, wsd)`},
}

// patience is what reading may take on a machine that is busy with other tests; alone, the slowest text takes 3 seconds.
const patience = 30 * time.Second

func TestRefusals(t *testing.T) {
	tests := refusals
	for _, v := range values {
		key, _, _ := strings.Cut(v.line, ":")
		text := with(v.line)
		number := 1 + strings.Count(text[:strings.Index(text, "  "+v.line[strings.Index(v.line, ".")+1:])], "\n")
		tests = append(tests, struct{ name, text, want string }{v.line, text, fmt.Sprintf("r.yaml:%d: %s: %s", number, key, v.want)})
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			start := time.Now()
			_, err := Parse("r.yaml", []byte(test.text), nil)
			var problems Problems
			if !errors.As(err, &problems) || err.Error() != test.want {
				t.Errorf("%.300s\ngot\n%v\nwant\n%s", test.text, err, test.want)
			}
			if took := time.Since(start); took > patience {
				t.Error("takes", took)
			}
		})
	}
}

func TestOverrideRefusals(t *testing.T) {
	for _, test := range []struct{ override, want string }{
		{"train.lr", "--set train.lr: has no = (write --set key=value, such as --set train.lr=1e-4)"},
		{"train.lr=", "--set train.lr=: train.lr: has no value (write one after =)"},
		{"train.lr= ", "--set train.lr= : train.lr: has no value (write one after =)"},
		{"train.lr=~", "--set train.lr=~: train.lr: has no value (give one, or leave the key out)"},
		{"train.lr=#", "--set train.lr=#: train.lr: has no value (write one after =)"},
		{"train=x", "--set train=x: train: is a section, which is not set as one (set its keys, such as --set train.lr=1e-4)"},
		{"lr=1", "--set lr=1: lr: is not a key of a recipe (did you mean train.lr?)"},
		{"train.batch_size=1", "--set train.batch_size=1: train.batch_size: is not a key of a recipe (did you mean train.batch?)"},
		{"train.batch=2.5", `--set train.batch=2.5: train.batch: "2.5" is not an integer (write digits only, such as 8)`},
		{"train.lr=&a 1", "--set train.lr=&a 1: train.lr: has an anchor, which a recipe does not have (remove &a)"},
		{"train.what=[*a]", "--set train.what=[*a]: train.what: is not YAML: unknown anchor 'a' referenced (mind indentation, brackets and quotes)"},
		{"train.what=[a", "--set train.what=[a: train.what: is not YAML: while parsing a flow sequence: did not find expected ',' or ']' (mind indentation, brackets and quotes)"},
		{"train.lr=1\n---\n2", `--set "train.lr=1\n---\n2": train.lr: begins a second document, a recipe is one (remove the line --- and what follows)`},
		{"output.dir=\xff", `--set "output.dir=\xff": output.dir: is not valid UTF-8 (save it as UTF-8)`},
		{"train.warmup_ratio=3", "--set train.warmup_ratio=3: train.warmup_ratio: 3 is above 1 (write at most 1)"},
		{"data.fields.prompt=x", "--set data.fields.prompt=x: data.fields.prompt: is read by data.format: prompt only (remove it, or change data.format)"},
	} {
		_, err := Parse("r.yaml", []byte(least), []string{test.override})
		if err == nil || err.Error() != test.want {
			t.Errorf("%q\ngot  %v\nwant %s", test.override, err, test.want)
		}
	}
}

// A text with more problems than a person reads is told in time and memory that its size bounds.
func TestManyProblems(t *testing.T) {
	hostile := map[string]string{
		"unknown keys":  strings.Repeat("learnig_rat: 1\n", MaxSize/20),
		"distinct keys": distinct(MaxSize / 20),
		"a long key":    strings.Repeat("x", MaxSize-10) + ": 1\n",
		"a long value":  "base:\n  path: " + strings.Repeat("x", MaxSize-20) + "\n  strict_config: " + strings.Repeat("y", 10),
		"quotes":        strings.Repeat(`"`, MaxSize-1),
		"bad items":     "train:\n  what: [" + strings.Repeat("1,", MaxSize/2-20) + "]",
		"flow nesting":  strings.Repeat("[", 50_000) + strings.Repeat("]", 50_000),
		"map nesting":   strings.Repeat("{a: ", 50_000),
		"dash nesting":  strings.Repeat("- ", 50_000),
		"? nesting":     strings.Repeat("? ", 50_000),
		"flow keys":     "{" + strings.Repeat("a,", MaxSize/2-20) + "}",
		"documents":     strings.Repeat("---\n", MaxSize/4),
		"tags":          strings.Repeat("!a ", MaxSize/3),
		"aliases":       "a: &a [" + strings.Repeat("*a,", MaxSize/3-20) + "]",
	}
	for name, text := range hostile {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			_, err := Parse("r.yaml", []byte(text), nil)
			if err == nil || len(err.Error()) > 64<<10 {
				t.Errorf("%.200v", err)
			}
			if took := time.Since(start); took > patience {
				t.Error("takes", took)
			}
			var problems Problems
			if errors.As(err, &problems) && len(problems) > MaxProblems {
				if last := problems[MaxProblems].Error(); !strings.Contains(last, "more problems (correct these first)") {
					t.Error(last)
				}
			}
		})
	}
}

func distinct(n int) string {
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, "key_%d: 1\n", i)
	}
	return text.String()
}
