package model_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/osft-project/osft/model"
	"github.com/osft-project/osft/model/kernel/machine"
	"github.com/osft-project/osft/model/program"
)

const tiedCase = "../testdata/vectors/models/llama_tied"

// sample is a batch of three documents of different lengths, some of whose targets do not count.
func sample(vocabulary int32) (b model.Batch) {
	for d, n := range []int{5, 70, 17} {
		var tokens, targets []int32
		for i := range n {
			tokens = append(tokens, int32(d*31+i*i+7)%vocabulary)
			targets = append(targets, int32(d+i*13)%(vocabulary+1)-1)
		}
		b.Append(tokens, targets)
	}
	return b
}

func session(t *testing.T, m *model.Model, trained []string) *model.Session {
	t.Helper()
	s, err := m.Session(trained)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func gradient(t *testing.T, s *model.Session, b model.Batch, first bool) model.Loss {
	t.Helper()
	l, err := s.Gradient(t.Context(), b, 0.01, first)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func bitsOf(v []float32) []uint32 {
	u := make([]uint32, len(v))
	for i := range v {
		u[i] = math.Float32bits(v[i])
	}
	return u
}

// digestOfBits is the SHA-256 of what TestBits computes. It changes with the numerics profile and with nothing else: not with
// the processor, the architecture, the level of GOAMD64 or the number of threads.
const digestOfBits = "f329ac1ac2e3c1647ab29f910caef16a467ffa916c7a29e7742906e4e9ca6f6e"

// TestBits computes one gradient under every instruction set and several numbers of threads.
func TestBits(t *testing.T) {
	m := load(t, tiedCase)
	b := sample(256)
	var want [][]uint32
	for _, isa := range machine.Supported() {
		for _, threads := range []int{1, 2, 3} {
			restore, err := machine.Force(isa)
			if err != nil {
				t.Fatal(err)
			}
			before := runtime.GOMAXPROCS(threads)
			s := session(t, m, names(m))
			gradient(t, s, b, true)
			var got [][]uint32
			for _, name := range names(m) {
				got = append(got, bitsOf(s.Grad(name)))
			}
			runtime.GOMAXPROCS(before)
			restore()
			if want == nil {
				want = got
			}
			for i, name := range names(m) {
				if !slices.Equal(got[i], want[i]) {
					t.Errorf("%v, %d threads: %s has other bits", isa, threads, name)
				}
			}
		}
	}
	h := sha256.New()
	for _, v := range want {
		if err := binary.Write(h, binary.LittleEndian, v); err != nil {
			t.Fatal(err)
		}
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != digestOfBits {
		t.Errorf("the digest is %s, want %s", got, digestOfBits)
	}
	t.Logf("instruction sets %v", machine.Supported())
}

// TestAccumulation adds two micro-batches: each gradient is finished and then added, in order.
func TestAccumulation(t *testing.T) {
	m := load(t, tiedCase)
	s := session(t, m, names(m))
	a, b := sample(256), sample(256)
	b.Append([]int32{9, 8, 7}, []int32{8, 7, 6})
	parts := map[string][][]float32{}
	for _, batch := range []model.Batch{a, b, a} {
		gradient(t, s, batch, true)
		for _, name := range names(m) {
			parts[name] = append(parts[name], slices.Clone(s.Grad(name)))
		}
	}
	for range 2 { // a second step must not see the first one's sums
		gradient(t, s, a, true)
		gradient(t, s, b, false)
		gradient(t, s, a, false)
		for _, name := range names(m) {
			want := slices.Clone(parts[name][0])
			for _, part := range parts[name][1:] {
				for i := range want {
					want[i] += part[i]
				}
			}
			if !slices.Equal(bitsOf(s.Grad(name)), bitsOf(want)) {
				t.Errorf("%s: the sum has other bits", name)
			}
		}
	}
	if _, err := s.Evaluate(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	s = session(t, m, names(m))
	if _, err := s.Gradient(t.Context(), a, 1, false); err == nil || err.Error() != "gradient: nothing to add to (the first micro-batch of a step starts it)" {
		t.Errorf("got %v", err)
	}
	if s.Grad("model.norm.weight") != nil || s.Grad("x") != nil {
		t.Error("a gradient where there is none")
	}
}

// TestPadding compares with PyTorch, whose embedding gives its padding row no gradient: token 71 of the case made the
// padding token. Only the head, to which the embedding is tied, trains that row.
func TestPadding(t *testing.T) {
	dir := t.TempDir()
	copyCase(t, tiedCase, dir, func(config string) string {
		return strings.Replace(config, `"pad_token_id": null`, `"pad_token_id": 71`, 1)
	})
	m := load(t, dir)
	f := open(t, tiedCase, "forward.safetensors")
	b := batchOf(f.rows("input_ids"), f.rows("labels"))
	s := session(t, m, []string{"model.embed_tokens.weight"})
	count := 0
	for _, target := range b.Targets {
		count += int(min(1, target+1))
	}
	if _, err := s.Gradient(t.Context(), b, 1/float32(count), true); err != nil {
		t.Fatal(err)
	}
	got, without := s.Grad("model.embed_tokens.weight"), open(t, tiedCase, "grads.safetensors").floats("model.embed_tokens.weight")
	for i, want := range []float32{0.07684947550296783, -0.007694619707763195, -0.054607879370450974, 0.08762615919113159} {
		if d := math.Abs(float64(got[71*32+i] - want)); d > 1e-6 {
			t.Errorf("element %d differs by %v", i, d)
		}
	}
	copy(got[71*32:72*32], without[71*32:])
	if ratio, _ := relative(got, without); ratio > 5e-5 {
		t.Errorf("the other rows differ by %v", ratio)
	}
}

// TestFileCutShort cuts a mapped checkpoint while it is in use: an error that names the file, and no crash.
func TestFileCutShort(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows does not let a mapped file be cut")
	}
	dir := t.TempDir()
	copyCase(t, tiedCase, dir, func(config string) string { return config + " " })
	m := load(t, dir)
	frozen, trained := session(t, m, nil), session(t, load(t, dir), names(m))
	if err := os.Truncate(filepath.Join(dir, "model.safetensors"), 100); err != nil {
		t.Fatal(err)
	}
	const want = "model.safetensors: the file was cut short"
	if _, err := frozen.Evaluate(t.Context(), sample(256)); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("frozen: %v", err)
	}
	if _, err := trained.Gradient(t.Context(), sample(256), 1, true); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("trained: %v", err)
	}
}

func TestRecompute(t *testing.T) {
	m := load(t, tiedCase)
	s := session(t, m, names(m))
	var want []uint32
	arena := map[program.Recompute]int64{}
	for _, r := range []program.Recompute{program.Nothing, program.Cheap, program.Layers} {
		s.Recompute(r)
		cost, err := s.Cost([]int{5, 70, 17})
		if err != nil {
			t.Fatal(err)
		}
		arena[r] = cost.Arena
		gradient(t, s, sample(256), true)
		got := bitsOf(s.Grad("model.layers.0.self_attn.q_proj.weight"))
		if want == nil {
			want = got
		}
		if !slices.Equal(got, want) {
			t.Errorf("choice %d: other bits", r)
		}
	}
	if !(arena[program.Layers] < arena[program.Cheap] && arena[program.Cheap] < arena[program.Nothing]) {
		t.Errorf("arenas %v", arena)
	}
}

func TestCost(t *testing.T) {
	m := load(t, tiedCase)
	// per token: 2 layers of 32·(32+8+8+32)+3·32·56 products and a head of 32·256, forward once and backward twice
	work := int64(6*(2*(32*(32+8+8+32)+3*32*56)+32*256)) * 10
	cost, err := session(t, m, names(m)).Cost([]int{10})
	if err != nil {
		t.Fatal(err)
	}
	if cost.Work < work || float64(cost.Work) > 1.1*float64(work) {
		t.Errorf("%d operations, want a little more than %d", cost.Work, work)
	}
	total := int64(0)
	for _, p := range m.Params() {
		total += int64(4 * p.Elements())
	}
	if cost.Trained != total || cost.Weights != 0 || cost.Arena < total {
		t.Errorf("cost %+v, parameters %d", cost, total)
	}
	other := load(t, tiedCase)
	if cost, err = session(t, other, nil).Cost([]int{10}); err != nil || cost.Trained != 0 || cost.Weights != total {
		t.Errorf("cost %+v, %v", cost, err)
	}
}

func TestSessionRefuses(t *testing.T) {
	m := load(t, tiedCase)
	_, err := m.Session([]string{"lm_head.weight", "model.norm.weight", "x"})
	for _, want := range []string{"lm_head.weight: is tied to model.embed_tokens.weight (train that one)", "x: is not a parameter of this model"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	s := session(t, m, nil)
	good := func() model.Batch { return sample(256) }
	tests := []struct {
		change func(b *model.Batch)
		want   string
	}{
		{func(b *model.Batch) { *b = model.Batch{} }, "batch: is empty"},
		{func(b *model.Batch) { b.Targets = b.Targets[1:] }, "batch: 92 tokens with 91 targets, 92 positions and 92 documents"},
		{func(b *model.Batch) { b.Tokens[3] = 256 }, "batch: token 3: 256 is not in the vocabulary of 256 (does the tokenizer belong to this model?)"},
		{func(b *model.Batch) { b.Targets[3] = -2 }, "batch: target 3: -2 is not in the vocabulary of 256"},
		{func(b *model.Batch) { b.Positions[3] = -1 }, "batch: position 3: -1 is not between 0 and "},
		{func(b *model.Batch) { b.Documents[6] = 0 }, "batch: token 6: document 0 does not start there"},
	}
	for _, tt := range tests {
		b := good()
		tt.change(&b)
		if _, err := s.Evaluate(t.Context(), b); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("got %v, want %q", err, tt.want)
		}
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Evaluate(stopped, good()); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestNonFinite breaks the training in three places: a parameter, an activation, a gradient.
func TestNonFinite(t *testing.T) {
	m := load(t, tiedCase)
	s := session(t, m, names(m))
	down := m.Value("model.layers.1.mlp.down_proj.weight")
	kept := slices.Clone(down)
	down[57] = float32(math.Inf(1))
	_, err := s.Gradient(t.Context(), sample(256), 1, true)
	if want := "loss is NaN: model.layers.1.mlp.down_proj.weight: element [1 1] is +Inf"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %q", err, want)
	}
	for i := range down {
		down[i] = 3e38
	}
	_, err = s.Evaluate(t.Context(), sample(256))
	if want := "linear model.layers.1.mlp.down_proj.weight: the result is "; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
	copy(down, kept)
	gradient(t, s, sample(256), true)
	if err := s.NonFinite(); err != nil {
		t.Errorf("finite gradients: %v", err)
	}
	s.Grad("model.layers.0.mlp.up_proj.weight")[33] = float32(math.NaN())
	if err, want := s.NonFinite(), "model.layers.0.mlp.up_proj.weight: gradient of element [1 1] is NaN"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %q", err, want)
	}
}

// TestLosses compares the sums that a session can give of one batch.
func TestLosses(t *testing.T) {
	m := load(t, tiedCase)
	s := session(t, m, nil)
	b := sample(256)
	whole, err := s.Evaluate(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	documents, err := s.DocumentLosses(t.Context(), b)
	if err != nil || len(documents) != 3 {
		t.Fatalf("%d documents, %v", len(documents), err)
	}
	var sum model.Loss
	for _, d := range documents {
		sum = sum.Add(d)
	}
	if sum.Tokens != whole.Tokens || math.Abs(sum.Sum-whole.Sum) > 1e-9*whole.Sum || whole.Tokens >= len(b.Tokens) {
		t.Errorf("documents %+v, whole %+v", sum, whole)
	}
	if (model.Loss{}).Mean() != 0 || (model.Loss{Sum: 6, Tokens: 4}).Mean() != 1.5 {
		t.Error("mean")
	}
	seen := 0
	s.Watch(func(string, []float32) error { seen++; return nil })
	if _, err := s.Evaluate(t.Context(), b); err != nil || seen == 0 {
		t.Errorf("%d operations seen, %v", seen, err)
	}
	if err := s.Reserve(500); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.Trained(), nil) {
		t.Error("trained", s.Trained())
	}
}
