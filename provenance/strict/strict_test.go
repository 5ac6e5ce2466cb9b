package strict

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
)

func parse(t *testing.T, text string) Value {
	t.Helper()
	v, err := Parse([]byte(text), Limits{})
	if err != nil {
		t.Fatalf("Parse(%s): %v", text, err)
	}
	return v
}

func TestParseKeepsOrderAndDigits(t *testing.T) {
	v := parse(t, "{\"z\": [1, -2.50, 1e400],\n \"a\": {\"k\\n\": null}, \"\\u00e9\": \"\\ud83d\\ude00x\", \"t\": true}")
	members, err := v.Object()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range members {
		names = append(names, m.Name)
	}
	if want := []string{"z", "a", "é", "t"}; !slices.Equal(names, want) {
		t.Errorf("names %q, want %q", names, want)
	}
	list, err := members[0].Value.Array()
	if err != nil || len(list) != 3 || list[1].Raw() != "-2.50" || list[2].Raw() != "1e400" {
		t.Errorf("array %v, %v", list, err)
	}
	if s, err := members[2].Value.String(); s != "😀x" || err != nil {
		t.Errorf("string %q, %v", s, err)
	}
	inner, _ := v.Get("a")
	null, ok := inner.Get("k\n")
	if !ok || !null.IsNull() || null.Path() != "/a/k\n" || null.Line() != 2 {
		t.Errorf("null: %v %v path %q line %d", ok, null.Kind(), null.Path(), null.Line())
	}
	if list[1].Path() != "/z/1" {
		t.Errorf("path %q", list[1].Path())
	}
	if b, err := members[3].Value.Bool(); !b || err != nil {
		t.Errorf("bool %v %v", b, err)
	}
	if _, ok := list[0].Get("x"); ok {
		t.Error("a number has a member")
	}
}

