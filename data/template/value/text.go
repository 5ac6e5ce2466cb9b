package value

import (
	"strings"
	"unicode"

	"github.com/osft-project/osft/data/template/syntax"
)

// Split cuts a text as Python's split does: at sep, or at white space where sep is nil; at most limit times (below 0: always);
// from the right where right.
func Split(s string, sep *string, limit int, right bool) []any {
	var parts []string
	switch {
	case sep == nil:
		parts = words(s, limit, right)
	case limit < 0:
		parts = strings.Split(s, *sep)
	case !right:
		parts = strings.SplitN(s, *sep, limit+1)
	default:
		for ; limit > 0; limit-- {
			i := strings.LastIndex(s, *sep)
			if i < 0 {
				break
			}
			parts = append([]string{s[i+len(*sep):]}, parts...)
			s = s[:i]
		}
		parts = append([]string{s}, parts...)
	}
	return list(parts)
}

func list(parts []string) []any {
	items := make([]any, len(parts))
	for i, p := range parts {
		items[i] = p
	}
	return items
}

// words cuts at runs of white space; what the limit leaves keeps its inner white space.
func words(s string, limit int, right bool) (parts []string) {
	if right && limit >= 0 {
		s = strings.TrimRightFunc(s, syntax.IsSpace)
		for ; limit > 0 && s != ""; limit-- {
			i := strings.LastIndexFunc(s, syntax.IsSpace)
			word := strings.TrimLeftFunc(s[max(i, 0):], syntax.IsSpace)
			parts = append([]string{word}, parts...)
			s = strings.TrimRightFunc(s[:len(s)-len(word)], syntax.IsSpace)
		}
		if s != "" {
			parts = append([]string{s}, parts...)
		}
		return parts
	}
	for s = strings.TrimLeftFunc(s, syntax.IsSpace); s != ""; s = strings.TrimLeftFunc(s, syntax.IsSpace) {
		i := strings.IndexFunc(s, syntax.IsSpace)
		if limit >= 0 && len(parts) == limit {
			i = -1
		}
		if i < 0 {
			return append(parts, s)
		}
		parts, s = append(parts, s[:i]), s[i:]
	}
	return parts
}

// Lines cuts a text at line ends as splitlines does.
func Lines(s string, keep bool) []any {
	var parts []string
	for s != "" {
		i := strings.IndexFunc(s, lineEnd)
		if i < 0 {
			parts = append(parts, s)
			break
		}
		n := len(string([]rune(s[i:min(len(s), i+4)])[0]))
		if strings.HasPrefix(s[i:], "\r\n") {
			n = 2
		}
		if keep {
			parts = append(parts, s[:i+n])
		} else {
			parts = append(parts, s[:i])
		}
		s = s[i+n:]
	}
	return list(parts)
}

func lineEnd(r rune) bool {
	return r >= '\n' && r <= '\r' || r >= 0x1c && r <= 0x1e || r == 0x85 || r == 0x2028 || r == 0x2029
}

// Strip trims characters of set, or white space where set is nil, at the named ends.
func Strip(s string, set *string, left, right bool) string {
	cut := syntax.IsSpace
	if set != nil {
		cut = func(r rune) bool { return strings.ContainsRune(*set, r) }
	}
	if left {
		s = strings.TrimLeftFunc(s, cut)
	}
	if right {
		s = strings.TrimRightFunc(s, cut)
	}
	return s
}

// Title makes the first letter of each run of letters a capital, the others small.
func Title(s string) string { return cased(s, titleLetter, unicode.IsLetter) }

// TitleWords is Jinja's filter title: words begin behind white space, hyphens and opening brackets.
func TitleWords(s string) string {
	return cased(s, func(r rune) string { return Upper(string(r)) }, func(r rune) bool { return !syntax.IsSpace(r) && !strings.ContainsRune("-({[<", r) })
}

// cased makes letters capitals where the rune before them belongs to no word.
func cased(s string, capital func(rune) string, inWord func(rune) bool) string {
	var b strings.Builder
	begin := 0 // of the word's rest, or of what stands between words
	within := false
	for i, r := range s {
		if !within {
			b.WriteString(capital(r))
			begin = i + len(string(r))
		}
		if now := inWord(r); within && !now {
			b.WriteString(Lower(s[begin:i]))
			b.WriteRune(r)
			begin, within = i+len(string(r)), false
		} else {
			within = now
		}
	}
	return b.String() + Lower(s[begin:])
}

// Capitalize makes the first letter a capital and the others small.
func Capitalize(s string) string {
	for _, r := range s {
		n := len(string(r))
		return titleLetter(r) + Lower(s[n:])
	}
	return s
}

// capitals are letters whose capitals are several (Unicode's SpecialCasing, of which those with Greek marks and the Armenian
// ligatures are left out).
var capitals = strings.NewReplacer("ß", "SS", "ŉ", "ʼN", "ǰ", "J̌", "ﬀ", "FF", "ﬁ", "FI", "ﬂ", "FL", "ﬃ", "FFI", "ﬄ", "FFL", "ﬅ", "ST", "ﬆ", "ST")

// Upper is s in capitals; ß becomes SS, as in Python.
func Upper(s string) string { return strings.ToUpper(capitals.Replace(s)) }

// titleLetter is a letter as a word begins with it: of several capitals only the first is one.
func titleLetter(r rune) string {
	many := capitals.Replace(string(r))
	if many == string(r) {
		return string(unicode.ToTitle(r))
	}
	letters := []rune(many)
	if r == 'ŉ' {
		return many
	}
	return string(letters[0]) + Lower(string(letters[1:]))
}

// Lower is s in small letters; a final Σ becomes ς, as in Python.
func Lower(s string) string {
	if !strings.ContainsAny(s, "Σİ") {
		return strings.ToLower(s)
	}
	letters := []rune(s)
	var b strings.Builder
	for i, r := range letters {
		switch {
		case r == 'İ':
			b.WriteString("i̇")
		case r == 'Σ' && i > 0 && unicode.IsLetter(letters[i-1]) && (i+1 == len(letters) || !unicode.IsLetter(letters[i+1])):
			b.WriteRune('ς')
		default:
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// Is is Python's test of the characters of a text: alpha, digit, alnum, space, upper, lower, title-less.
func Is(s, what string) bool {
	cased := false
	for _, r := range s {
		switch what {
		case "upper":
			if unicode.IsLower(r) || unicode.IsTitle(r) {
				return false
			}
			cased = cased || unicode.IsUpper(r)
			continue
		case "lower":
			if unicode.IsUpper(r) || unicode.IsTitle(r) {
				return false
			}
			cased = cased || unicode.IsLower(r)
			continue
		}
		cased = true
		if !classes[what](r) {
			return false
		}
	}
	return cased
}

var classes = map[string]func(rune) bool{
	"alpha": unicode.IsLetter,
	"digit": unicode.IsDigit,
	"alnum": func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) },
	"space": syntax.IsSpace,
}
