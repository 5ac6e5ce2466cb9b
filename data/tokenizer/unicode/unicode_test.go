package unicode

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/osft-project/osft/provenance/strict"
)

func TestOf(t *testing.T) {
	for _, c := range []struct {
		r    rune
		want Class
	}{
		{'a', LowerLetter | Word},
		{'7', Number | Word | Decimal | Numeric},
		{'\n', Space},
		{'_', Punctuation | Word},
		{'\u0301', Mark | Word},
		{'中', OtherLetter | Word | Han},
		{'𐵳', LowerLetter | Word}, // U+10D73, of Unicode 16
		{'\U00011de0', Numeric},   // newer than the letters' Unicode
		{0x10ffff, 0}, {0x110000, 0}, {-1, 0}, {0xd800, 0},
	} {
		if got := Of(c.r); got != c.want {
			t.Errorf("U+%04X: classes %04x, want %04x", c.r, got, c.want)
		}
	}
}

func TestRangesAgreeWithOf(t *testing.T) {
	for c := UpperLetter; c <= Numeric; c <<= 1 {
		in := make([]bool, maxRune+1)
		last := rune(-2)
		for _, r := range Ranges(c) {
			if r.First <= last+1 {
				t.Fatalf("class %04x: range from U+%04X touches the one before", c, r.First)
			}
			for last = r.First; last < r.Last; last++ {
				in[last] = true
			}
			in[last] = true
		}
		for r := range in {
			if in[r] != (Of(rune(r))&c != 0) {
				t.Fatalf("class %04x: U+%04X", c, r)
			}
		}
	}
}

func TestConformanceClasses(t *testing.T) {
	root := os.Getenv("OSFT_VECTORS")
	if root == "" {
		t.Skip("skipped: no vectors")
	}
	data, err := os.ReadFile(filepath.Join(root, "tokenizers", "unicode_classes_hf_0.23.3.json"))
	if err != nil {
		t.Fatal(err)
	}
	dump, err := strict.Parse(data, strict.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for name, class := range map[string]Class{"L": Letter, "Lu": UpperLetter, "Lt": TitleLetter, "Lm": ModifierLetter,
		"Lo": OtherLetter, "Ll": LowerLetter, "N": Number, "s": Space, "M": Mark, "P": Punctuation, "S": Symbol, "w": Word,
		"d": Decimal, "Han": Han, "Digits": Numeric} {
		list, _ := dump.Get(name)
		points, err := list.Array()
		if err != nil {
			t.Fatal(err)
		}
		in := make([]bool, maxRune+1)
		for _, p := range points {
			c, _ := p.Int64()
			in[c] = true
		}
		for r := range in {
			if in[r] != (Of(rune(r))&class != 0) {
				t.Errorf("%s: U+%04X is %v in the dump", name, r, in[r])
			}
		}
		t.Logf("%s: %d of %d code points", name, len(points), len(in))
	}
}

func TestLossy(t *testing.T) {
	for in, want := range map[string]string{
		"":                             "",
		"plain é":                      "plain é",
		"\uFFFD":                       "\uFFFD",
		"a\xffb":                       "a\uFFFDb",
		"\xe2\x82":                     "\uFFFD",
		"\xe2\x82x":                    "\uFFFDx",
		"\xf0\x9f\x98\xf0\x9f\x98\x80": "\uFFFD😀",
		"\xc0\xaf":                     "\uFFFD\uFFFD",
		"\xed\xa0\x80":                 "\uFFFD\uFFFD\uFFFD",
		"\xf4\x90\x80\x80":             "\uFFFD\uFFFD\uFFFD\uFFFD",
		"\xf1\x80\x80\xe1\x80z\x80":    "\uFFFD\uFFFDz\uFFFD",
		"\xe0\x9f\xbf":                 "\uFFFD\uFFFD\uFFFD",
	} {
		if got := Lossy(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestByteAlphabet(t *testing.T) {
	for b, want := range map[byte]string{' ': "Ġ", '\n': "Ċ", 'a': "a", 0: "Ā", 0x7f: "ġ", 0xa0: "ł", 0xad: "Ń", 0xff: "ÿ"} {
		if ByteAlphabet[b] != want {
			t.Errorf("byte %#02x is %q, want %q", b, ByteAlphabet[b], want)
		}
	}
	for b, c := range ByteAlphabet {
		if got, ok := ByteOf([]rune(c)[0]); !ok || int(got) != b {
			t.Errorf("%q is byte %d, want %d", c, got, b)
		}
	}
	for _, r := range []rune{-1, ' ', 0xa0, 0x144, 0x4e2d} {
		if b, ok := ByteOf(r); ok {
			t.Errorf("U+%04X is byte %d, want none", r, b)
		}
	}
}
