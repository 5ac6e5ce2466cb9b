package recipe

import (
	"errors"
	"testing"
)

func TestLocate(t *testing.T) {
	text := "base:\n  path: m\ndata:\n  train: a.jsonl\n  format: text\ntrain:\n  what: [x]\noutput:\n  dir: out\n"
	r, err := Parse("r.yaml", []byte(text), []string{"train.seed=3"})
	if err != nil {
		t.Fatal(err)
	}
	got := r.Locate(errors.Join(
		errors.New("train.what: x matches nothing"), errors.Join(errors.New("train.lr: is too high")),
		errors.New("train.seed: is odd"), errors.New("model.safetensors: is short"),
	))
	want := "r.yaml:7: train.what: x matches nothing\nr.yaml: train.lr: is too high\n--set train.seed=3: train.seed: is odd\nmodel.safetensors: is short"
	if got.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", got, want)
	}
	if r.Locate(nil) != nil {
		t.Error("nothing wrong")
	}
}

func TestUnreported(t *testing.T) {
	known := Problems{{Where: "r.yaml:1", Key: "data.format", What: "is missing"}}
	err := errors.Join(errors.New("data.format: x is not known"), errors.Join(errors.New("data.train: gone")))
	if got := known.Unreported(err); got == nil || got.Error() != "data.train: gone" {
		t.Error(got)
	}
	if known.Unreported(nil) != nil || Problems(nil).Unreported(err).Error() != err.Error() {
		t.Error("leaves out too much")
	}
}
