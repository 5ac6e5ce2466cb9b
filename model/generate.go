package model

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/osft-project/osft/model/graph"
	"github.com/osft-project/osft/model/kernel/elementary"
	"github.com/osft-project/osft/model/random"
)

// GenerateOptions says how to continue a prompt.
type GenerateOptions struct {
	MaxTokens   int     // at most so many new tokens
	Temperature float64 // 0 is greedy: the likeliest token, of equals the one with the lowest id
	TopK        int     // with temperature: only the so many likeliest tokens; 0 for all
	TopP        float64 // with temperature: only the likeliest tokens that together have this probability; 0 or 1 for all
	Seed        uint64  // of the stream "generate"
	Stop        []int32 // generation ends after one of these
}

// Generate continues a prompt and hands out every new token as soon as it is chosen, the stop token too. Keys and values of
// earlier tokens are kept, with the bits of a full pass. The order of Temperature, TopK and TopP is Transformers'.
func (m *Model) Generate(ctx context.Context, prompt []int32, o GenerateOptions, emit func(int32)) error {
	if err := o.check(prompt); err != nil {
		return err
	}
	s, err := m.inference()
	if err != nil {
		return err
	}
	next := sampler{o: o, stream: random.New("generate", o.Seed)}
	s.frame.Cache = &graph.Cache{}
	defer func() { s.frame.Cache = nil }()
	tokens := prompt
	for range o.MaxTokens {
		scores, err := s.extend(ctx, tokens)
		if err != nil {
			return err
		}
		id, err := next.choose(scores)
		if err != nil {
			return err
		}
		emit(id)
		if slices.Contains(o.Stop, id) {
			return nil
		}
		tokens = []int32{id}
	}
	return nil
}

func (o GenerateOptions) check(prompt []int32) error {
	switch {
	case len(prompt) == 0:
		return errors.New("generate: the prompt is empty (begin with the beginning-of-sequence token)")
	case !(o.Temperature >= 0) || math.IsInf(o.Temperature, 0):
		return fmt.Errorf("generate: temperature: %v is not a number from 0", o.Temperature)
	case o.TopK < 0:
		return fmt.Errorf("generate: top_k: %d is negative", o.TopK)
	case !(o.TopP >= 0 && o.TopP <= 1):
		return fmt.Errorf("generate: top_p: %v is not between 0 and 1", o.TopP)
	}
	return nil
}

// extend runs new tokens of the document in the cache and returns the logits of the last.
func (s *Session) extend(ctx context.Context, tokens []int32) ([]float32, error) {
	var b Batch
	b.Append(tokens, nil)
	for i := range b.Positions {
		b.Positions[i] += int32(s.frame.Cache.Length)
	}
	p, err := s.run(ctx, b, lastLogits, 0)
	if err != nil {
		return nil, err
	}
	s.frame.Cache.Length += len(tokens)
	return p.Output(&s.frame, s.graph.Last), nil
}

// sampler chooses tokens.
type sampler struct {
	o      GenerateOptions
	stream *random.Stream
	order  []candidate
}

type candidate struct {
	id     int32
	weight float64
}

func (s *sampler) choose(logits []float32) (int32, error) {
	if i := nonFinite(logits); i >= 0 {
		return 0, fmt.Errorf("generate: the logit of token %d is %v", i, logits[i])
	}
	if s.o.Temperature == 0 {
		return greedy(logits), nil
	}
	kept, total := s.weigh(logits)
	at := float64(s.stream.Unit() * total)
	sum := 0.0
	for _, c := range kept {
		if sum += c.weight; at < sum {
			return c.id, nil
		}
	}
	return kept[len(kept)-1].id, nil
}

func greedy(logits []float32) int32 {
	best := 0
	for i, v := range logits {
		if v > logits[best] {
			best = i
		}
	}
	return int32(best)
}

// weigh lists the tokens that may be chosen, the likeliest first, with exp((logit-max)/temperature), and their sum.
func (s *sampler) weigh(logits []float32) (kept []candidate, total float64) {
	peak := float64(logits[greedy(logits)])
	s.order = s.order[:0]
	for i, v := range logits {
		x := max((float64(v)-peak)/s.o.Temperature, -700)
		s.order = append(s.order, candidate{int32(i), elementary.Exp64(x)})
	}
	slices.SortFunc(s.order, func(a, b candidate) int { return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(a.id, b.id)) })
	kept = s.order
	if s.o.TopK > 0 {
		kept = kept[:min(s.o.TopK, len(kept))]
	}
	total = sumOf(kept)
	if s.o.TopP > 0 && s.o.TopP < 1 {
		sum := 0.0
		for i, c := range kept {
			if sum += c.weight; sum >= float64(s.o.TopP*total) {
				return kept[:i+1], sum
			}
		}
	}
	return kept, total
}

func sumOf(list []candidate) (sum float64) {
	for _, c := range list {
		sum += c.weight
	}
	return sum
}
