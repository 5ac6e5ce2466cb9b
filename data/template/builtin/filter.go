package builtin

import (
	"errors"
	"fmt"
	"strings"

	"github.com/osft-project/osft/data/template/value"
)

// Filter is x|name(args).
type Filter func(x any, a Args) (any, error)

// Filters are Jinja's filters by name, tojson as Transformers defines it. Those that make HTML or are random are not there.
var Filters map[string]Filter

func init() {
	Filters = map[string]Filter{
		"abs": absolute, "attr": attr, "batch": batch, "capitalize": onText("capitalize"), "center": center, "count": length,
		"d": otherwise, "default": otherwise, "dictsort": dictSort, "first": first, "float": toFloat, "format": formatted,
		"groupby": groupBy, "indent": indent, "int": toInt, "items": items, "join": joinAll, "last": last, "length": length,
		"list": toList, "lower": onText("lower"), "map": mapped, "max": extreme(1), "min": extreme(-1), "reject": selected(false, false),
		"rejectattr": selected(true, false), "replace": onText("replace"), "reverse": reverse, "round": round, "safe": safe,
		"select": selected(false, true), "selectattr": selected(true, true), "slice": columns, "sort": sorted, "string": str,
		"sum": sum, "title": titled, "tojson": toJSON, "trim": onText("strip"), "truncate": truncate, "unique": unique,
		"upper": onText("upper"), "wordcount": wordCount,
	}
}

// FilterOf finds a filter by its name.
func FilterOf(name string) (Filter, error) {
	if f := Filters[name]; f != nil {
		return f, nil
	}
	return nil, fmt.Errorf("the filter %s is not known", name)
}

// onText applies a method of strings to a value's text.
func onText(method string) Filter {
	return func(x any, a Args) (any, error) {
		s, err := value.Text(x)
		if err != nil {
			return nil, err
		}
		return textMethods[method](s, a)
	}
}

func str(x any, a Args) (any, error) {
	if _, err := a.bind(0); err != nil {
		return nil, err
	}
	if _, marked := x.(value.Safe); marked {
		return x, nil
	}
	return value.Text(x)
}

func safe(x any, a Args) (any, error) {
	_, err := a.bind(0)
	return value.Safe(value.Str(x)), err
}

func titled(x any, a Args) (any, error) {
	if _, err := a.bind(0); err != nil {
		return nil, err
	}
	s, err := value.Text(x)
	return value.TitleWords(s), err
}

func center(x any, a Args) (any, error) {
	p, err := a.bind(0, "width")
	if err != nil {
		return nil, err
	}
	s, err := value.Text(x)
	if err != nil {
		return nil, err
	}
	return pad(1)(s, Args{Place: []any{given(p[0], int64(80))}})
}

// otherwise is the filter default.
func otherwise(x any, a Args) (any, error) {
	p, err := a.bind(0, "default_value", "boolean")
	if err != nil {
		return nil, err
	}
	if undefined(x) || truth(p[1]) && !value.True(x) {
		return given(p[0], ""), nil
	}
	return x, nil
}

func length(x any, a Args) (any, error) {
	if _, err := a.bind(0); err != nil {
		return nil, err
	}
	n, err := value.Len(x)
	return int64(n), err
}

func formatted(x any, a Args) (any, error) {
	s, err := value.Text(x)
	if err != nil {
		return nil, err
	}
	if len(a.keys()) > 0 {
		if len(a.Place) > 0 {
			return nil, errors.New("takes arguments by place or by name, not both")
		}
		return value.Percent(s, a.Named)
	}
	return value.Percent(s, value.NewTuple(a.Place...))
}

// indent puts a width of spaces, or a text, before all lines but the first.
func indent(x any, a Args) (any, error) {
	p, err := a.bind(0, "width", "first", "blank")
	if err != nil {
		return nil, err
	}
	by, ok := p[0].(string)
	if !ok {
		width, err := whole(p[0], 4)
		if err != nil {
			return nil, err
		}
		if width > 1000 {
			return nil, errLarge
		}
		by = strings.Repeat(" ", max(width, 0))
	}
	source, err := text(x, "")
	if err != nil {
		return nil, err
	}
	source += "\n"
	if n := strings.Count(source, "\n"); len(source)+n*len(by) > value.MaxText {
		return nil, errLarge
	}
	lines := value.Lines(source, false)
	var b strings.Builder
	for i, line := range lines {
		line := line.(string)
		if i > 0 {
			b.WriteByte('\n')
		}
		if i == 0 && truth(p[1]) || i > 0 && (line != "" || truth(p[2])) {
			b.WriteString(by)
		}
		b.WriteString(line)
	}
	return b.String(), nil
}

// truncate cuts a text that is more than leeway longer than length.
func truncate(x any, a Args) (any, error) {
	p, err := a.bind(0, "length", "killwords", "end", "leeway")
	if err != nil {
		return nil, err
	}
	limit, err := whole(p[0], 255)
	if err != nil {
		return nil, err
	}
	end, err := text(p[2], "...")
	if err != nil {
		return nil, err
	}
	leeway, err := whole(given(p[3], int64(5)), 5)
	if err != nil {
		return nil, err
	}
	whole, err := text(x, "")
	if err != nil {
		return nil, err
	}
	letters := []rune(whole)
	keep := limit - len([]rune(end))
	if keep < 0 || leeway < 0 {
		return nil, errors.New("the length is shorter than the end")
	}
	if len(letters) <= limit+leeway {
		return string(letters), nil
	}
	s := string(letters[:keep])
	if i := strings.LastIndexByte(s, ' '); i >= 0 && !truth(p[1]) {
		s = s[:i]
	}
	return s + end, nil
}

func wordCount(x any, a Args) (any, error) {
	if _, err := a.bind(0); err != nil {
		return nil, err
	}
	s, err := value.Text(x)
	if err != nil {
		return nil, err
	}
	var n int64
	within := false
	for _, r := range s {
		word := r == '_' || value.Is(string(r), "alnum")
		if word && !within {
			n++
		}
		within = word
	}
	return n, nil
}

// toJSON is Transformers' tojson: nothing is escaped for HTML, and beyond ASCII only with ensure_ascii.
func toJSON(x any, a Args) (any, error) {
	p, err := a.bind(0, "ensure_ascii", "indent", "separators", "sort_keys")
	if err != nil {
		return nil, err
	}
	j := value.JSON{ASCII: truth(p[0]), Sorted: truth(p[3]), Item: ", ", Pair: ": "}
	switch by := given(p[1], nil).(type) {
	case nil:
	case string:
		j.Lines, j.Indent, j.Item = true, by, ","
	default:
		width, err := whole(by, 0)
		if err != nil {
			return nil, err
		}
		if width > 1000 {
			return nil, errLarge
		}
		j.Lines, j.Indent, j.Item = true, strings.Repeat(" ", max(width, 0)), ","
	}
	if sep := given(p[2], nil); sep != nil {
		parts, err := value.Iterate(sep)
		if err != nil {
			return nil, err
		}
		if len(parts) != 2 || !isText(parts[0]) || !isText(parts[1]) {
			return nil, errors.New("separators needs two texts")
		}
		j.Item, j.Pair = value.Str(parts[0]), value.Str(parts[1])
	}
	return j.Write(x)
}
