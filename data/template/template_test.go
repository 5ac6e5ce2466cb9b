package template_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/osft-project/osft/data/template"
)

// TestExpressions compares with what Transformers made of more of the language than the shared vectors have.
func TestExpressions(t *testing.T) {
	data, err := os.ReadFile("testdata/expressions.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Values json.RawMessage
		Cases  []vector
	}
	if err := json.Unmarshal(data, &file); err != nil || len(file.Cases) == 0 {
		t.Fatal(len(file.Cases), err)
	}
	for _, v := range file.Cases {
		got, err := render(v.Source, string(file.Values))
		if err != nil || got.Text != v.Out {
			t.Errorf("%s\n  got  %q, %v\n  want %q", v.Source, got.Text, err, v.Out)
		}
	}
}

func TestGeneration(t *testing.T) {
	got, err := render("é{% for x in [1, 2] %}{% generation %}<{{ x }}ö>{% endgeneration %}, {% endfor %}", "{}")
	if err != nil || got.Text != "é<1ö>, <2ö>, " || len(got.Generation) != 2 {
		t.Fatal(got, err)
	}
	for i, want := range []string{"<1ö>", "<2ö>"} {
		if s := got.Generation[i]; got.Text[s.Start:s.End] != want {
			t.Errorf("span %d is %q, want %q", i, got.Text[s.Start:s.End], want)
		}
	}
}

func TestFrom(t *testing.T) {
	parsed, err := template.Parse("{{ x|tojson }}")
	if err != nil {
		t.Fatal(err)
	}
	object := template.Object{{Name: "z", Value: 1}, {Name: "a", Value: []any{nil, true, int64(2), 1.5, "<é>"}}}
	got, err := parsed.Render(template.Values{Variables: map[string]any{"x": object}})
	if want := `{"z": 1, "a": [null, true, 2, 1.5, "<é>"]}`; err != nil || got.Text != want {
		t.Errorf("%q, %v", got.Text, err)
	}
	_, err = parsed.Render(template.Values{Variables: map[string]any{"x": map[string]any{}}})
	if want := "chat template: x: a template takes no value of Go's type map[string]interface {}"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func FuzzRender(f *testing.F) {
	data, err := os.ReadFile("testdata/expressions.json")
	if err != nil {
		f.Fatal(err)
	}
	var file struct {
		Values json.RawMessage
		Cases  []vector
	}
	if err := json.Unmarshal(data, &file); err != nil {
		f.Fatal(err)
	}
	for _, v := range file.Cases {
		f.Add(v.Source)
	}
	f.Fuzz(func(t *testing.T, source string) {
		got, err := render(source, string(file.Values))
		if err != nil && got.Text != "" {
			t.Error("text beside an error")
		}
		for _, s := range got.Generation {
			if s.Start < 0 || s.Start > s.End || s.End > len(got.Text) {
				t.Errorf("span %v of %d bytes", s, len(got.Text))
			}
		}
	})
}
