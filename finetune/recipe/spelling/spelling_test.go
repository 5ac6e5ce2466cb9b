package spelling

import (
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	words := []string{"path", "train", "cosine", "constant", "max_length"}
	for word, want := range map[string]string{
		"pth": "path", "paht": "path", "trian": "train", "cosinus": "cosine", "maxlength": "max_length", "max_lenght": "max_length",
		"": "", "x": "", "qqqq": "", "linear": "", strings.Repeat("a", 1<<20): "",
	} {
		if got := Nearest(word, words); got != want {
			t.Errorf("%.20q: %q, want %q", word, got, want)
		}
	}
	if Nearest("aa", []string{"ab", "ac"}) != "ab" {
		t.Error("of equally near words the first counts")
	}
}

func TestDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"abc", "abc", 0}, {"abc", "acb", 1}, {"abcd", "acbd", 1}, {"abc", "xbc", 1}, {"kitten", "sitting", 3}, {"ca", "abc", 3}} {
		if got := distance(test.a, test.b); got != test.want {
			t.Errorf("%q to %q: %d, want %d", test.a, test.b, got, test.want)
		}
	}
}
