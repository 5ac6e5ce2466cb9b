package evaluate

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/osft-project/osft/model"
)

const config = `{"model_type": "llama", "vocab_size": 30, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2,
 "num_attention_heads": 2, "num_key_value_heads": 2, "max_position_embeddings": 64, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
 "hidden_act": "silu", "tie_word_embeddings": false}`

func tiny(t *testing.T) (*model.Model, *model.Session) {
	t.Helper()
	m, err := model.Init(t.Context(), []byte(config), 7)
	if err != nil {
		t.Fatal(err)
	}
	s, err := m.Session(nil)
	if err != nil {
		t.Fatal(err)
	}
	return m, s
}

func rows() []model.Batch {
	var a, b model.Batch
	a.Append([]int32{1, 2, 3}, []int32{2, 3, -1})
	a.Append([]int32{4, 5}, []int32{5, -1})
	b.Append([]int32{6, 7, 8, 9}, []int32{-1, 8, 9, 1})
	return []model.Batch{a, b}
}

func TestLossIsOfAllTokens(t *testing.T) {
	_, s := tiny(t)
	sum, err := Loss(t.Context(), s, rows())
	if err != nil || sum.Tokens != 6 {
		t.Fatal(sum, err)
	}
	documents, err := Documents(t.Context(), s, rows())
	if err != nil || len(documents) != 3 {
		t.Fatal(documents, err)
	}
	var added model.Loss
	for i, d := range documents {
		if d.Tokens != []int{2, 1, 3}[i] {
			t.Errorf("document %d has %d targets", i, d.Tokens)
		}
		added = added.Add(d)
	}
	if math.Abs(added.Sum-sum.Sum) > 1e-9 || added.Tokens != sum.Tokens {
		t.Errorf("documents sum to %v, the whole is %v", added, sum)
	}
	if p := Perplexity(sum); math.Abs(p-math.Exp(sum.Sum/6)) > 1e-9*p {
		t.Errorf("perplexity %v of %v", p, sum)
	}
	if p := Perplexity(model.Loss{Sum: 1e6, Tokens: 1}); math.IsInf(p, 0) || p < 1e300 {
		t.Errorf("perplexity of an absurd loss: %v", p)
	}
}

func TestErrors(t *testing.T) {
	_, s := tiny(t)
	bad := rows()
	bad[1].Tokens[0] = 99
	if _, err := Loss(t.Context(), s, bad); err == nil || !strings.HasPrefix(err.Error(), "evaluation, micro-batch 2: batch: token 0") {
		t.Error(err)
	}
	if _, err := Documents(t.Context(), s, bad); err == nil || !strings.HasPrefix(err.Error(), "evaluation, micro-batch 2: batch: token 0") {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Loss(ctx, s, rows()); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := Documents(ctx, s, rows()); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestContinue(t *testing.T) {
	m, _ := tiny(t)
	whole, err := Continue(t.Context(), m, []int32{1, 2}, 5, nil)
	if err != nil || len(whole) != 5 {
		t.Fatal(whole, err)
	}
	stopped, err := Continue(t.Context(), m, []int32{1, 2}, 5, whole[:1])
	if err != nil || len(stopped) != 1 {
		t.Errorf("%v, %v: does not stop", stopped, err)
	}
}
