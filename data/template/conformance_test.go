package template_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/osft-project/osft/data/template"
	"github.com/osft-project/osft/provenance/strict"
)

// vectorsMade is the day Transformers rendered the vectors, which strftime_now tells.
var vectorsMade = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

// vector is a template with its values and what Transformers' own environment made of it.
type vector struct {
	Template string
	Case     string
	Source   string `json:"src"`
	Values   string `json:"ctx"`
	Out      string
	Err      *string
}

func vectors(t *testing.T, name string) []vector {
	t.Helper()
	root := os.Getenv("OSFT_VECTORS")
	if root == "" {
		t.Skip("skipped: no vectors")
	}
	data, err := os.ReadFile(filepath.Join(root, "chat", name))
	if err != nil {
		t.Fatal(err)
	}
	var list []vector
	if err := json.Unmarshal(data, &list); err != nil || len(list) == 0 {
		t.Fatalf("%s: %d vectors, %v", name, len(list), err)
	}
	return list
}

// render renders a template with the values of a JSON text.
func render(source, values string) (template.Rendered, error) {
	t, err := template.Parse(source)
	if err != nil {
		return template.Rendered{}, err
	}
	object, err := strict.Parse([]byte(values), strict.Limits{})
	if err != nil {
		return template.Rendered{}, err
	}
	members, err := object.Object()
	if err != nil {
		return template.Rendered{}, err
	}
	variables := map[string]any{}
	for _, m := range members {
		variables[m.Name] = m.Value
	}
	return t.Render(template.Values{Variables: variables, Date: vectorsMade})
}

func (v vector) check(t *testing.T) {
	t.Helper()
	got, err := render(v.Source, v.Values)
	if v.Err != nil {
		var raised *template.Raised
		if !errors.As(err, &raised) || "TemplateError: "+raised.Message != *v.Err {
			t.Fatalf("error %v, want %s", err, *v.Err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if got.Text != v.Out {
		t.Fatalf("got  %q\nwant %q", got.Text, v.Out)
	}
}

func TestConformanceChat(t *testing.T) {
	list := vectors(t, "cases.json")
	for _, v := range list {
		t.Run(v.Template+"/"+v.Case, v.check)
	}
	t.Logf("%d cases", len(list))
}

func TestConformanceExpressions(t *testing.T) {
	list := vectors(t, "expr.json")
	for _, v := range list {
		t.Run(strings.ReplaceAll(v.Source, "/", "∕"), v.check)
	}
	t.Logf("%d expressions", len(list))
}
