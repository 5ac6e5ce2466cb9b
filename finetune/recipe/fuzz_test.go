package recipe

import (
	"errors"
	"testing"
	"time"
)

// FuzzParse: no text and no override ends otherwise than with problems that have a place and a reason, or with a recipe that,
// resolved and read again, is the same.
func FuzzParse(f *testing.F) {
	for _, r := range refusals {
		if len(r.text) < 1<<10 {
			f.Add(r.text, "train.lr=1")
		}
	}
	for _, v := range values {
		f.Add(with(v.line), v.line)
	}
	f.Add(with("data.format: chat", "data.fields: {user: q, assistant: a}", "train.schedule: wsd"), `train.what=["*"]`)
	f.Add(with("train.what: ['\\u0085', \"\\u2028\\0\", '<<', '=', '- a', 'a: b', '# c', '%d', '@', '`']"), "data.template={a}: 'b'")
	f.Fuzz(func(t *testing.T, text, override string) {
		start := time.Now()
		r, err := Parse("r.yaml", []byte(text), []string{override})
		if took := time.Since(start); took > patience {
			t.Error("takes", took)
		}
		var problems Problems
		switch {
		case errors.As(err, &problems):
			for _, p := range problems {
				if p.Where == "" || p.What == "" || p.Fix == "" {
					t.Errorf("%+v", p)
				}
			}
		case err != nil:
			t.Errorf("%T: %v", err, err)
		default:
			again, err := Parse("again.yaml", r.Resolved(), nil)
			if err != nil || string(again.Resolved()) != string(r.Resolved()) || !same(again, r) {
				t.Errorf("resolves to\n%s\n%v", r.Resolved(), err)
			}
		}
	})
}
