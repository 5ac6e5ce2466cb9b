package added

import (
	"fmt"
	"strings"
	"testing"
)

// vocabulary has a token for each content; flags stand after a slash: l, r, w, n, s.
func vocabulary(t *testing.T, tokens ...string) *Vocabulary {
	v := New()
	for i, s := range tokens {
		content, flags, _ := strings.Cut(s, "/")
		has := func(f string) bool { return strings.Contains(flags, f) }
		err := v.Add(Token{ID: int32(i), Content: content, LStrip: has("l"), RStrip: has("r"), SingleWord: has("w"),
			Normalized: has("n"), Special: has("s")}, strings.ToLower)
		if err != nil {
			t.Fatal(err)
		}
	}
	return v
}

func TestSplit(t *testing.T) {
	v := vocabulary(t, "<a>", "<a><b>", "<b>", "<l>/l", "<r>/r", "word/w", "<N>/n", "  ")
	for in, want := range map[string]string{
		"":                       "",
		"x":                      "x",
		"<a><b>x<a>":             "1[<a><b>] x 0[<a>]",
		"<<a>":                   "< 0[<a>]",
		"x \t<l> y":              "x 3[ \t<l>]  y",
		"x<r> \n y":              "x 4[<r> \n ] y",
		"<r> <l>":                "4[<r> ] 3[<l>]",
		"word words":             "5[word]  words",
		"a word\u200d":           "a word\u200d",
		"word²":                  "5[word] ²",
		"<N>":                    "<N>", // found in normalized text only
		"a    b":                 "a 7[  ] 7[  ] b",
		"<r>  x":                 "4[<r>  ] 7[  ] x", // as the library has it: the second token begins in what the first one took
		"<a":                     "<a",
		strings.Repeat("<a", 50): strings.Repeat("<a", 50),
	} {
		if got := show(v, in, false, true); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if got := show(v, "x <n>", true, true); got != "x  6[<n>]" {
		t.Errorf("normalized: %q", got)
	}
	if got := show(v, "<a>  b", false, false); got != "<a> 7[  ] b" {
		t.Errorf("white space only: %q", got)
	}
}

func show(v *Vocabulary, s string, normalized, controls bool) string {
	return showParts(s, v.Split(s, normalized, controls, nil))
}

// A control token that may not be where it is hides none that begins inside it, and white space may be anywhere.
func TestSplitAround(t *testing.T) {
	v := vocabulary(t, "<a>", "a><b", "<N>/n", "  ")
	from := func(least int) func(int, int) bool {
		return func(start, _ int) bool { return start >= least }
	}
	for _, tt := range []struct {
		text       string
		normalized bool
		least      int
		want       string
	}{
		{"<a><b  <a>", false, 0, "0[<a>] <b 3[  ] 0[<a>]"},
		{"<a><b  <a>", false, 1, "< 1[a><b] 3[  ] 0[<a>]"},
		{"<a><b  <a>", false, 2, "<a><b 3[  ] 0[<a>]"},
		{"<a><b  <a>", false, 99, "<a><b 3[  ] <a>"},
		{"<n> <n>", true, 1, "<n>  2[<n>]"},
	} {
		if got := showParts(tt.text, v.SplitAround(tt.text, tt.normalized, from(tt.least), nil)); got != tt.want {
			t.Errorf("%q from %d: %q, want %q", tt.text, tt.least, got, tt.want)
		}
	}
}

func showParts(s string, parts []Part) string {
	var out []string
	for _, p := range parts {
		piece := s[p.Start:p.End]
		if p.ID >= 0 {
			piece = fmt.Sprintf("%d[%s]", p.ID, piece)
		}
		out = append(out, piece)
	}
	return strings.Join(out, " ")
}

func TestSpelling(t *testing.T) {
	v := vocabulary(t, "<N>/ns", "<S>/s")
	for id, want := range map[int32]string{0: "<n>", 1: "<S>"} {
		if got, ok := v.Spelling(id); !ok || got != want {
			t.Errorf("id %d: %q", id, got)
		}
	}
	if _, ok := v.Spelling(2); ok {
		t.Error("id 2 has a spelling")
	}
	if v.Special("<n>") || !v.Special("<S>") { // the library looks for the content, not for what decoding spells
		t.Error("special tokens go by their contents")
	}
}

func TestAddRefusals(t *testing.T) {
	v := vocabulary(t, "<a>", "<N>/n")
	for want, token := range map[string]Token{
		`"<a>" is an added token already, with id 0`:                                      {ID: 9, Content: "<a>"},
		`id 0 belongs to the added token "<a>" already`:                                   {ID: 0, Content: "<b>"},
		`the added token "<n>" is spelled "<n>" when normalized, as is the one with id 1`: {ID: 9, Content: "<n>", Normalized: true},
		`the content of an added token has 5000 bytes, must have 1 to 4096`:               {ID: 9, Content: strings.Repeat("x", 5000)},
	} {
		if err := v.Add(token, strings.ToLower); err == nil || err.Error() != want {
			t.Errorf("got %v\nwant %s", err, want)
		}
	}
}