func TestParseRefuses(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"duplicate", "{\"a\": 1,\n\"b\": {\"c\": 1, \"c\": 2}}", "line 2, byte 23: /b/c: the name appears twice in its object"},
		{"duplicate escaped", `{"a": 1, "\u0061": 2}`, "/a: the name appears twice in its object"},
		{"utf8", "{\"a\": \"\xff\"}", "invalid UTF-8"},
		{"surrogate", `["\ud800"]`, "surrogate"},
		{"trailing value", `{} {}`, "text after the end of the JSON value"},
		{"trailing comma", `[1,]`, "invalid character"},
		{"trailing garbage", `{} x`, "invalid character 'x'"},
		{"comment", "// no\n{}", "invalid character '/'"},
		{"empty", "", "the text ends before the JSON value does"},
		{"cut", `{"a": [1`, "unexpected EOF"},
		{"cut string", `{"a": "x\`, "unexpected EOF"},
		{"leading zero", `[01]`, "invalid character"},
		{"nan", `[NaN]`, "invalid character 'N'"},
		{"mismatched", `[1}`, "invalid character '}'"},
		{"stray bracket", `]`, "invalid character ']'"},
		{"deep", strings.Repeat("[", 200_000), "line 1, byte 64: nested more than 64 deep"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse([]byte(tt.text), Limits{})
			var e *Error
			if !errors.As(err, &e) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if err := Unmarshal([]byte(tt.text), new(any), Limits{}); err == nil {
				t.Error("Unmarshal accepts it")
			}
		})
	}
}

func TestLimits(t *testing.T) {
	tests := []struct {
		name, text string
		limits     Limits
		want       string
	}{
		{"size", `[1, 2]`, Limits{Size: 5}, "6 bytes of JSON, at most 5 are read"},
		{"depth", `[[[1]]]`, Limits{Depth: 2}, "nested more than 2 deep"},
		{"values", `[1, 2, 3]`, Limits{Values: 3}, "more than 3 values"},
		{"text is no structure", `["[[[[,,,,::::\"[["]`, Limits{Depth: 1, Values: 2}, ""},
		{"exactly", `[[1]]`, Limits{Size: 5, Depth: 2, Values: 3}, ""},
	}
	for _, tt := range tests {
		_, err := Parse([]byte(tt.text), tt.limits)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
}

func TestWrongKinds(t *testing.T) {
	v := parse(t, `{"i": 2.0, "big": 18446744073709551616, "neg": -1, "huge": 1e400, "s": "x"}`)
	get := func(name string) Value { m, _ := v.Get(name); return m }
	calls := []struct {
		call func() error
		want string
	}{
		{func() error { _, err := get("i").Int64(); return err }, "line 1, byte 6: /i: 2.0 is not an integer of 64 bits"},
		{func() error { _, err := get("big").Int64(); return err }, "is not an integer of 64 bits"},
		{func() error { _, err := get("neg").Uint64(); return err }, "-1 is not an integer between 0 and 2^64-1"},
		{func() error { _, err := get("huge").Float64(); return err }, "1e400 is beyond the range of a float64"},
		{func() error { _, err := get("s").Int64(); return err }, "/s: is a string, must be a number"},
		{func() error { _, err := get("s").Uint64(); return err }, "is a string, must be a number"},
		{func() error { _, err := get("s").Float64(); return err }, "is a string, must be a number"},
		{func() error { _, err := get("s").Object(); return err }, "is a string, must be an object"},
		{func() error { _, err := get("s").Array(); return err }, "is a string, must be an array"},
		{func() error { _, err := get("s").Bool(); return err }, "is a string, must be a boolean"},
		{func() error { _, err := v.String(); return err }, "line 1, byte 0: is an object, must be a string"},
		{func() error { _, err := (Value{}).String(); return err }, "is null, must be a string"},
		{func() error { return get("s").Errorf("no %d", 7) }, "/s: no 7"},
	}
	for _, c := range calls {
		if err := c.call(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
	if n, err := get("neg").Int64(); n != -1 || err != nil {
		t.Errorf("neg: %d, %v", n, err)
	}
}

func TestUnmarshal(t *testing.T) {
	type config struct {
		Hidden int `json:"hidden_size"`
	}
	tests := []struct{ name, text, want string }{
		{"unknown", `{"hidden": 1}`, "/hidden: the name is not known here"},
		{"case", `{"Hidden_Size": 1}`, "/Hidden_Size: the name is not known here"},
		{"type", "{\n\"hidden_size\": \"x\"}", "line 2, byte 17: /hidden_size: is a string, which does not fit int"},
		{"range", `{"hidden_size": 1e30}`, "/hidden_size: is a number, which does not fit int"},
		{"good", `{"hidden_size": 8}`, ""},
	}
	for _, tt := range tests {
		var c config
		err := Unmarshal([]byte(tt.text), &c, Limits{})
		if tt.want == "" {
			if err != nil || c.Hidden != 8 {
				t.Errorf("%s: %v, %v", tt.name, c, err)
			}
		} else if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
}

func TestMarshal(t *testing.T) {
	v := Ordered{{"z", map[string]int{"b": 1, "a": 2}}, {"a", 1e-5}, {"kept", parse(t, `{"y":1.50,"x":[]}`)}, {"s", "<é>"}}
	want := "{\n  \"z\": {\n    \"a\": 2,\n    \"b\": 1\n  },\n  \"a\": 0.00001,\n  \"kept\": {\n    \"y\": 1.50,\n    \"x\": []\n  },\n  \"s\": \"<é>\"\n}\n"
	for range 20 {
		got, err := Marshal(v)
		if err != nil || string(got) != want {
			t.Fatalf("got %s, %v", got, err)
		}
	}
	line, err := MarshalLine(v)
	if want := `{"z":{"a":2,"b":1},"a":0.00001,"kept":{"y":1.50,"x":[]},"s":"<é>"}`; err != nil || string(line) != want {
		t.Errorf("line %s, %v", line, err)
	}
	for _, bad := range []any{Ordered{{"a", 1}, {"a", 2}}, math.NaN(), "\xff"} {
		if out, err := Marshal(bad); err == nil {
			t.Errorf("Marshal(%v) gives %s", bad, out)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{`{"a": [1, "x\n", null, true]}`, `[[],{}]`, `{"a":1,"a":2}`, `"\ud83d\ude00"`, `1e400`, ``} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := Parse(data, Limits{Size: 1 << 16, Values: 1 << 12})
		if err != nil {
			_ = err.Error()
			return
		}
		walk(t, v)
	})
}

func walk(t *testing.T, v Value) {
	_ = v.Path()
	again, err := Parse([]byte(v.Raw()), Limits{})
	if err != nil || again.Raw() != v.Raw() {
		t.Fatalf("%q does not parse again: %v", v.Raw(), err)
	}
	members, _ := v.Object()
	for _, m := range members {
		if got, ok := v.Get(m.Name); !ok || got != m.Value {
			t.Fatalf("Get(%q) does not find its member", m.Name)
		}
		walk(t, m.Value)
	}
	elements, _ := v.Array()
	for _, e := range elements {
		walk(t, e)
	}
}
