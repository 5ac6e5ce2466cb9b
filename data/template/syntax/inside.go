package syntax

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	floatText   = regexp.MustCompile(`^(?i)(\d+_)*\d+((\.(\d+_)*\d+)?e[+\-]?(\d+_)*\d+|\.(\d+_)*\d+)`)
	integerText = regexp.MustCompile(`^(?i)(0b(_?[01])+|0o(_?[0-7])+|0x(_?[\da-f])+|[1-9](_?\d)*|0(_?0)*)`)
)

// operators are the signs in tags, longest first.
var operators = []string{
	"**", "//", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";",
}

// inside reads the tokens of a tag up to its end.
func (l *lexer) inside(end tokenKind) error {
	var open []byte // brackets
	begin := l.line
	for l.at < len(l.source) {
		rest := l.source[l.at:]
		if n := spaces(rest); n > 0 {
			l.advance(n)
			continue
		}
		if len(open) == 0 {
			if n := closing(rest, end); n > 0 {
				l.add(end, "")
				l.advance(n)
				return nil
			}
		}
		if done, err := l.literal(rest); err != nil {
			return err
		} else if done {
			continue
		}
		if err := l.operator(rest, &open); err != nil {
			return err
		}
	}
	return Errorf(begin, "the tag has no end")
}

// closing is how many bytes the end of a tag takes with what it strips, 0 where s does not begin with one.
func closing(s string, end tokenKind) int {
	mark := "}}"
	if end == tokenBlockEnd {
		mark = "%}"
	}
	switch {
	case strings.HasPrefix(s, "-"+mark):
		return 3 + spaces(s[3:])
	case end == tokenBlockEnd && strings.HasPrefix(s, "+"+mark):
		return 3
	case !strings.HasPrefix(s, mark):
		return 0
	case end == tokenBlockEnd:
		return 2 + newline(s[2:])
	}
	return 2
}

// literal reads a number, a name or a string.
func (l *lexer) literal(rest string) (bool, error) {
	c := rest[0]
	switch {
	case c >= '0' && c <= '9':
		kind, text := tokenFloat, ""
		if l.at == 0 || l.source[l.at-1] != '.' {
			text = floatText.FindString(rest)
		}
		if text == "" {
			kind, text = tokenInteger, integerText.FindString(rest)
		}
		l.add(kind, text)
		l.advance(len(text))
	case c == '_' || unicode.IsLetter(first(rest)):
		n := 0
		for n < len(rest) {
			r, size := utf8.DecodeRuneInString(rest[n:])
			if r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r) {
				break
			}
			n += size
		}
		l.add(tokenName, rest[:n])
		l.advance(n)
	case c == '\'' || c == '"':
		return true, l.str(rest, c)
	default:
		return false, nil
	}
	return true, nil
}

// str reads a string literal.
func (l *lexer) str(rest string, quote byte) error {
	for i := 1; i < len(rest); i++ {
		switch rest[i] {
		case '\\':
			i++
		case quote:
			text, err := unescape(rest[1:i])
			if err != nil {
				return Errorf(l.line, "%s", err)
			}
			l.add(tokenString, text)
			l.advance(i + 1)
			return nil
		}
	}
	return Errorf(l.line, "the string has no end (write %c)", quote)
}

// operator reads a sign and keeps the open brackets.
func (l *lexer) operator(rest string, open *[]byte) error {
	for _, op := range operators {
		if !strings.HasPrefix(rest, op) {
			continue
		}
		switch op {
		case "(", "[", "{":
			*open = append(*open, map[string]byte{"(": ')', "[": ']', "{": '}'}[op])
		case ")", "]", "}":
			if n := len(*open); n == 0 || (*open)[n-1] != op[0] {
				return Errorf(l.line, "%s closes nothing", op)
			}
			*open = (*open)[:len(*open)-1]
		}
		l.add(tokenOperator, op)
		l.advance(len(op))
		return nil
	}
	return Errorf(l.line, "%q has no meaning in a tag", string(first(rest)))
}

// errEscape is about \x, \u or \U without its digits, or with those of no character.
var errEscape = errors.New("the string has an escape that names no character")

// escapes are Python's one-letter escapes; a line feed after the backslash joins lines.
var escapes = map[byte]string{
	'\n': "", '\\': "\\", '\'': "'", '"': "\"", 'a': "\a", 'b': "\b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t", 'v': "\v",
}

// unescape reads Python's escapes; an unknown one stays as it is.
func unescape(s string) (string, error) {
	if !strings.Contains(s, "\\") {
		return s, nil
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		if to, known := escapes[s[i]]; known {
			b.WriteString(to)
			continue
		}
		n, err := number(s[i:], &b)
		if err != nil {
			return "", err
		}
		i += n - 1
	}
	return b.String(), nil
}

// number writes an escape by code point (octal, \x, \u, \U) and says how many bytes it took behind the backslash.
func number(s string, b *strings.Builder) (int, error) {
	digits, base, skip := 0, 16, 1
	switch {
	case s[0] >= '0' && s[0] <= '7':
		base, skip = 8, 0
		for digits < 3 && digits < len(s) && s[digits] >= '0' && s[digits] <= '7' {
			digits++
		}
	case s[0] == 'x':
		digits = 2
	case s[0] == 'u':
		digits = 4
	case s[0] == 'U':
		digits = 8
	case s[0] == 'N':
		return 0, errors.New(`\N{…} is not supported (write the character)`)
	default:
		b.WriteByte('\\')
		return skipped(s, b), nil
	}
	if len(s) < skip+digits {
		return 0, errEscape
	}
	code, err := strconv.ParseUint(s[skip:skip+digits], base, 32)
	if err != nil || code > unicode.MaxRune || code >= 0xd800 && code < 0xe000 {
		return 0, errEscape
	}
	b.WriteRune(rune(code))
	return skip + digits, nil
}

// skipped copies the rune behind a backslash that escapes nothing.
func skipped(s string, b *strings.Builder) int {
	_, n := utf8.DecodeRuneInString(s)
	b.WriteString(s[:n])
	return n
}
