package recipe

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Resolved is the recipe with every default written out, in the order of the table. Keys that have no default and were not
// stated are left out. Reading it gives the same recipe again.
func (r *Recipe) Resolved() []byte {
	var out bytes.Buffer
	section := ""
	for _, f := range fields {
		value := r.written(f)
		if value == "" {
			continue
		}
		for _, level := range opened(section, f.section()) {
			out.WriteString(level + "\n")
		}
		section = f.section()
		out.WriteString(indent(f.key) + f.key[len(section)+1:] + ": " + value + "\n")
	}
	return out.Bytes()
}

// opened lists the section lines between one key's section and the next one's.
func opened(from, to string) (lines []string) {
	if from == to || strings.HasPrefix(from, to+".") {
		return nil
	}
	parts := strings.Split(to, ".")
	for i := range parts {
		prefix := strings.Join(parts[:i+1], ".")
		if from != prefix && !strings.HasPrefix(from, prefix+".") {
			lines = append(lines, indent(prefix)+parts[i]+":")
		}
	}
	return lines
}

func indent(key string) string { return strings.Repeat("  ", strings.Count(key, ".")) }

// Written is the value of a key as the resolved recipe has it, or "" for a key without a value.
func (r *Recipe) Written(key string) string {
	f, ok := byKey(key)
	if !ok {
		return ""
	}
	return r.written(f)
}

func (r *Recipe) written(f field) string {
	_, set := r.origins[f.key]
	if !r.reads(f.key) {
		return ""
	}
	switch value := f.at(r).(type) {
	case *string:
		if *value == "" && !set {
			return ""
		}
		return quote(*value)
	case *bool:
		return strconv.FormatBool(*value)
	case *int:
		if *value == 0 && !set && f.def == "" {
			return ""
		}
		return strconv.Itoa(*value)
	case *uint64:
		return strconv.FormatUint(*value, 10)
	case *float64:
		if *value == 0 && !set && f.def == "" {
			return ""
		}
		return strconv.FormatFloat(*value, 'g', -1, 64)
	case *[]string:
		items := make([]string, len(*value))
		for i, item := range *value {
			items[i] = quote(item)
		}
		return "[" + strings.Join(items, ", ") + "]"
	}
	return ""
}

// simple is text that YAML reads as the same string without quotes, inside a list too.
var simple = regexp.MustCompile(`^[A-Za-z_./][A-Za-z0-9_./-]*$`)

// quote writes a string so that YAML reads it back. Go's escapes of a quoted ASCII string are YAML's as well.
func quote(text string) string {
	switch strings.ToLower(text) {
	case "true", "false", "yes", "no", "on", "off", "null", "y", "n", "~", ".inf", ".nan":
		return strconv.Quote(text)
	}
	if simple.MatchString(text) && !number.MatchString(text) {
		return text
	}
	return strconv.QuoteToASCII(text)
}

// Choice is a key with the value that a new recipe begins with, and why.
type Choice struct {
	Key, Value string // Value is YAML text
	Reason     string // a comment; "" takes the key's meaning
}

// Start writes a new recipe with the given choices, commented, and the most used other keys as comments with their defaults.
func Start(choices []Choice) []byte {
	chosen := map[string]Choice{}
	for _, c := range choices {
		chosen[c.Key] = c
	}
	var out bytes.Buffer
	out.WriteString("# A recipe of osft. Commented keys show their defaults; `osft schema` describes all keys.\n")
	section := ""
	for _, f := range fields {
		choice, stated := chosen[f.key]
		if !stated && !offered[f.key] {
			continue
		}
		for _, level := range opened(section, f.section()) {
			out.WriteString(level + "\n")
		}
		section = f.section()
		line := indent(f.key)
		if stated {
			line += f.key[len(section)+1:] + ": " + choice.Value
		} else {
			line += "# " + f.key[len(section)+1:] + ": " + f.def
		}
		comment := f.doc
		if choice.Reason != "" {
			comment = choice.Reason
		}
		fmt.Fprintf(&out, "%-44s # %s\n", line, strings.ReplaceAll(comment, "\n", " "))
	}
	return out.Bytes()
}

// Quote is a string as YAML text, for a Choice.
func Quote(text string) string { return quote(text) }

// offered are keys that a new recipe shows as comments.
var offered = map[string]bool{
	"data.validation_share": true, "data.order": true, "data.packing": true, "data.too_long": true,
	"train.what": true, "train.epochs": true, "train.lr": true, "train.schedule": true, "train.batch": true,
	"train.accumulate": true, "train.max_length": true, "train.seed": true, "train.weight_decay": true, "train.clip": true,
	"eval.samples": true, "output.dtype": true,
}
