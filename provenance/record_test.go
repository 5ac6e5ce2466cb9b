package provenance

import (
	"bytes"
	"reflect"
	"runtime/debug"
	"strings"
	"testing"
	"time"
)

func sampleRun() Run {
	return Run{
		Format:      RunFormat,
		Numerics:    Numerics{Profile: "osft-1", SHA256: "00"},
		Base:        Base{ModelType: "llama", UnknownKeys: []string{}, Extra: []string{}, Files: []File{{"config.json", 2, "aa"}}},
		Recipe:      Recipe{Fields: []ResolvedField{{"train.lr", "0.0001", "stated"}}},
		Data:        Data{Files: []File{}, Rows: 3},
		Plan:        []Planned{{Name: "w", Shape: []int{2, 3}, DType: "F32", Trains: true, Decay: true}},
		Steps:       []Step{{Number: 1, Loss: 0.30000000000000004, Targets: 3, GradNorm: 1e-30, Rate: 5e-5}},
		Evaluations: []Evaluation{{When: "before", Loss: 2}},
		Samples:     []Sample{{When: "before", Prompt: "<a>", Text: "b", Tokens: []int32{1}}},
		Result:      Result{Tensors: []TensorDigest{}, Files: []File{}},
	}
}

func TestRunComesBack(t *testing.T) {
	r := sampleRun()
	data, err := r.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	back, err := ParseRun(data)
	if err != nil || !reflect.DeepEqual(r, back) {
		t.Errorf("%v\ngot  %+v\nwant %+v", err, back, r)
	}
	again, err := back.Marshal()
	if err != nil || !bytes.Equal(data, again) {
		t.Errorf("%v: not the same text again", err)
	}
	if !bytes.Contains(data, []byte(`"loss": 0.30000000000000004,`)) {
		t.Errorf("a loss has lost digits:\n%s", data)
	}
}

func TestObservedComesBack(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	o := Observed{
		Format: ObservedFormat, RunSHA256: "ab", Program: ThisProgram(),
		Parts: []Part{{Started: at, Ended: at.Add(time.Minute), Last: 3, Tokens: 9, Seconds: 1.5, Machine: ThisMachine("generic")}},
	}
	data, err := o.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if back, err := ParseObserved(data); err != nil || !reflect.DeepEqual(o, back) {
		t.Errorf("%v\ngot  %+v\nwant %+v", err, back, o)
	}
	if len(o.Program.SHA256) != 64 {
		t.Errorf("binary: %q", o.Program.SHA256)
	}
}

func TestParseRefuses(t *testing.T) {
	tests := []struct{ text, want string }{
		{`{"format":"osft-run/1","extra_field":1}`, ": line 1, byte 23: /extra_field: the name is not known here"},
		{`{"format":"x"}`, `: format: "x", this version reads "osft-`},
		{`{`, ": line 1"},
	}
	for _, tt := range tests {
		if _, err := ParseRun([]byte(tt.text)); err == nil || !strings.HasPrefix(err.Error(), "run.json"+tt.want) {
			t.Errorf("got %v, want %q", err, tt.want)
		}
		text := strings.Replace(tt.text, "osft-run/1", "osft-obse", 1)
		if _, err := ParseObserved([]byte(text)); err == nil || !strings.HasPrefix(err.Error(), "observed.json"+strings.Replace(tt.want, "23", "22", 1)) {
			t.Errorf("got %v, want %q", err, tt.want)
		}
	}
	r := sampleRun()
	r.Steps[0].Loss /= 0 * r.Steps[0].Loss
	if _, err := r.Marshal(); err == nil {
		t.Error("an infinite loss was written")
	}
}

func TestProgramOf(t *testing.T) {
	p := programOf(&debug.BuildInfo{
		Path: "example.org/cmd", Main: debug.Module{Version: "v1.2.3"},
		Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.modified", Value: "true"}},
		Deps: []*debug.Module{
			{Path: "example.org/a", Version: "v1.0.0", Sum: "h1:x"},
			{Path: "example.org/b", Version: "v1.0.0", Replace: &debug.Module{Path: "../local/b"}},
			{Path: "example.org/c", Version: "v1.0.0", Replace: &debug.Module{Path: "example.org/d", Version: "v2.0.0", Sum: "h1:y"}},
		},
	})
	want := []Module{{"example.org/a", "v1.0.0", "h1:x"}, {"example.org/b", "", ""}, {"example.org/d", "v2.0.0", "h1:y"}}
	if p.Revision != "abc" || p.Modified != "true" || p.Version != "v1.2.3" || !reflect.DeepEqual(p.Modules, want) {
		t.Errorf("got %+v", p)
	}
	if p := programOf(&debug.BuildInfo{}); p.Revision != "unknown" || p.Modified != "unknown" || p.Version != "unknown" {
		t.Errorf("got %+v", p)
	}
}
