package syntax

import (
	"strings"
	"unicode/utf8"
)

// lexer cuts a template into tokens.
type lexer struct {
	source    string
	at        int
	line      int
	lineStart bool // what was read last ended a line
	tokens    []token
}

// lex cuts source, whose lines are normalized.
func lex(source string) ([]token, error) {
	l := &lexer{source: source, line: 1, lineStart: true}
	for l.at < len(l.source) {
		if err := l.root(); err != nil {
			return nil, err
		}
	}
	l.add(tokenEnd, "")
	return l.tokens, nil
}

func (l *lexer) add(kind tokenKind, text string) {
	l.tokens = append(l.tokens, token{kind: kind, text: text, line: l.line})
}

// advance moves behind n bytes, counting lines.
func (l *lexer) advance(n int) string {
	text := l.source[l.at : l.at+n]
	l.line += strings.Count(text, "\n")
	l.at += n
	if n > 0 {
		l.lineStart = text[n-1] == '\n'
	}
	return text
}

// root reads text up to a tag, and the tag.
func (l *lexer) root() error {
	rest := l.source[l.at:]
	open := opening(rest)
	if open < 0 {
		l.add(tokenData, rest)
		l.advance(len(rest))
		return nil
	}
	kind := rest[open+1]
	sign := signAt(rest[open+2:])
	if text := l.stripped(rest[:open], sign, kind != '{'); text != "" {
		l.add(tokenData, text)
	}
	l.advance(open + 2 + len(sign))
	switch kind {
	case '#':
		return l.comment()
	case '{':
		l.add(tokenVariableBegin, "")
		return l.inside(tokenVariableEnd)
	}
	if n := rawTag(l.source[l.at:]); n > 0 {
		l.advance(n)
		return l.raw()
	}
	l.add(tokenBlockBegin, "")
	return l.inside(tokenBlockEnd)
}

// opening is where the next tag begins, or -1.
func opening(s string) int {
	for i := 0; i+1 < len(s); i++ {
		if s[i] == '{' && (s[i+1] == '{' || s[i+1] == '%' || s[i+1] == '#') {
			return i
		}
	}
	return -1
}

// signAt is the white space control a tag begins with.
func signAt(s string) string {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		return s[:1]
	}
	return ""
}

// stripped is the text before a tag without what the tag strips: all white space with "-"; the white space of the tag's own
// line before a block or a comment, except with "+".
func (l *lexer) stripped(text, sign string, block bool) string {
	if sign == "-" {
		return strings.TrimRightFunc(text, IsSpace)
	}
	if sign == "+" || !block {
		return text
	}
	from := strings.LastIndexByte(text, '\n') + 1
	if (from > 0 || l.lineStart) && strings.TrimLeftFunc(text[from:], IsSpace) == "" {
		return text[:from]
	}
	return text
}

// comment skips a comment and what its end strips.
func (l *lexer) comment() error {
	end := strings.Index(l.source[l.at:], "#}")
	if end < 0 {
		return Errorf(l.line, "the comment has no end (write #})")
	}
	n := end + 2
	if end > 0 && l.source[l.at+end-1] == '-' {
		n += spaces(l.source[l.at+n:])
	} else if end == 0 || l.source[l.at+end-1] != '+' {
		n += newline(l.source[l.at+n:])
	}
	l.advance(n)
	return nil
}

// spaces is how many bytes of white space s begins with.
func spaces(s string) int { return len(s) - len(strings.TrimLeftFunc(s, IsSpace)) }

// newline is 1 where s begins with a line feed.
func newline(s string) int {
	if strings.HasPrefix(s, "\n") {
		return 1
	}
	return 0
}

// rawTag is how many bytes the rest of a raw tag takes, 0 where it is another tag.
func rawTag(s string) int {
	n, sign := wordTag(s, "raw")
	if n > 0 && sign == '-' {
		n += spaces(s[n:])
	}
	if sign == '+' {
		return 0
	}
	return n
}

// wordTag matches a tag of one word without arguments, and says which sign stands before its end.
func wordTag(s, word string) (n int, sign byte) {
	n = spaces(s)
	if !strings.HasPrefix(s[n:], word) {
		return 0, 0
	}
	n += len(word)
	n += spaces(s[n:])
	if n < len(s) && (s[n] == '-' || s[n] == '+') {
		sign = s[n]
		n++
	}
	if !strings.HasPrefix(s[n:], "%}") {
		return 0, 0
	}
	return n + 2, sign
}

// raw reads text up to endraw.
func (l *lexer) raw() error {
	rest := l.source[l.at:]
	for i := 0; ; i += 2 {
		next := strings.Index(rest[i:], "{%")
		if next < 0 {
			return Errorf(l.line, "raw has no end (write {%% endraw %%})")
		}
		i += next
		sign := signAt(rest[i+2:])
		n, end := wordTag(rest[i+2+len(sign):], "endraw")
		if n == 0 {
			continue
		}
		if text := l.stripped(rest[:i], sign, true); text != "" {
			l.add(tokenData, text)
		}
		n += i + 2 + len(sign)
		switch end {
		case '-':
			n += spaces(rest[n:])
		case 0:
			n += newline(rest[n:])
		}
		l.advance(n)
		return nil
	}
}

// first is the first rune of s.
func first(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

type tokenKind uint8

const (
	tokenEnd tokenKind = iota // of the source
	tokenData
	tokenVariableBegin
	tokenVariableEnd
	tokenBlockBegin
	tokenBlockEnd
	tokenName
	tokenString
	tokenInteger
	tokenFloat
	tokenOperator
)

// token is a piece of a template: text between tags, a tag's border, or what stands in it.
type token struct {
	kind tokenKind
	text string // data and strings: their value
	line int
}

func (t token) String() string {
	switch t.kind {
	case tokenEnd:
		return "the end of the template"
	case tokenData:
		return "text"
	case tokenVariableBegin, tokenBlockBegin:
		return "the begin of a tag"
	case tokenVariableEnd:
		return "}}"
	case tokenBlockEnd:
		return "%}"
	case tokenString:
		return "a string"
	}
	return t.text
}

// normalize makes every line end a line feed and drops the last one, as Jinja does before it reads a template.
func normalize(source string) string {
	source = strings.ReplaceAll(source, "\r\n", "\n")
	source = strings.ReplaceAll(source, "\r", "\n")
	return strings.TrimSuffix(source, "\n")
}

// IsSpace reports Python's white space, which Jinja's tags and strip methods trim.
func IsSpace(r rune) bool {
	switch {
	case r >= 0x09 && r <= 0x0d, r >= 0x1c && r <= 0x20, r == 0x85, r == 0xa0, r == 0x1680, r >= 0x2000 && r <= 0x200a:
		return true
	}
	return r == 0x2028 || r == 0x2029 || r == 0x202f || r == 0x205f || r == 0x3000
}
