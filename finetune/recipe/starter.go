package recipe

import (
	"bytes"
	"fmt"
	"strings"
)

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
