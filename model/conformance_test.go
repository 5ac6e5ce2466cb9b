package model_test

import (
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/osft-project/osft/model"
	"github.com/osft-project/osft/model/family"
)

// TestConformance compares every registered family with what PyTorch computes, within the limits of the vectors' README.
func TestConformance(t *testing.T) {
	ran := 0
	families := map[string]bool{}
	for _, name := range cases(t) {
		t.Run(name, func(t *testing.T) {
			c := conformance{dir: filepath.Join(vectors(t), name)}
			c.m = load(t, c.dir)
			ran++
			families[c.m.Config().ModelType] = true
			t.Run("logits", c.logits)
			t.Run("loss", c.loss)
			t.Run("gradients", c.gradients)
			t.Run("greedy", c.greedy)
			t.Run("legacy_config", c.legacy)
			t.Run("packed", c.packed)
		})
	}
	t.Logf("%d cases ran", ran)
	if ran == 0 {
		t.Error("no case ran")
	}
	for _, name := range family.Registered() {
		if !families[name] && os.Getenv("OSFT_VECTORS") != "" {
			t.Errorf("model_type %q is registered and has no vectors", name)
		}
	}
}

type conformance struct {
	dir string
	m   *model.Model
}

// logitLimit is 8 times what float32 itself errs by in this case, never below 5e-6.
func (c conformance) logitLimit(t *testing.T) float64 {
	var tolerance struct {
		Logits struct {
			MaxAbs float64 `json:"max_abs"`
		} `json:"logits"`
	}
	readJSON(t, &tolerance, c.dir, "tolerance.json")
	return max(5e-6, 8*tolerance.Logits.MaxAbs)
}

func (c conformance) batch(t *testing.T) (model.Batch, tensors) {
	f := open(t, c.dir, "forward.safetensors")
	return batchOf(f.rows("input_ids"), f.rows("labels")), f
}

