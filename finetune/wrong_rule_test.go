package finetune

import (
	"context"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/osft-project/osft/finetune/optimizer"
	"github.com/osft-project/osft/model"
	"github.com/osft-project/osft/model/kernel"
)

// TestWrongRulesAreNoticed makes each mistake that the vectors' README lists once, by handing the loop a wrong value, and
// wants the comparison with PyTorch to fail. llama/full uses every feature.
func TestWrongRulesAreNoticed(t *testing.T) {
	tests := []struct {
		name   string
		change func(p *peer)
	}{
		{"mean of means", func(p *peer) { p.training.Model = meanOfMeans{p.session} }},
		{"no clipping", func(p *peer) { p.training.Clip = 0 }},
		{"clipping every tensor by itself", func(p *peer) {
			p.training.Model = separately{p.session, p.training.Clip}
			p.training.Clip = 0
		}},
		{"schedule one step late", func(p *peer) {
			right := p.training.Rate
			p.training.Rate = func(step int) float64 { return right(max(0, step-1)) }
		}},
		{"schedule one step early", func(p *peer) {
			right := p.training.Rate
			p.training.Rate = func(step int) float64 { return right(step + 1) }
		}},
		{"coupled decay", func(p *peer) {
			p.training.Model = coupled{p.session, p, p.settings.WeightDecay}
			p.settings.WeightDecay = 0
		}},
		{"decay on norms", func(p *peer) {
			for i := range p.plan {
				p.plan[i].Decay = p.plan[i].Trains
			}
		}},
		{"no decay", func(p *peer) { p.settings.WeightDecay = 0 }},
		{"epsilon", func(p *peer) { p.settings.Epsilon *= 1000 }},
		{"frozen embedding", func(p *peer) {
			i := slices.IndexFunc(p.plan, func(t Planned) bool { return t.Name == "model.embed_tokens.weight" })
			p.plan[i].Trains, p.plan[i].Decay = false, false
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newPeer(t, filepath.Join(vectorDir(t), "llama", "train", "full"))
			tt.change(p)
			// The plan itself is compared too, and would give these away; numbers alone must do it.
			plan := p.comparePlan()
			problems := p.train(t)
			if len(problems) <= len(plan) {
				t.Error("nothing noticed")
			}
			for _, problem := range problems[:min(2, len(problems))] {
				t.Log(problem)
			}
		})
	}
}

// meanOfMeans weighs micro-batches alike, however many targets they have.
type meanOfMeans struct{ *model.Session }

func (m meanOfMeans) Gradient(ctx context.Context, b model.Batch, _ float32, first bool) (model.Loss, error) {
	const accumulation = 3
	return m.Session.Gradient(ctx, b, float32(1/float64(accumulation*MicroBatch{Batch: b}.Targets())), first)
}

// coupled adds the decay to the gradient, as L2 regularisation does.
type coupled struct {
	*model.Session
	peer  *peer
	decay float64
}

func (c coupled) Grad(name string) []float32 {
	g := slices.Clone(c.Session.Grad(name))
	value := c.peer.model.Value(name)
	if i := slices.IndexFunc(c.peer.plan, func(t Planned) bool { return t.Name == name }); c.peer.plan[i].Decay {
		for j := range g {
			g[j] += float32(c.decay) * value[j]
		}
	}
	return g
}

// separately clips every tensor by its own norm.
type separately struct {
	*model.Session
	limit float64
}

func (s separately) Grad(name string) []float32 {
	g := slices.Clone(s.Session.Grad(name))
	factor := optimizer.ClipFactor(math.Sqrt(kernel.SumSquares(g)), s.limit)
	for i := range g {
		g[i] *= factor
	}
	return g
}
