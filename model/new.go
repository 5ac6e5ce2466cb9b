package model

import (
	"context"

	"github.com/osft-project/osft/model/family"
	"github.com/osft-project/osft/model/random"
)

// Init makes a new model from the text of a config.json, with the random weights that Transformers would give it: normal
// with deviation initializer_range, norms 1, biases 0, the padding token's embedding 0. Each parameter has its own stream of
// the seed, named after it. Its dtype is the config's; its values are float32 and not rounded to it before Save.
func Init(ctx context.Context, config []byte, seed uint64) (*Model, error) {
	m, err := configured(config)
	if err != nil {
		return nil, err
	}
	for want := range m.arch.Params() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		p := &Param{Name: want.Name, Shape: want.Shape, DType: m.config.DType}
		m.params = append(m.params, p)
		m.byName[p.Name] = p
		m.values[p.Name] = m.first(want, p.Elements(), seed)
	}
	return m, nil
}

// first makes the first values of a parameter.
func (m *Model) first(want family.Param, elements int, seed uint64) []float32 {
	v := make([]float32, elements)
	switch want.Init {
	case family.Ones:
		for i := range v {
			v[i] = 1
		}
	case family.Normal, family.Embedding:
		random.New("init "+want.Name, seed).Normal(v, float32(m.config.InitializerRange))
		if width := want.Shape[len(want.Shape)-1]; want.Init == family.Embedding && m.config.Pad >= 0 {
			clear(v[int(m.config.Pad)*width:][:width])
		}
	}
	return v
}
