package pattern

import (
	"unicode/utf8"

	"github.com/osft-project/osft/data/tokenizer/unicode"
)

// ascii holds the classes of the first 128 characters, so that most text needs one look.
var ascii = func() (t [utf8.RuneSelf]unicode.Class) {
	for i := range t {
		t[i] = unicode.Of(rune(i))
	}
	return t
}()

// at returns the classes and the length of the character at byte i.
func at(s string, i int) (unicode.Class, int) {
	if c := s[i]; c < utf8.RuneSelf {
		return ascii[c], 1
	}
	return wide(s, i)
}

func wide(s string, i int) (unicode.Class, int) {
	r, n := utf8.DecodeRuneInString(s[i:])
	return unicode.Of(r), n
}

// run returns where the characters from i on that belong to one of the classes end.
func run(s string, i int, want unicode.Class) int {
	for i < len(s) {
		c, n := at(s, i)
		if c&want == 0 {
			break
		}
		i += n
	}
	return i
}

// others returns where the characters from i on that belong to none of the classes end.
func others(s string, i int, not unicode.Class) int {
	for i < len(s) {
		c, n := at(s, i)
		if c&not != 0 {
			break
		}
		i += n
	}
	return i
}

const notSign = unicode.Space | unicode.Letter | unicode.Number

// gpt2 matches 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
func gpt2(s string, i int) int {
	if s[i] == '\'' {
		if n := contraction(s[i+1:]); n > 0 {
			return i + 1 + n
		}
	}
	j := i
	c, n := at(s, i)
	if s[i] == ' ' && i+1 < len(s) {
		if next, m := at(s, i+1); next&unicode.Space == 0 {
			j, c, n = i+1, next, m
		}
	}
	switch {
	case c&unicode.Letter != 0:
		return run(s, j+n, unicode.Letter)
	case c&unicode.Number != 0:
		return run(s, j+n, unicode.Number)
	case c&unicode.Space == 0:
		return others(s, j+n, notSign)
	}
	return spaces(s, i, run(s, i+n, unicode.Space))
}

// spaces matches \s+(?!\S)|\s+ in the white space from i to j: all of it at the end of the text, else all but its last
// character, but never nothing.
func spaces(s string, i, j int) int {
	if j == len(s) {
		return j
	}
	_, n := utf8.DecodeLastRuneInString(s[i:j])
	if j-n > i {
		return j - n
	}
	return j
}

// contraction matches s|t|re|ve|m|ll|d at the start of s.
func contraction(s string) int {
	if s == "" {
		return 0
	}
	switch s[0] {
	case 's', 't', 'm', 'd':
		return 1
	case 'r', 'v':
		if len(s) > 1 && s[1] == 'e' {
			return 2
		}
	case 'l':
		if len(s) > 1 && s[1] == 'l' {
			return 2
		}
	}
	return 0
}

// contractionAnyCase matches (?i:s|t|re|ve|m|ll|d) at the start of s. Folding makes U+017F, the long s, an s.
func contractionAnyCase(s string) int {
	if len(s) > 1 && s[0] == "ſ"[0] && s[1] == "ſ"[1] {
		return len("ſ")
	}
	var folded [2]byte
	n := copy(folded[:], s)
	for i := range folded {
		if folded[i] >= 'A' && folded[i] <= 'Z' {
			folded[i] |= 0x20
		}
	}
	return contraction(string(folded[:n]))
}

func llama3(s string, i int) int { return words(s, i, 3) }
func qwen2(s string, i int) int  { return words(s, i, 1) }

// words matches the expression of Llama 3 and Qwen 2, with numbers of at most so many digits:
// (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,digits}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
func words(s string, i, digits int) int {
	if s[i] == '\'' {
		if n := contractionAnyCase(s[i+1:]); n > 0 {
			return i + 1 + n
		}
	}
	c, n := at(s, i)
	switch {
	case c&unicode.Letter != 0:
		return run(s, i+n, unicode.Letter)
	case c&unicode.Number != 0:
		return number(s, i+n, digits-1)
	case s[i] != '\r' && s[i] != '\n':
		if j := run(s, i+n, unicode.Letter); j > i+n {
			return j
		}
	}
	return signsOrSpaces(s, i, c, n, false)
}

// number matches at most so many digits more.
func number(s string, i, more int) int {
	for ; more > 0 && i < len(s); more-- {
		c, n := at(s, i)
		if c&unicode.Number == 0 {
			break
		}
		i += n
	}
	return i
}

// signsOrSpaces matches ` ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+` at a character of class c and length n that is
// neither letter nor number; with slashes [\r\n/]* follows the signs.
func signsOrSpaces(s string, i int, c unicode.Class, n int, slashes bool) int {
	j := i + n
	if s[i] == ' ' && j < len(s) {
		if next, m := at(s, j); next&notSign == 0 {
			c, j = next, j+m
		}
	}
	if c&unicode.Space == 0 {
		j = others(s, j, notSign)
		for j < len(s) && (s[j] == '\r' || s[j] == '\n' || slashes && s[j] == '/') {
			j++
		}
		return j
	}
	j = run(s, j, unicode.Space)
	for k := j - 1; k >= i; k-- {
		if s[k] == '\r' || s[k] == '\n' {
			return k + 1
		}
	}
	return spaces(s, i, j)
}
