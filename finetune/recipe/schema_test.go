package recipe

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/osft-project/osft/provenance/strict"
)

// TestSchema: every key of the table is in the schema, with its type, meaning, values and default, and no other key is.
func TestSchema(t *testing.T) {
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	schema, err := strict.Parse(text, strict.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	walkSchema(t, schema, "", &keys)
	docs := Docs()
	if len(keys) != len(docs) {
		t.Errorf("%d keys, the table has %d", len(keys), len(docs))
	}
	for _, d := range docs {
		if !slices.Contains(keys, d.Key) || d.Meaning == "" || d.Type == "" {
			t.Errorf("%+v", d)
		}
		v := schema
		for _, name := range strings.Split(d.Key, ".") {
			v = inside(t, inside(t, v, "properties"), name)
		}
		if meaning, _ := inside(t, v, "description").String(); meaning != d.Meaning {
			t.Errorf("%s means %q", d.Key, meaning)
		}
		if _, ok := v.Get("default"); ok != (d.Default != "") {
			t.Errorf("%s: default %v, the table has %q", d.Key, ok, d.Default)
		}
		checkDefault(t, d, v)
		if _, ok := v.Get("enum"); ok != (len(d.Values) > 0) {
			t.Errorf("%s: enum %v, the table has %q", d.Key, ok, d.Values)
		}
	}
	for _, part := range []string{`"default": ["all"]`, `"exclusiveMinimum": 0`, `"exclusiveMaximum": 1`, `"maximum": 0.5`, `"minLength": 1`} {
		if !strings.Contains(squeeze(string(text)), squeeze(part)) {
			t.Errorf("nowhere %s", part)
		}
	}
}

// checkDefault: the default of the schema has the key's type and is what a recipe without the key has.
func checkDefault(t *testing.T, d Doc, v strict.Value) {
	t.Helper()
	value, ok := v.Get("default")
	if !ok {
		return
	}
	got := string(value.Raw())
	var err error
	switch d.Type {
	case "string":
		got, err = value.String()
	case "boolean":
		_, err = value.Bool()
	case "integer":
		_, err = value.Int64()
	case "number":
		_, err = value.Float64()
	case "list":
		_, err = value.Array()
		got = strings.ReplaceAll(got, `"`, "")
	default:
		t.Errorf("%s has the type %q", d.Key, d.Type)
	}
	want := parsed(t, with("data.format: prompt")).Written(d.Key)
	if onlyIn[d.Key] == "text" {
		want = parsed(t, least).Written(d.Key)
	}
	if d.Type == "number" || d.Type == "integer" {
		a, errA := strconv.ParseFloat(got, 64)
		b, errB := strconv.ParseFloat(want, 64)
		if a != b || errA != nil || errB != nil {
			t.Errorf("%s: default %s in the schema, %s where nothing is stated", d.Key, got, want)
		}
	} else if squeeze(got) != want {
		t.Errorf("%s: default %s in the schema, %s where nothing is stated", d.Key, got, want)
	}
	if err != nil || len(d.Values) > 0 && !slices.Contains(d.Values, got) {
		t.Errorf("%s: default %s is no %s of %q: %v", d.Key, got, d.Type, d.Values, err)
	}
}

func inside(t *testing.T, v strict.Value, name string) strict.Value {
	t.Helper()
	inner, ok := v.Get(name)
	if !ok {
		t.Fatalf("%s: no %s", v.Path(), name)
	}
	return inner
}

// walkSchema lists the keys of a schema, and checks that it allows no others.
func walkSchema(t *testing.T, v strict.Value, prefix string, keys *[]string) {
	properties, ok := v.Get("properties")
	if !ok {
		*keys = append(*keys, prefix)
		return
	}
	if more, err := inside(t, v, "additionalProperties").Bool(); more || err != nil {
		t.Errorf("%s allows any key", prefix)
	}
	members, err := properties.Object()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range members {
		walkSchema(t, m.Value, strings.TrimPrefix(prefix+"."+m.Name, "."), keys)
	}
}

// TestTable: keys and what other tools call them are each there once, sections before their sections.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range fields {
		for _, word := range append([]string{f.key}, f.alias...) {
			if seen[word] {
				t.Errorf("%s is there twice", word)
			}
			seen[word] = true
		}
		for _, word := range f.alias {
			want := "did you mean " + f.key + "?"
			_, err := Parse("r.yaml", []byte(least+word+": 1\n"), nil)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %s", word, err, want)
			}
		}
	}
}
