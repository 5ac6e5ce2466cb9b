package unicode

import (
	"strings"
	"unicode/utf8"
)

// Replacement is what stands for bytes that are not UTF-8.
const Replacement = "\uFFFD"

// Lossy returns the text with everything that is not UTF-8 replaced by U+FFFD, one for each maximal subpart of an
// ill-formed sequence (The Unicode Standard, 3.9, "U+FFFD Substitution of Maximal Subparts"), as Python's
// errors="replace" and Rust's from_utf8_lossy do. Go's strings.ToValidUTF8 and []rune count otherwise.
func Lossy(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 2*len(Replacement))
	for i := 0; i < len(s); {
		n, valid := Step(s[i:])
		if valid {
			b.WriteString(s[i : i+n])
		} else {
			b.WriteString(Replacement)
		}
		i += n
	}
	return b.String()
}

// Step returns the length in bytes of the character at the start of s, or, where none stands there, of the maximal subpart
// that one U+FFFD replaces. s must not be empty.
func Step(s string) (size int, valid bool) {
	if r, n := utf8.DecodeRuneInString(s); r != utf8.RuneError || n > 1 {
		return n, true
	}
	need, low, high := lead(s[0])
	for i := 1; i <= need; i++ {
		if i == len(s) || s[i] < low || s[i] > high {
			return i, false
		}
		low, high = 0x80, 0xbf
	}
	return 1, false
}

// lead tells how many bytes follow a first byte and between what the next one must lie (The Unicode Standard, table 3-7).
func lead(b byte) (need int, low, high byte) {
	switch {
	case b >= 0xc2 && b <= 0xdf:
		return 1, 0x80, 0xbf
	case b == 0xe0:
		return 2, 0xa0, 0xbf
	case b == 0xed:
		return 2, 0x80, 0x9f
	case b >= 0xe1 && b <= 0xef:
		return 2, 0x80, 0xbf
	case b == 0xf0:
		return 3, 0x90, 0xbf
	case b >= 0xf1 && b <= 0xf3:
		return 3, 0x80, 0xbf
	case b == 0xf4:
		return 3, 0x80, 0x8f
	}
	return 0, 0, 0
}
