package choose

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// llama lists the tensors of a small model in the order of a checkpoint.
func llama(layers int) (list []Tensor) {
	list = append(list, Tensor{"model.embed_tokens.weight", 100})
	for l := range layers {
		for _, part := range []string{"self_attn.q_proj", "self_attn.k_proj", "mlp.up_proj", "input_layernorm"} {
			list = append(list, Tensor{fmt.Sprintf("model.layers.%d.%s.weight", l, part), 10})
		}
	}
	return append(list, Tensor{"model.norm.weight", 1})
}

func TestSelect(t *testing.T) {
	for _, test := range []struct {
		name         string
		what, except []string
		count        int
		first, last  string
	}{
		{"all", []string{"all"}, nil, 14, "model.embed_tokens.weight", "model.norm.weight"},
		{"a range of layers", []string{"model.layers.{1..2}.*"}, nil, 8, "model.layers.1.self_attn.q_proj.weight", "model.layers.2.input_layernorm.weight"},
		{"a list of parts", []string{"model.layers.*.self_attn.{q,k}_proj.weight"}, nil, 6, "model.layers.0.self_attn.q_proj.weight", "model.layers.2.self_attn.k_proj.weight"},
		{"braces in braces", []string{"model.{layers.{0..1}.mlp*,norm.weight}"}, nil, 3, "model.layers.0.mlp.up_proj.weight", "model.norm.weight"},
		{"one character", []string{"model.layers.?.mlp.up_proj.weight"}, nil, 3, "model.layers.0.mlp.up_proj.weight", "model.layers.2.mlp.up_proj.weight"},
		{"less some", []string{"all"}, []string{"*embed*", "*norm*"}, 9, "model.layers.0.self_attn.q_proj.weight", "model.layers.2.mlp.up_proj.weight"},
		{"the checkpoint's order, not the recipe's", []string{"model.norm.weight", "model.embed_tokens.weight"}, nil, 2, "model.embed_tokens.weight", "model.norm.weight"},
	} {
		t.Run(test.name, func(t *testing.T) {
			choice, err := Select(test.what, test.except, llama(3))
			if err != nil {
				t.Fatal(err)
			}
			got := choice.Trained
			if len(got) != test.count || got[0] != test.first || got[len(got)-1] != test.last {
				t.Errorf("chose %d: %v", len(got), got)
			}
		})
	}
}

// A layer's number is matched whole: layer 1 is not layer 11.
func TestLayerNumbersAreWhole(t *testing.T) {
	choice, err := Select([]string{"model.layers.1.*"}, nil, llama(12))
	if err != nil {
		t.Fatal(err)
	}
	if len(choice.Trained) != 4 || slices.ContainsFunc(choice.Trained, func(n string) bool { return strings.Contains(n, ".11.") }) {
		t.Errorf("chose %v", choice.Trained)
	}
}

func TestMatchesAreCounted(t *testing.T) {
	choice, err := Select([]string{"model.layers.0.*", "*.mlp.*"}, []string{"*.1.mlp.*"}, llama(2))
	if err != nil {
		t.Fatal(err)
	}
	first, second := choice.Included[0], choice.Included[1]
	if len(first.Names) != 4 || first.Elements != 40 || first.Again != 0 || len(second.Names) != 2 || second.Again != 1 {
		t.Errorf("included %+v", choice.Included)
	}
	if len(choice.Excluded) != 1 || len(choice.Excluded[0].Names) != 1 || len(choice.Trained) != 4 {
		t.Errorf("excluded %+v, trained %v", choice.Excluded, choice.Trained)
	}
}

