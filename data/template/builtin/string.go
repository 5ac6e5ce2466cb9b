package builtin

import (
	"errors"
	"fmt"
	"strings"

	"github.com/osft-project/osft/data/template/value"
)

var textMethods = map[string]func(string, Args) (any, error){
	"upper":        plain(value.Upper),
	"lower":        plain(value.Lower),
	"title":        plain(value.Title),
	"capitalize":   plain(value.Capitalize),
	"swapcase":     plain(swapCase),
	"isalpha":      is("alpha"),
	"isdigit":      is("digit"),
	"isdecimal":    is("digit"),
	"isnumeric":    is("digit"),
	"isalnum":      is("alnum"),
	"isspace":      is("space"),
	"isupper":      is("upper"),
	"islower":      is("lower"),
	"strip":        strip(true, true),
	"lstrip":       strip(true, false),
	"rstrip":       strip(false, true),
	"split":        split(false),
	"rsplit":       split(true),
	"splitlines":   splitLines,
	"startswith":   ends(strings.HasPrefix),
	"endswith":     ends(strings.HasSuffix),
	"removeprefix": remove(strings.TrimPrefix),
	"removesuffix": remove(strings.TrimSuffix),
	"find":         find(strings.Index, false),
	"rfind":        find(strings.LastIndex, false),
	"index":        find(strings.Index, true),
	"rindex":       find(strings.LastIndex, true),
	"count":        count,
	"replace":      replace,
	"join":         join,
	"partition":    partition(strings.Index, false),
	"rpartition":   partition(strings.LastIndex, true),
	"center":       pad(1),
	"ljust":        pad(0),
	"rjust":        pad(2),
	"zfill":        zfill,
	"format":       func(s string, a Args) (any, error) { return format(s, a) },
}

func format(s string, a Args) (any, error) {
	named := a.Named
	if named == nil {
		named = &value.Dict{}
	}
	return value.Format(s, a.Place, named)
}

func plain(f func(string) string) func(string, Args) (any, error) {
	return func(s string, a Args) (any, error) {
		_, err := a.bind(0)
		return f(s), err
	}
}

func swapCase(s string) string {
	var b strings.Builder
	for _, r := range s {
		if c := string(r); value.Upper(c) != c {
			b.WriteString(value.Upper(c))
		} else {
			b.WriteString(value.Lower(c))
		}
	}
	return b.String()
}

func is(what string) func(string, Args) (any, error) {
	return func(s string, a Args) (any, error) {
		_, err := a.bind(0)
		return value.Is(s, what), err
	}
}

func strip(left, right bool) func(string, Args) (any, error) {
	return func(s string, a Args) (any, error) {
		p, err := a.bind(0, "chars")
		if err != nil {
			return nil, err
		}
		set, err := optional(p[0])
		return value.Strip(s, set, left, right), err
	}
}

func split(right bool) func(string, Args) (any, error) {
	return func(s string, a Args) (any, error) {
		p, err := a.bind(0, "sep", "maxsplit")
		if err != nil {
			return nil, err
		}
		sep, err := optional(p[0])
		if err != nil {
			return nil, err
		}
		if sep != nil && *sep == "" {
			return nil, errors.New("empty separator")
		}
		limit, err := whole(p[1], -1)
		if err != nil {
			return nil, err
		}
		return value.NewList(value.Split(s, sep, limit, right)...), nil
	}
}

func splitLines(s string, a Args) (any, error) {
	p, err := a.bind(0, "keepends")
	if err != nil {
		return nil, err
	}
	return value.NewList(value.Lines(s, truth(p[0]))...), nil
}

func remove(trim func(s, part string) string) func(string, Args) (any, error) {
	return func(s string, a Args) (any, error) {
		p, err := a.bind(1, "prefix")
		if err != nil {
			return nil, err
		}
		part, err := text(p[0], "")
		return trim(s, part), err
	}
}

