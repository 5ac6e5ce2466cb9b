package normalizer

import (
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/osft-project/osft/data/tokenizer/text"
)

var forms = map[string]norm.Form{"NFC": norm.NFC, "NFD": norm.NFD, "NFKC": norm.NFKC, "NFKD": norm.NFKD}

// form brings text into a Unicode normal form.
func form(f norm.Form) step {
	return func(t text.Text, track bool) text.Text {
		if f.IsNormalString(t.S) {
			return t
		}
		if track {
			return t.Change(changes(f, t.S))
		}
		t.S, t.Spans = transform(f, t.S), nil
		return t
	}
}

// joiner is the character that golang.org/x/text puts into runs of more than 30 combining marks (the Stream-Safe Text Format
// of UAX 15), which the normal forms themselves do not ask for and Hugging Face tokenizers does not do.
const joiner = "\u034f"

func transform(f norm.Form, s string) string {
	out := f.String(s)
	if strings.Count(out, joiner) == strings.Count(s, joiner) {
		return out
	}
	var b strings.Builder
	for _, c := range changes(f, s) {
		b.WriteRune(c.Rune)
	}
	return b.String()
}

// changes normalizes character by character, with the record of what each came from: a character decomposed is its first
// part and insertions; one composed onto another takes its place in the removals of that one (N of the two, less one).
func changes(f norm.Form, s string) []text.Change {
	list := decompose(f, s)
	if f == norm.NFD || f == norm.NFKD {
		return list
	}
	return compose(list)
}

// decompose returns the decomposition in canonical order (The Unicode Standard, 3.11, D68 and D109).
func decompose(f norm.Form, s string) []text.Change {
	decomposed := norm.NFD
	if f == norm.NFKC || f == norm.NFKD {
		decomposed = norm.NFKD
	}
	var list []text.Change
	start := 0 // of the combining marks that are still to be ordered
	order := func() {
		slices.SortStableFunc(list[start:], func(a, b text.Change) int { return int(class(a.Rune)) - int(class(b.Rune)) })
	}
	for i := 0; i < len(s); {
		_, n := utf8.DecodeRuneInString(s[i:])
		inserted := 0
		for _, part := range decomposed.String(s[i : i+n]) {
			if class(part) == 0 {
				order()
				start = len(list) + 1
			}
			list = append(list, text.Change{Rune: part, N: inserted})
			inserted = 1
		}
		i += n
	}
	order()
	return list
}

// class is the canonical combining class of a character.
func class(r rune) uint8 {
	if r < 0x300 {
		return 0
	}
	return norm.NFD.PropertiesString(string(r)).CCC()
}

// compose joins what has a composite (The Unicode Standard, 3.11, D117).
func compose(list []text.Change) []text.Change {
	out := list[:0]
	starter := -1     // where in out the last starter stands
	var last uint8    // class of what stands last in out behind the starter
	adjacent := false // nothing stands behind the starter
	for _, c := range list {
		class := class(c.Rune)
		if starter >= 0 && (adjacent || class > last) {
			if r, ok := composite(out[starter].Rune, c.Rune); ok {
				out[starter] = text.Change{Rune: r, N: out[starter].N + c.N - 1}
				continue
			}
		}
		out = append(out, c)
		adjacent, last = class == 0, class
		if class == 0 {
			starter = len(out) - 1
		}
	}
	return out
}

// composite returns the primary composite of two characters of a decomposition.
func composite(a, b rune) (rune, bool) {
	joined := norm.NFC.String(string(a) + string(b))
	r, n := utf8.DecodeRuneInString(joined)
	return r, n == len(joined)
}