func (c conformance) logits(t *testing.T) {
	b, f := c.batch(t)
	got, err := c.m.Logits(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	if worst, limit := maxAbs(got, f.floats("logits")), c.logitLimit(t); worst > limit {
		t.Errorf("logits differ by %.3g, limit %.3g", worst, limit)
	} else {
		t.Logf("worst %.3g, limit %.3g", worst, limit)
	}
}

func (c conformance) loss(t *testing.T) {
	b, f := c.batch(t)
	s, err := c.m.Session(nil)
	if err != nil {
		t.Fatal(err)
	}
	l, err := s.Evaluate(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	if d := math.Abs(l.Mean() - float64(f.floats("loss")[0])); d > 1e-5 {
		t.Errorf("loss differs by %.3g", d)
	}
	perRow, err := s.DocumentLosses(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range f.floats("seq_logprob_sum") {
		if d := math.Abs(-perRow[i].Sum - float64(want)); d > 1e-4 {
			t.Errorf("row %d: log-probability differs by %.3g", i, d)
		}
	}
	c.logprobs(t, s, f)
}

// logprobs compares the log-probability of every token, counted or not.
func (c conformance) logprobs(t *testing.T, s *model.Session, f tensors) {
	ids := f.rows("input_ids")
	got, err := s.TokenLosses(t.Context(), batchOf(ids, ids))
	if err != nil {
		t.Fatal(err)
	}
	width := len(ids[0])
	for i, want := range f.floats("token_logprobs") {
		row, at := i/(width-1), i%(width-1)
		if d := math.Abs(-got[row*width+at] - float64(want)); d > 1e-4 {
			t.Errorf("row %d token %d: log-probability differs by %.3g", row, at, d)
		}
	}
}

func names(m *model.Model) (list []string) {
	for _, p := range m.Params() {
		list = append(list, p.Name)
	}
	return list
}

func (c conformance) gradients(t *testing.T) {
	b, _ := c.batch(t)
	c.compareGradients(t, b, open(t, c.dir, "grads.safetensors"))
}

func (c conformance) compareGradients(t *testing.T, b model.Batch, want tensors) {
	t.Helper()
	m := load(t, c.dir)
	s, err := m.Session(names(m))
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, target := range b.Targets {
		if target >= 0 {
			count++
		}
	}
	if _, err := s.Gradient(t.Context(), b, 1/float32(count), true); err != nil {
		t.Fatal(err)
	}
	worst := 0.0
	for _, name := range names(m) {
		ratio, norm := relative(s.Grad(name), want.floats(name))
		if norm > 1e-6 && ratio > 5e-5 {
			t.Errorf("%s: gradient differs by %.3g of its norm", name, ratio)
		}
		if norm <= 1e-6 && maxAbs(s.Grad(name), want.floats(name)) > 1e-7 {
			t.Errorf("%s: gradient is not near zero", name)
		}
		worst = max(worst, ratio)
	}
	t.Logf("%d tensors, worst %.3g", len(names(m)), worst)
}

func (c conformance) greedy(t *testing.T) {
	var generated struct {
		Cases []struct {
			Prompt []int32 `json:"prompt_ids"`
			Want   []int32 `json:"continuation_ids"`
		} `json:"cases"`
	}
	readJSON(t, &generated, c.dir, "generate.json")
	for i, g := range generated.Cases {
		var got []int32
		o := model.GenerateOptions{MaxTokens: len(g.Want)}
		if err := c.m.Generate(t.Context(), g.Prompt, o, func(id int32) { got = append(got, id) }); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, g.Want) {
			t.Errorf("prompt %d: got %v, want %v", i, got, g.Want)
		}
	}
	if len(generated.Cases) == 0 {
		t.Error("no prompts")
	}
}

// renamed is a folder whose config.json is another file's.
func renamed(t *testing.T, dir, config string) fs.FS {
	t.Helper()
	folder := fstest.MapFS{}
	files, err := filepath.Glob(filepath.Join(dir, "model*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(files, config) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		folder[filepath.Base(path)] = &fstest.MapFile{Data: data}
	}
	folder["config.json"] = folder[filepath.Base(config)]
	return folder
}

func (c conformance) legacy(t *testing.T) {
	m, err := model.Load(t.Context(), renamed(t, c.dir, filepath.Join(c.dir, "config.legacy.json")))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	b, _ := c.batch(t)
	got, err := m.Logits(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	want, err := c.m.Logits(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	if maxAbs(got, want) != 0 {
		t.Errorf("logits differ by %.3g from those of the new spelling", maxAbs(got, want))
	}
	if len(m.Config().Unknown)+len(c.m.Config().Unknown) > 0 {
		t.Errorf("unknown keys %q and %q", m.Config().Unknown, c.m.Config().Unknown)
	}
}

// packed compares rows of several documents with the peer's packed and unpacked logits, and with our own documents alone,
// bit for bit.
func (c conformance) packed(t *testing.T) {
	dir := filepath.Join(c.dir, "packed")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("skipped: this case has no packed rows")
	}
	f := open(t, dir, "packed.safetensors")
	ids, docs, positions, labels := f.rows("input_ids"), f.rows("doc_ids"), f.rows("position_ids"), f.rows("labels")
	var all model.Batch
	var places []int // of every token of the batch among the tokens of the rows
	for r := range ids {
		b, at := documentsOf(ids[r], docs[r], positions[r], shifted(labels[r]))
		for _, i := range at {
			places = append(places, r*len(ids[r])+i)
		}
		start := int32(len(all.Tokens))
		for i := range b.Documents {
			b.Documents[i] += start
		}
		all.Tokens, all.Targets = append(all.Tokens, b.Tokens...), append(all.Targets, b.Targets...)
		all.Positions, all.Documents = append(all.Positions, b.Positions...), append(all.Documents, b.Documents...)
	}
	got, err := c.m.Logits(t.Context(), all)
	if err != nil {
		t.Fatal(err)
	}
	vocabulary := c.m.Config().VocabSize
	for _, name := range []string{"logits_packed", "logits_unpacked"} {
		want := f.floats(name)
		for i, place := range places {
			if d := maxAbs(got[i*vocabulary:(i+1)*vocabulary], want[place*vocabulary:(place+1)*vocabulary]); d > 1e-4 {
				t.Fatalf("%s: token %d differs by %.3g", name, place, d)
			}
		}
	}
	c.packedLoss(t, all, f, dir)
	c.alone(t, all, got)
}

// documentsOf turns a packed row into a batch without padding.
func documentsOf(ids, docs, positions, targets []int32) (b model.Batch, at []int) {
	for i := range ids {
		if docs[i] < 0 {
			continue
		}
		start := int32(len(b.Tokens)) - positions[i]
		target := targets[i]
		if i+1 == len(ids) || docs[i+1] != docs[i] {
			target = -1
		}
		b.Tokens, b.Targets = append(b.Tokens, ids[i]), append(b.Targets, target)
		b.Positions, b.Documents = append(b.Positions, positions[i]), append(b.Documents, start)
		at = append(at, i)
	}
	return b, at
}

func (c conformance) packedLoss(t *testing.T, b model.Batch, f tensors, dir string) {
	t.Helper()
	s, err := c.m.Session(nil)
	if err != nil {
		t.Fatal(err)
	}
	l, err := s.Evaluate(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	if d := math.Abs(l.Mean() - float64(f.floats("loss")[0])); d > 1e-5 {
		t.Errorf("loss differs by %.3g", d)
	}
	if _, err := os.Stat(filepath.Join(dir, "grads.safetensors")); err == nil {
		c.compareGradients(t, b, open(t, dir, "grads.safetensors"))
	}
}

// alone runs every document of a batch by itself: the logits must have the same bits.
func (c conformance) alone(t *testing.T, b model.Batch, packed []float32) {
	t.Helper()
	vocabulary := c.m.Config().VocabSize
	count := 0
	for start := 0; start < len(b.Tokens); {
		end := start + 1
		for end < len(b.Tokens) && b.Documents[end] == int32(start) {
			end++
		}
		var one model.Batch
		one.Append(b.Tokens[start:end], nil)
		got, err := c.m.Logits(t.Context(), one)
		if err != nil {
			t.Fatal(err)
		}
		if maxAbs(got, packed[start*vocabulary:end*vocabulary]) != 0 {
			t.Errorf("document at %d: other bits when packed", start)
		}
		start, count = end, count+1
	}
	if count < 3 {
		t.Errorf("only %s", fmt.Sprint(count, " documents"))
	}
}