func count(s string, a Args) (any, error) {
	p, err := a.bind(1, "sub")
	if err != nil {
		return nil, err
	}
	part, err := text(p[0], "")
	return int64(strings.Count(s, part)), err
}

// replace is the method and, behind its text, the filter.
func replace(s string, a Args) (any, error) {
	p, err := a.bind(2, "old", "new", "count")
	if err != nil {
		return nil, err
	}
	from, err := text(p[0], "")
	if err != nil {
		return nil, err
	}
	to, err := text(p[1], "")
	if err != nil {
		return nil, err
	}
	n, err := whole(given(p[2], int64(-1)), -1)
	if err != nil {
		return nil, err
	}
	times := strings.Count(s, from)
	if n >= 0 {
		times = min(times, n)
	}
	if len(s)+times*max(len(to)-len(from), 0) > value.MaxText {
		return nil, errLarge
	}
	return strings.Replace(s, from, to, n), nil
}

var errLarge = errors.New("the value is larger than a template may make")

func join(sep string, a Args) (any, error) {
	p, err := a.bind(1, "iterable")
	if err != nil {
		return nil, err
	}
	items, err := value.Iterate(p[0])
	if err != nil {
		return nil, err
	}
	parts := make([]string, len(items))
	for i, item := range items {
		s, ok := item.(string)
		if !ok {
			return nil, fmt.Errorf("sequence item %d: expected str instance, %s found", i, value.TypeName(item))
		}
		parts[i] = s
	}
	return joined(parts, sep)
}

// joined joins texts within the limit.
func joined(parts []string, sep string) (any, error) {
	n := 0
	for _, p := range parts {
		if n += len(p) + len(sep); n > value.MaxText {
			return nil, errLarge
		}
	}
	return strings.Join(parts, sep), nil
}

func partition(index func(s, part string) int, right bool) func(string, Args) (any, error) {
	return func(s string, a Args) (any, error) {
		p, err := a.bind(1, "sep")
		if err != nil {
			return nil, err
		}
		sep, err := text(p[0], "")
		if err != nil {
			return nil, err
		}
		if sep == "" {
			return nil, errors.New("empty separator")
		}
		if i := index(s, sep); i >= 0 {
			return value.NewTuple(s[:i], sep, s[i+len(sep):]), nil
		}
		if right {
			return value.NewTuple("", "", s), nil
		}
		return value.NewTuple(s, "", ""), nil
	}
}

// pad fills a text up to a width: in front of it (2), behind it (0), or around it (1).
func pad(side int) func(string, Args) (any, error) {
	return func(s string, a Args) (any, error) {
		p, err := a.bind(1, "width", "fillchar")
		if err != nil {
			return nil, err
		}
		width, err := whole(p[0], 0)
		if err != nil {
			return nil, err
		}
		fill, err := text(p[1], " ")
		if err != nil {
			return nil, err
		}
		n := strings.Count(s, "") - 1
		missing := max(width-n, 0)
		if strings.Count(fill, "") != 2 {
			return nil, errors.New("the fill character must be exactly one character long")
		}
		if missing > value.MaxText/4 {
			return nil, errLarge
		}
		left := missing * side / 2
		if side == 1 {
			left = missing/2 + missing&width&1
		}
		return strings.Repeat(fill, left) + s + strings.Repeat(fill, missing-left), nil
	}
}

func zfill(s string, a Args) (any, error) {
	p, err := a.bind(1, "width")
	if err != nil {
		return nil, err
	}
	width, err := whole(p[0], 0)
	if err != nil {
		return nil, err
	}
	missing := width - (strings.Count(s, "") - 1)
	if missing <= 0 {
		return s, nil
	}
	if missing > value.MaxText/4 {
		return nil, errLarge
	}
	sign := ""
	if strings.HasPrefix(s, "+") || strings.HasPrefix(s, "-") {
		sign, s = s[:1], s[1:]
	}
	return sign + strings.Repeat("0", missing) + s, nil
}
