package pattern

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/osft-project/osft/data/tokenizer/unicode"
)

// escaped reads what a backslash begins, inside a class or out of it: the characters that it stands for, and whether it is
// one character, which may begin a range.
func (r *rewriter) escaped() (s set, single bool, err error) {
	rest := r.in[r.at:]
	if len(rest) == 1 {
		return nil, false, errors.New("a backslash ends it")
	}
	switch c := rest[1]; c {
	case 'p', 'P':
		s, err = r.property(rest)
		return s, false, err
	case 's', 'w', 'd':
		r.at += 2
		return unicode.Ranges(shorthand[c]), false, nil
	case 'S', 'W', 'D':
		r.at += 2
		return set(unicode.Ranges(shorthand[c|0x20])).complement(), false, nil
	case 'x', 'u':
		return r.code(rest)
	}
	if i := strings.IndexByte("nrtfvae", rest[1]); i >= 0 {
		r.at += 2
		return char(rune("\n\r\t\f\v\a\x1b"[i])), true, nil
	}
	if c := rest[1] | 0x20; c >= 'a' && c <= 'z' || rest[1] >= '0' && rest[1] <= '9' {
		return nil, false, fmt.Errorf("the construct %q is not supported", rest[:2])
	}
	literal, n := utf8.DecodeRuneInString(rest[1:])
	r.at += 1 + n
	return char(literal), true, nil
}

func char(c rune) set { return set{{First: c, Last: c}} }

// property reads \p{name}, \p{^name} and \P{name}.
func (r *rewriter) property(rest string) (set, error) {
	end := strings.IndexByte(rest, '}')
	if !strings.HasPrefix(rest[2:], "{") || end < 0 {
		return nil, fmt.Errorf("%s is not followed by a name in braces", rest[:2])
	}
	name, negated := strings.CutPrefix(rest[3:end], "^")
	s, err := property(name)
	if err != nil {
		return nil, err
	}
	r.at += end + 1
	if negated != (rest[1] == 'P') {
		s = s.complement()
	}
	return s, nil
}

// code reads \xHH, \x{H...} and \uHHHH.
func (r *rewriter) code(rest string) (set, bool, error) {
	length, hex := 4, ""
	if rest[1] == 'u' {
		length = 6
	}
	if len(rest) >= length {
		hex = rest[2:length]
	}
	if strings.HasPrefix(rest, `\x{`) {
		length = strings.IndexByte(rest, '}') + 1
		hex = rest[3:max(3, length-1)]
	}
	n, err := strconv.ParseUint(hex, 16, 32)
	if err != nil || n > maxRune {
		return nil, false, fmt.Errorf("%s is not followed by the number of a character", rest[:2])
	}
	r.at += length
	return char(rune(n)), true, nil
}

// class reads a bracketed class and writes it with every member spelled out.
func (r *rewriter) class() error {
	start := r.at
	negated := strings.HasPrefix(r.in[r.at:], "[^")
	r.at++
	if negated {
		r.at++
	}
	if strings.HasPrefix(r.in[r.at:], "]") {
		return errors.New("a character class is empty")
	}
	var members set
	for !strings.HasPrefix(r.in[r.at:], "]") {
		if r.at >= len(r.in) {
			r.at = start
			return errors.New("a character class is not closed")
		}
		item, err := r.item()
		if err != nil {
			return err
		}
		members = append(members, item...)
	}
	r.at++
	members = union(members...)
	if negated {
		members = members.complement()
	}
	r.out.WriteString(members.String())
	return nil
}

// item reads a member of a class: a character, a range of two, or a class after a backslash.
func (r *rewriter) item() (set, error) {
	first, single, err := r.member()
	rest := r.in[r.at:]
	if err != nil || !single || !strings.HasPrefix(rest, "-") || strings.HasPrefix(rest, "-]") || len(rest) == 1 {
		return first, err
	}
	r.at++
	last, single, err := r.member()
	if err != nil {
		return nil, err
	}
	if !single || last[0].First < first[0].First {
		return nil, errors.New("a range in a character class has no end after its start")
	}
	return set{{First: first[0].First, Last: last[0].First}}, nil
}

func (r *rewriter) member() (s set, single bool, err error) {
	rest := r.in[r.at:]
	switch {
	case strings.HasPrefix(rest, "["), strings.HasPrefix(rest, "&&"):
		return nil, false, fmt.Errorf("the construct %q in a character class is not supported", rest[:min(2, len(rest))])
	case strings.HasPrefix(rest, `\`):
		return r.escaped()
	}
	c, n := utf8.DecodeRuneInString(rest)
	r.at += n
	return char(c), true, nil
}
