package graph_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/osft-project/osft/model/family"
	"github.com/osft-project/osft/model/graph"
	"github.com/osft-project/osft/model/kernel"
	"github.com/osft-project/osft/model/kernel/matmul"
	_ "github.com/osft-project/osft/model/llama"
	"github.com/osft-project/osft/model/program"
	"github.com/osft-project/osft/model/random"
)

const config = `{"model_type": "llama", "vocab_size": 40, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2,
	"num_attention_heads": 4, "num_key_value_heads": 2, "rms_norm_eps": 1e-5, "attention_bias": true, "mlp_bias": true}`

// small is a model of two layers with everything that the operations have.
type small struct {
	arch   family.Architecture
	params []graph.Declared
	values map[string]any
}

func newSmall(t *testing.T, text string, tokens int) small {
	t.Helper()
	_, arch, err := family.Read([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	s := small{arch: arch, values: map[string]any{"(scale)": float32(0.125)}}
	for p := range arch.Params() {
		s.params = append(s.params, graph.Declared{Name: p.Name, Shape: p.Shape})
		v := make([]float32, graph.Form{Shape: p.Shape}.Floats(0))
		random.New(p.Name, 1).Normal(v, 0.3)
		s.values[p.Name] = v
	}
	fields := map[string]func(i int) int{
		"(tokens)": func(i int) int { return i * 7 % 40 }, "(targets)": func(i int) int { return i*11%41 - 1 },
		"(positions)": func(i int) int { return i % 5 }, "(documents)": func(i int) int { return i / 5 * 5 },
	}
	for name, f := range fields {
		v := make([]int32, tokens)
		for i := range v {
			v[i] = int32(f(i))
		}
		s.values[name] = v
	}
	return s
}

func (s small) names() (list []string) {
	for _, p := range s.params {
		list = append(list, p.Name)
	}
	return list
}

func (s small) build(t *testing.T, trained []string, tokens int) *graph.Graph {
	t.Helper()
	g, err := graph.Build(s.params, trained, tokens, s.forward)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func (s small) forward(b *graph.Builder) (*graph.Node, string) {
	h := s.arch.Forward(b)
	return h.Hidden, h.Weight
}

// execute runs the gradients of a graph on our executor.
func (s small) execute(t *testing.T, g *graph.Graph, tokens int, r program.Recompute) (float64, [][]float32) {
	t.Helper()
	want := []graph.Ref{g.Loss}
	for _, grad := range g.Gradients {
		want = append(want, grad.Ref)
	}
	p, err := program.Lower(g, want, tokens, r)
	if err != nil {
		t.Fatal(err)
	}
	f := &program.Frame{Arena: make([]float32, p.Floats), Head: new(kernel.HeadSpace)}
	for i := range f.Arena {
		f.Arena[i] = float32(math.NaN()) // whatever is read before it is written shows
	}
	for _, l := range g.Leaves {
		f.Leaves = append(f.Leaves, leafValue(s.values[l.Name], l.Shape))
	}
	if err := p.Run(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	var grads [][]float32
	for _, grad := range g.Gradients {
		grads = append(grads, slices.Clone(p.Output(f, grad.Ref)))
	}
	return f.Sum, grads
}

func leafValue(v any, shape graph.Shape) graph.Value {
	switch v := v.(type) {
	case float32:
		return graph.Value{F32: []float32{v}}
	case []int32:
		return graph.Value{I32: v}
	}
	floats := v.([]float32)
	value := graph.Value{F32: floats}
	if len(shape) == 2 {
		value.Matrix = matmul.Dense(floats, shape[0], shape[1])
	}
	return value
}

func equal(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

// TestOracle runs one graph on Gorgonia's machine and on ours: every gradient has the same bits. Where the head is tied the
// machine adds two finished gradients and ours follows the numerics profile, so the embedding's agree to rounding.
func TestOracle(t *testing.T) {
	const tokens = 13
	for _, tied := range []bool{false, true} {
		text := config
		if tied {
			text = strings.Replace(text, "{", `{"tie_word_embeddings": true, "pad_token_id": 7, `, 1)
		}
		s := newSmall(t, text, tokens)
		g := s.build(t, s.names(), tokens)
		loss, want, err := g.Oracle(s.values)
		if err != nil {
			t.Fatal(err)
		}
		sum, got := s.execute(t, g, tokens, program.Nothing)
		if float32(sum) != loss || loss == 0 {
			t.Errorf("tied %v: loss %v, the machine has %v", tied, sum, loss)
		}
		for i, grad := range g.Gradients {
			exact := !tied || grad.Name != "model.embed_tokens.weight"
			if exact && !equal(got[i], want[i]) || !near(got[i], want[i]) {
				t.Errorf("tied %v: %s: gradient differs from the machine's", tied, grad.Name)
			}
		}
	}
}

func near(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Abs(float64(x-y)) < 1e-6 })
}

// TestRecompute compares the gradients under every choice of what is computed twice, bit by bit.
func TestRecompute(t *testing.T) {
	s := newSmall(t, strings.Replace(config, "{", `{"tie_word_embeddings": true, `, 1), 21)
	g := s.build(t, s.names(), 3)
	_, want := s.execute(t, g, 21, program.Nothing)
	for _, choice := range []program.Recompute{program.Cheap, program.Layers} {
		_, got := s.execute(t, g, 21, choice)
		for i, grad := range g.Gradients {
			if !equal(got[i], want[i]) {
				t.Errorf("choice %d: %s has other bits", choice, grad.Name)
			}
		}
	}
}

// TestFreezing trains a few parameters at a time: their gradients have the same bits as when all are trained, and nothing is
// built below the lowest of them.
func TestFreezing(t *testing.T) {
	s := newSmall(t, config, 9)
	all := s.build(t, s.names(), 3)
	_, want := s.execute(t, all, 9, program.Cheap)
	for _, trained := range [][]string{
		{"lm_head.weight"}, {"model.norm.weight"}, {"model.layers.1.self_attn.k_proj.bias", "model.layers.0.mlp.up_proj.weight"},
		{"model.layers.1.input_layernorm.weight"}, {"model.embed_tokens.weight"},
	} {
		g := s.build(t, trained, 3)
		_, got := s.execute(t, g, 9, program.Cheap)
		for i, name := range trained {
			if g.Gradients[i].Name != name || !equal(got[i], want[slices.Index(s.names(), name)]) {
				t.Errorf("%v: the gradient of %s has other bits", trained, name)
			}
		}
	}
	backward := func(g *graph.Graph) (labels []string) {
		for _, step := range g.Steps {
			if step.Grad {
				labels = append(labels, step.Label)
			}
		}
		return labels
	}
	if got := backward(s.build(t, []string{"lm_head.weight"}, 3)); len(got) != 0 {
		t.Errorf("the head alone needs no backward pass, got %v", got)
	}
	want1 := []string{"gradient of model.norm.weight"}
	if got := backward(s.build(t, []string{"model.norm.weight"}, 3)); !slices.Equal(got, want1) {
		t.Errorf("got %v, want %v", got, want1)
	}
	want2 := []string{"gradient through model.norm.weight", "gradient of model.layers.1.mlp.down_proj.weight"}
	if got := backward(s.build(t, []string{"model.layers.1.mlp.down_proj.weight"}, 3)); !slices.Equal(got, want2) {
		t.Errorf("got %v, want %v", got, want2)
	}
	if got := backward(s.build(t, nil, 3)); len(got) != 0 {
		t.Errorf("evaluation needs no backward pass, got %v", got)
	}
}

// TestClash numbers operations so that hash codes meet: such a graph must never be returned, and another numbering is tried.
func TestClash(t *testing.T) {
	s := newSmall(t, config, 3)
	if _, err := graph.BuildHashed(s.params, nil, func(uint32) uint32 { return 7 }, collide); !errors.Is(err, graph.ErrClash) {
		t.Errorf("one number for all: %v", err)
	}
	tries := 0
	g, err := graph.BuildSalted(s.params, nil, func(salt, id uint32) uint32 {
		tries = max(tries, int(salt)+1)
		if salt < 2 {
			return 7
		}
		return id
	}, collide)
	if err != nil || g == nil || tries != 3 {
		t.Errorf("after %d numberings: %v", tries, err)
	}
	_, err = graph.BuildSalted(s.params, nil, func(uint32, uint32) uint32 { return 7 }, collide)
	if err == nil || err.Error() != "graph: two nodes have one hash code under each of 16 numberings" {
		t.Errorf("got %v", err)
	}
}

// collide applies one operation twice to the same node.
func collide(b *graph.Builder) (*graph.Node, string) {
	x := b.Embedding("model.embed_tokens.weight", -1)
	return b.Add(b.RMSNorm(x, "model.norm.weight", 1e-5), b.RMSNorm(x, "model.norm.weight", 1e-5)), "lm_head.weight"
}

func TestBuildRefuses(t *testing.T) {
	s := newSmall(t, config, 3)
	const embed = "model.embed_tokens.weight"
	tests := []struct {
		name    string
		trained []string
		forward graph.Forward
		want    string
	}{
		{"unknown parameter", nil, func(b *graph.Builder) (*graph.Node, string) { return b.Embedding("x", -1), "y" }, "graph: x: is not a parameter of this architecture"},
		{"unused", []string{"model.norm.weight"}, func(b *graph.Builder) (*graph.Node, string) { return b.Embedding(embed, -1), embed }, "graph: model.norm.weight: is not used by the forward pass, so it cannot be trained"},
		{"norm", nil, func(b *graph.Builder) (*graph.Node, string) {
			return b.RMSNorm(b.Embedding(embed, -1), embed, 1), embed
		}, "has the shape (40, 16), the norm's input has 16 columns"},
		{"linear", nil, func(b *graph.Builder) (*graph.Node, string) {
			return b.Linear(b.Embedding(embed, -1), graph.Affine{Weight: "model.layers.0.mlp.down_proj.weight"}), embed
		}, "model.layers.0.mlp.down_proj.weight: has the shape (16, 24), its input has 16 columns"},
		{"sum", nil, func(b *graph.Builder) (*graph.Node, string) {
			x := b.Embedding(embed, -1)
			return b.Add(x, b.Linear(x, graph.Affine{Weight: "model.layers.0.mlp.up_proj.weight"})), embed
		}, "a sum of rows of 16 and of 24 elements"},
		{"attention", nil, func(b *graph.Builder) (*graph.Node, string) {
			return b.Attention(b.Embedding(embed, -1), kernel.AttentionShape{Heads: 2, KVHeads: 1, HeadDim: 8}, 0), embed
		}, "attention over rows of 16 elements, 2 heads and 1 key heads of 8 want 32"},
		{"head", nil, func(b *graph.Builder) (*graph.Node, string) {
			return b.Embedding(embed, -1), "model.layers.0.mlp.down_proj.weight"
		}, "the last hidden state has 16 columns"},
	}
	for _, tt := range tests {
		if _, err := graph.Build(s.params, tt.trained, 3, tt.forward); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
}

// TestBuildIsRepeatable builds a graph several times: the steps and their order must not depend on anything but the model.
func TestBuildIsRepeatable(t *testing.T) {
	s := newSmall(t, config, 3)
	var first []string
	for range 5 {
		var labels []string
		for _, step := range s.build(t, s.names(), 3).Steps {
			labels = append(labels, step.Label)
		}
		if first == nil {
			first = labels
		}
		if !slices.Equal(first, labels) {
			t.Fatal("another order")
		}
	}
}

func TestView(t *testing.T) {
	values := []float32{1, 2, 3, 4, 5, 6}
	v := graph.View(values, graph.Shape{2, 3})
	values[5] = 7
	if at, err := v.At(1, 2); err != nil || at != float32(7) {
		t.Errorf("element (1, 2) is %v, %v", at, err)
	}
}
