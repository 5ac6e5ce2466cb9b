package normalizer

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"github.com/osft-project/osft/data/tokenizer/section"
	"github.com/osft-project/osft/data/tokenizer/text"
	"github.com/osft-project/osft/provenance/strict"
)

func parse(t *testing.T, source string) (*Normalizer, error) {
	v, err := strict.Parse([]byte(source), strict.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	r := &section.Reader{}
	return Parse(v, r), r.Err()
}

// The expectations are what Hugging Face tokenizers 0.23.3 gives, offsets in bytes.
func TestApply(t *testing.T) {
	for _, c := range []struct {
		source, in, want string
		spans            [][2]int
	}{
		{`null`, "a b", "a b", nil},
		{`{"type":"Prepend","prepend":"▁"}`, "éa", "▁éa", [][2]int{{0, 2}, {0, 2}, {0, 2}, {0, 2}, {0, 2}, {2, 3}}},
		{`{"type":"Prepend","prepend":"▁"}`, "", "", [][2]int{}},
		{`{"type":"Replace","pattern":{"String":" "},"content":"▁"}`, "a b", "a▁b", [][2]int{{0, 1}, {1, 2}, {1, 2}, {1, 2}, {2, 3}}},
		{`{"type":"Replace","pattern":{"Regex":"a+"},"content":""}`, "caab", "cb", [][2]int{{0, 1}, {3, 4}}},
		{`{"type":"NFC"}`, "e\u0301x", "éx", [][2]int{{0, 1}, {0, 1}, {3, 4}}},
		{`{"type":"NFD"}`, "éx", "e\u0301x", [][2]int{{0, 2}, {0, 2}, {0, 2}, {2, 3}}},
		{`{"type":"NFKC"}`, "ﬁx", "fix", [][2]int{{0, 3}, {0, 3}, {3, 4}}},
		{`{"type":"NFC"}`, "\u1112\u1161\u11ab", "한", [][2]int{{0, 3}, {0, 3}, {0, 3}}},
		{`{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"_"},{"type":"Replace","pattern":{"String":"_a"},"content":"A"}]}`,
			"ab", "Ab", [][2]int{{0, 1}, {1, 2}}},
	} {
		n, err := parse(t, c.source)
		if err != nil {
			t.Fatalf("%s: %v", c.source, err)
		}
		tracked := n.Apply(text.Text{S: c.in}, true)
		if got := n.Apply(text.Text{S: c.in}, false).S; got != c.want || tracked.S != c.want {
			t.Errorf("%s on %q: got %q, tracked %q, want %q", c.source, c.in, got, tracked.S, c.want)
		}
		for i, want := range c.spans {
			if got := tracked.Tracked().Spans[i]; [2]int{got.Start, got.End} != want {
				t.Errorf("%s on %q: byte %d is from %v, want %v", c.source, c.in, i, got, want)
			}
		}
	}
}

// TestChanges compares the normal forms made character by character with those of golang.org/x/text.
func TestChanges(t *testing.T) {
	pool := []rune("aeo\u0301\u0302\u0323\u0327\u0345\u05b0\u0e38한각\u1112\u1161\u11ab\u09c7\u09be\u0344\u0958\u2126ﬁéệ\u1e9b\u0323K½\u0f71\u0f72\u0f74")
	random := rand.New(rand.NewPCG(3, 4))
	for range 20000 {
		s := make([]rune, 1+random.IntN(10))
		for i := range s {
			s[i] = pool[random.IntN(len(pool))]
		}
		for name, f := range forms {
			in := string(s)
			got := text.Text{S: in}.Change(changes(f, in))
			if want := f.String(in); got.S != want || len(got.Spans) != len(want) {
				t.Fatalf("%s of %+q: got %+q, want %+q", name, in, got.S, want)
			}
		}
	}
}

// Hugging Face does not put U+034F into long runs of combining marks, as golang.org/x/text does.
func TestManyMarks(t *testing.T) {
	in := "e" + strings.Repeat("\u0323\u0301", 40) + "x"
	want := "\u1eb9\u0323" + strings.Repeat("\u0323", 38) + strings.Repeat("\u0301", 40) + "x"
	for _, track := range []bool{false, true} {
		if got := form(norm.NFC)(text.Text{S: in}, track).S; got != want {
			t.Errorf("tracked %v: %+q", track, got)
		}
	}
}

func TestConformanceNFC(t *testing.T) {
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
	table, _ := dump.Get("NFC")
	members, err := table.Object()
	if err != nil {
		t.Fatal(err)
	}
	changed := map[rune]string{}
	for _, m := range members {
		point, _ := strconv.Atoi(m.Name)
		list, _ := m.Value.Array()
		for _, p := range list {
			c, _ := p.Int64()
			changed[rune(point)] += string(rune(c))
		}
	}
	for r := range rune(0x110000) {
		want := string(r)
		if c, ok := changed[r]; ok {
			want = c
		}
		if got := form(norm.NFC)(text.Text{S: string(r)}, false).S; got != want {
			t.Errorf("U+%04X: NFC is %+q, want %+q", r, got, want)
		}
	}
	t.Logf("%d characters, %d of them changed", 0x110000, len(changed))
}

func TestRefusals(t *testing.T) {
	_, err := parse(t, `{"type":"Sequence","normalizers":[
{"type":"Lowercase"},
{"type":"Replace","pattern":{"String":""},"content":"x"},
{"type":"Replace","pattern":{"Regex":"["},"content":"x"},
{"type":"Replace","pattern":{"String":"a","Regex":"b"},"content":"x"},
{"type":"Replace","pattern":{"Glob":"a"},"content":"x"},
{"type":"NFC","strict":true},
{"type":"Prepend"},
7]}`)
	for _, want := range []string{
		`/normalizers/0: unknown normalizer "Lowercase" (known: Sequence, NFC, NFD, NFKC, NFKD, Replace, Prepend)`,
		`line 3, byte 85: /normalizers/1/pattern: the pattern is empty`,
		`/normalizers/2/pattern: the regular expression "[", byte 0: a character class is not closed`,
		`/normalizers/3/pattern: must have one of "String" and "Regex"`,
		`/normalizers/4/pattern/Glob: pattern has no "Glob" that is known here`,
		`/normalizers/5/strict: normalizer NFC has no "strict" that is known here`,
		`/normalizers/6: has no "prepend"`,
		`/normalizers/7: is a number, must be an object`,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in:\n%v", want, err)
		}
	}
}
