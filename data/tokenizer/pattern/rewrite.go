package pattern

import (
	"fmt"
	"strings"

	"github.com/dlclark/regexp2/v2"

	"github.com/osft-project/osft/data/tokenizer/text"
	"github.com/osft-project/osft/data/tokenizer/unicode"
)

// longest is the limit on a regular expression, in bytes; the longest in use has 700.
const longest = 16 << 10

// compile makes a pattern of an expression that no scanner is known for.
func compile(source string) (*Pattern, error) {
	if len(source) > longest {
		return nil, fmt.Errorf("the regular expression has %d bytes, at most %d are read", len(source), longest)
	}
	r := rewriter{in: source}
	if err := r.rewrite(); err != nil {
		return nil, fmt.Errorf("the regular expression %q, byte %d: %w", source, r.at, err)
	}
	re, err := regexp2.Compile(r.out.String(), regexp2.OptionMaxBacktrackingStackSize(-1))
	if err != nil {
		return nil, fmt.Errorf("the regular expression %q does not compile: %w", source, err)
	}
	return &Pattern{matches: func(s string, dst []text.Span) []text.Span { return all(re, s, dst) }}, nil
}

func all(re *regexp2.Regexp, s string, dst []text.Span) []text.Span {
	found, err := re.FindAllStringIndex(s, -1)
	if err != nil {
		panic("pattern: matching without limits failed: " + err.Error())
	}
	for _, m := range found {
		dst = append(dst, text.Span{Start: m[0], End: m[1]})
	}
	return dst
}

// rewriter turns Oniguruma's syntax into that of regexp2 where both have the construct, and refuses where one lacks it.
type rewriter struct {
	in  string
	at  int
	out strings.Builder
}

func (r *rewriter) rewrite() error {
	for r.at < len(r.in) {
		var err error
		switch c := r.in[r.at]; c {
		case '\\':
			err = r.escape()
		case '[':
			err = r.class()
		case '(':
			err = r.group()
		case '{':
			err = r.interval()
		case '^', '$': // at every line, always
			r.take(1, "(?m:"+string(c)+")")
		default:
			n := size(r.in, r.at)
			r.take(n, r.in[r.at:r.at+n])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// take goes on by n bytes and writes what stands for them.
func (r *rewriter) take(n int, out string) {
	r.at += n
	r.out.WriteString(out)
}

// groups are the openings that mean the same to both engines.
var groups = []string{"(?:", "(?i:", "(?=", "(?!", "(?<=", "(?<!", "(?>"}

func (r *rewriter) group() error {
	rest := r.in[r.at:]
	if !strings.HasPrefix(rest, "(?") {
		r.take(1, "(")
		return nil
	}
	for _, g := range groups {
		if strings.HasPrefix(rest, g) {
			r.take(len(g), g)
			return nil
		}
	}
	if strings.HasPrefix(rest, "(?i)") && r.at == 0 { // further on, the engines differ in what an alternative inherits
		r.take(4, "(?i)")
		return nil
	}
	return fmt.Errorf("the construct %q is not supported here", rest[:min(len(rest), 4)])
}

// interval reads {n}, {n,}, {,m} and {n,m}; any other brace is itself.
func (r *rewriter) interval() error {
	rest := r.in[r.at:]
	end := strings.IndexByte(rest, '}')
	low, high, comma := "", "", false
	if end > 0 {
		low, high, comma = strings.Cut(rest[1:end], ",")
	}
	if end <= 1 || !digits(low) || !digits(high) || low == "" && high == "" {
		r.take(1, `\{`)
		return nil
	}
	after := rest[end+1:]
	if strings.HasPrefix(after, "+") || !comma && strings.HasPrefix(after, "?") {
		return fmt.Errorf("the construct %q is not supported", rest[:end+2])
	}
	if low == "" {
		low = "0"
	}
	out := "{" + low
	if comma {
		out += "," + high
	}
	r.take(end+1, out+"}")
	return nil
}

func digits(s string) bool { return strings.Trim(s, "0123456789") == "" }

func (r *rewriter) escape() error {
	word := set(unicode.Ranges(unicode.Word)).String()
	switch rest := r.in[r.at:]; {
	case strings.HasPrefix(rest, `\b`):
		r.take(2, fmt.Sprintf("(?:(?<=%[1]s)(?!%[1]s)|(?<!%[1]s)(?=%[1]s))", word))
	case strings.HasPrefix(rest, `\B`):
		r.take(2, fmt.Sprintf("(?:(?<=%[1]s)(?=%[1]s)|(?<!%[1]s)(?!%[1]s))", word))
	case strings.HasPrefix(rest, `\A`), strings.HasPrefix(rest, `\z`):
		r.take(2, rest[:2])
	default:
		s, _, err := r.escaped()
		if err != nil {
			return err
		}
		r.out.WriteString(s.String())
	}
	return nil
}