func TestErrors(t *testing.T) {
	for _, test := range []struct {
		what, except []string
		want         []string
	}{
		{[]string{"model.layer.*.self_attn.*"}, nil, []string{
			`train.what: "model.layer.*.self_attn.*" matches no tensor (the nearest names are model.layers.0.self_attn.q_proj.weight, `,
			`model.layers.0.mlp.up_proj.weight, 5 more)`}},
		{[]string{"model.layers.*.self_atn.*"}, nil, []string{`(the nearest names are model.layers.0.self_attn.q_proj.weight, model.layers.0.self_attn.k_proj.weight, model.layers.1.`}},
		{[]string{"*.up_prj.weight"}, nil, []string{`(the nearest names are model.layers.0.mlp.up_proj.weight, model.layers.1.mlp.up_proj.weight)`}},
		{[]string{"model.layers.1"}, nil, []string{`train.what: "model.layers.1" matches no tensor (did you mean "model.layers.1.*"?)`}},
		{[]string{"xyz"}, nil, []string{`train.what: "xyz" matches no tensor (osft inspect lists the names)`}},
		{[]string{""}, nil, []string{`train.what: "" matches no tensor (osft inspect lists the names)`}},
		{[]string{"model.layers.{1..3}.*"}, nil, []string{`train.what: "model.layers.{1..3}.*": its alternative "model.layers.2.*" matches no tensor, and 1 more (the nearest names are `}},
		{[]string{"*.{q,w}_proj.weight"}, nil, []string{`train.what: "*.{q,w}_proj.weight": its alternative "*.w_proj.weight" matches no tensor (`}},
		{[]string{"all"}, []string{"*"}, []string{"train.except: excludes all that train.what chooses: nothing would train (exclude less)"}},
		{[]string{"*mlp*"}, []string{"*q_proj*"}, []string{`train.except: "*q_proj*" matches no tensor`}},
		{[]string{"*nothing*"}, []string{"*q_proj*", "*none*"}, []string{`train.what: "*nothing*" matches`, `train.except: "*none*" matches`}},
		{[]string{"model.(embed"}, nil, []string{`train.what: "model.(embed": has one of [ ] ( ) |`}},
		{[]string{"a{b", "c}d"}, nil, []string{`train.what: "a{b": has a { without its } (close what you open)`, `train.what: "c}d": has a } without its { (close what you open)`}},
		{[]string{"{5..2}"}, nil, []string{`train.what: "{5..2}": {5..2} is not a range (write it upwards, such as {0..3})`}},
		{[]string{"{0..99999}"}, nil, []string{`{0..99999} has more than 1024 numbers (write * in its place)`}},
		{[]string{"{0..9223372036854775807}"}, nil, []string{`has more than 1024 numbers`}},
		{[]string{"{a}"}, nil, []string{`{a} is neither a list nor a range (write {a,b} or {0..3})`}},
		{[]string{"{}"}, nil, []string{`{} is neither a list nor a range`}},
		{[]string{"{0..999}{0..999}{0..999}{0..999}"}, nil, []string{"stands for more than 1024 names (write * in place of some braces)"}},
		{slices.Repeat([]string{"{0..99}*"}, 11), nil, []string{"stands for more than 1024 names (write * in place of some braces)"}},
		{[]string{strings.Repeat("{a,b}", 1000)}, nil, []string{"has 5000 bytes, at most 256 are read (write * or several patterns)"}},
		{slices.Repeat([]string{"all"}, 257), nil, []string{"train.what: has 257 patterns, at most 256 are read (write * or braces)"}},
	} {
		_, err := Select(test.what, test.except, llama(2))
		if err == nil {
			t.Errorf("%.80v less %v: no error", test.what, test.except)
			continue
		}
		for _, want := range test.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%.80v less %v:\ngot  %v\nwant %v", test.what, test.except, err, want)
			}
		}
	}
}

// Whatever the pattern, choosing ends soon, and what it chooses really is of that form.
func FuzzSelect(f *testing.F) {
	for _, seed := range []string{"all", "model.layers.{0..1}.*", "*.{q,k}_proj.weight", "{{a,b},{c..d}}", "?*?", "a{b", strings.Repeat("{a,b}", 40), strings.Repeat("*a", 100)} {
		f.Add(seed)
	}
	tensors := llama(4)
	f.Fuzz(func(t *testing.T, pattern string) {
		choice, err := Select([]string{pattern}, nil, tensors)
		if err != nil {
			return
		}
		globs, err := compile(pattern)
		if err != nil || len(globs) == 0 || len(choice.Trained) == 0 {
			t.Fatalf("%q: %v, %v", pattern, globs, err)
		}
		for _, name := range choice.Trained {
			if !slices.ContainsFunc(globs, func(g string) bool { return slow(g, name) }) {
				t.Errorf("%q chooses %s", pattern, name)
			}
		}
	})
}

// slow tells by definition whether a name is of a pattern's form.
func slow(pattern, name string) bool {
	switch {
	case pattern == "":
		return name == ""
	case pattern[0] == '*':
		rest := strings.TrimLeft(pattern, "*")
		for i := 0; i <= len(name); i++ {
			if slow(rest, name[i:]) {
				return true
			}
		}
		return false
	}
	return name != "" && (pattern[0] == '?' || pattern[0] == name[0]) && slow(pattern[1:], name[1:])
}
