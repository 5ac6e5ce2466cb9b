package pattern

import (
	"bytes"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/osft-project/osft/data/tokenizer/text"
	"github.com/osft-project/osft/data/tokenizer/unicode"
	"github.com/osft-project/osft/provenance/strict"
)

// golden is one line of testdata/splits.jsonl: what the Split pre-tokenizer of Hugging Face tokenizers 0.23.3 made of some
// strings, as ranges of characters.
type golden struct {
	name, regex string
	splitter    Splitter
	cases       []split
}

type split struct {
	text   string
	pieces []text.Span
}

func goldens(t *testing.T) []golden {
	data, err := os.ReadFile("testdata/splits.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var list []golden
	for line := range bytes.Lines(data) {
		v, err := strict.Parse(line, strict.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, readGolden(t, v))
	}
	return list
}

func readGolden(t *testing.T, v strict.Value) golden {
	get := func(name string) strict.Value { m, _ := v.Get(name); return m }
	str := func(v strict.Value) string { s, _ := v.String(); return s }
	g := golden{name: str(get("name")), regex: str(get("regex"))}
	p, err := Regexp(g.regex)
	if err != nil {
		t.Fatalf("%s: %v", g.name, err)
	}
	invert, _ := get("invert").Bool()
	g.splitter = Splitter{Pattern: p, Behavior: Behavior(str(get("behavior"))), Invert: invert}
	cases, _ := get("cases").Array()
	for _, c := range cases {
		parts, _ := c.Array()
		want := split{text: str(parts[0])}
		spans, _ := parts[1].Array()
		for _, s := range spans {
			ends, _ := s.Array()
			from, _ := ends[0].Int64()
			to, _ := ends[1].Int64()
			want.pieces = append(want.pieces, text.Span{Start: int(from), End: int(to)})
		}
		g.cases = append(g.cases, want)
	}
	return g
}

func pieces(p *Splitter, s string) []text.Span {
	var out []text.Span
	last := 0
	for _, c := range p.Cuts(s, nil, new([]text.Span)) {
		if !c.Dropped && c.End > last {
			out = append(out, text.Span{Start: utf8.RuneCountInString(s[:last]), End: utf8.RuneCountInString(s[:c.End])})
		}
		last = c.End
	}
	return out
}

func TestConformanceSplits(t *testing.T) {
	for _, g := range goldens(t) {
		t.Run(g.name, func(t *testing.T) {
			for _, c := range g.cases {
				if got := pieces(&g.splitter, c.text); !slices.Equal(got, c.pieces) {
					t.Errorf("%q\n got %v\nwant %v", c.text, got, c.pieces)
				}
			}
			t.Logf("%d strings", len(g.cases))
		})
	}
}

// TestScannersAgainstRegexp2 compares every scanner with the rewritten expression on strings of all classes, and on every
// single character of the tables.
func TestScannersAgainstRegexp2(t *testing.T) {
	sources := make([]string, 0, len(known))
	for source := range known {
		sources = append(sources, source)
	}
	slices.Sort(sources)
	pool := characters()
	for _, source := range sources {
		t.Run(source, func(t *testing.T) {
			scanner, _ := Regexp(source)
			re, err := compile(source)
			if err != nil {
				t.Fatal(err)
			}
			compare := func(s string) {
				if got, want := scanner.Matches(s, nil), re.Matches(s, nil); !slices.Equal(got, want) {
					t.Fatalf("%q\nscanner %v\nregexp2 %v", s, got, want)
				}
			}
			random := rand.New(rand.NewPCG(1, 2))
			for range 10000 {
				var b strings.Builder
				for range 1 + random.IntN(12) {
					b.WriteRune(pool[random.IntN(len(pool))])
				}
				compare(b.String())
			}
			var b strings.Builder
			for _, r := range pool {
				b.WriteString("a" + string(r) + "1" + string(r) + "." + string(r) + string(r))
			}
			compare(b.String())
			compare(allCharacters())
		})
	}
}

// characters holds both ends of some ranges of every class, and the characters that the expressions name.
func characters() []rune {
	pool := []rune("  \r\n\t'''sStTrRvVlLmMdDeEſ/AaZz09.,_-’\u00a0\u200d\u2028")
	for c := unicode.UpperLetter; c <= unicode.Numeric; c <<= 1 {
		ranges := unicode.Ranges(c)
		for i := 0; i < len(ranges); i += 1 + len(ranges)/6 {
			pool = append(pool, ranges[i].First, ranges[i].Last)
		}
	}
	return pool
}

// allCharacters holds every character, each between an A and an a.
func allCharacters() string {
	var b strings.Builder
	for r := range rune(maxRune + 1) {
		if utf8.ValidRune(r) {
			b.WriteString("A" + string(r) + "a")
		}
	}
	return b.String()
}

func TestRefusals(t *testing.T) {
	for source, want := range map[string]string{
		`[a`:                       "byte 0: a character class is not closed",
		`x[]`:                      "a character class is empty",
		`[a[b]]`:                   `the construct "[b" in a character class is not supported`,
		`[[:alpha:]]`:              `the construct "[:" in a character class is not supported`,
		`[a&&b]`:                   `the construct "&&" in a character class is not supported`,
		`[b-a]`:                    "a range in a character class has no end after its start",
		`[a-\d]`:                   "a range in a character class has no end after its start",
		`\h`:                       `the construct "\\h" is not supported`,
		`(a)\1`:                    `the construct "\\1" is not supported`,
		`\p{Klingon}`:              `the property \p{Klingon} is not known`,
		`\pL`:                      `\p is not followed by a name in braces`,
		`\x{110000}`:               `\x is not followed by the number of a character`,
		`\xz`:                      `\x is not followed by the number of a character`,
		`\u12`:                     `\u is not followed by the number of a character`,
		`a\`:                       "a backslash ends it",
		`(?<name>a)`:               `the construct "(?<n" is not supported here`,
		`a(?i)b`:                   `the construct "(?i)" is not supported here`,
		`a{2}+`:                    `the construct "{2}+" is not supported`,
		`a{2}?`:                    `the construct "{2}?" is not supported`,
		`(a`:                       "does not compile",
		strings.Repeat("a", 20000): "the regular expression has 20000 bytes, at most 16384 are read",
	} {
		if _, err := Regexp(source); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: error %v, want %q", source, err, want)
		}
	}
}

// FuzzRegexp looks for expressions or texts that panic. The texts are short, since an expression may take exponential time.
func FuzzRegexp(f *testing.F) {
	f.Add(`\s?[\p{L}^-]+|a{2,}`, "a b")
	f.Add(`[\x{41}-\u0050]{,3}$`, "AB\nC")
	f.Fuzz(func(t *testing.T, source, s string) {
		if len(source) > 40 || len(s) > 20 || !utf8.ValidString(s) {
			return
		}
		p, err := Regexp(source)
		if err != nil {
			return
		}
		last := 0
		for _, m := range p.Matches(s, nil) {
			if m.Start < last || m.End < m.Start || m.End > len(s) {
				t.Fatalf("%q on %q: match %v after %d", source, s, m, last)
			}
			last = m.End
		}
	})
}
