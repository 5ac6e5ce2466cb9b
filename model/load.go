package model

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/osft-project/osft/model/family"
	"github.com/osft-project/osft/model/graph"
	"github.com/osft-project/osft/model/weights"
)

const (
	configName  = "config.json"
	configLimit = 1 << 20
	// reported bounds how many problems of one kind an error lists.
	reported = 20
)

// Extra is a tensor of the checkpoint that the model does not use.
type Extra struct {
	Name string
	Why  string // why that is harmless; "" where it is not known to be
}

// Load opens the model in a folder. It fails where config.json has a problem, and where a parameter is missing, has another
// shape, or is not F32, F16 or BF16; the error lists all of them. Tensors that the model does not use are kept and listed by
// Extra. Weights are mapped, not read: a NaN among them shows when it is first computed with.
func Load(ctx context.Context, folder fs.FS) (*Model, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	raw, err := readFile(folder, configName, configLimit)
	if err != nil {
		return nil, err
	}
	m, err := configured(raw)
	if err != nil {
		return nil, err
	}
	if m.checkpoint, err = weights.Open(folder); err != nil {
		return nil, err
	}
	m.folder = folder
	if err := m.adopt(); err != nil {
		return nil, errors.Join(err, m.checkpoint.Close())
	}
	return m, nil
}

// configured is a model without parameters.
func configured(raw []byte) (*Model, error) {
	config, arch, err := family.Read(raw)
	if err != nil {
		return nil, err
	}
	return &Model{
		config: config, arch: arch, byName: map[string]*Param{}, values: map[string][]float32{},
		trained: map[string]bool{}, views: map[string]graph.Value{},
	}, nil
}

func readFile(folder fs.FS, name string, limit int64) ([]byte, error) {
	f, err := folder.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: not found (is this the folder of a checkpoint?)", name)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s: is larger than %d bytes", name, limit)
	}
	return data, nil
}

// adopt finds every parameter in the checkpoint.
func (m *Model) adopt() error {
	var problems []error
	for want := range m.arch.Params() {
		t, ok := m.checkpoint.Tensor(want.Name)
		if err := check(want, t, ok); err != nil {
			problems = append(problems, err)
		}
		if len(problems) > reported {
			problems[reported] = errors.New("and more of this kind")
			break
		}
		m.byName[want.Name] = &Param{Name: want.Name, Shape: want.Shape, DType: t.DType, tensor: t}
	}
	if problems != nil {
		return errors.Join(problems...)
	}
	for _, t := range m.checkpoint.Tensors() {
		if p, ok := m.byName[t.Name]; ok {
			m.params = append(m.params, p)
		} else {
			m.extra = append(m.extra, Extra{Name: t.Name, Why: m.harmless(t)})
		}
	}
	return m.tie()
}

func check(want family.Param, t weights.Tensor, ok bool) error {
	switch {
	case !ok:
		return fmt.Errorf("%s: is missing (config.json asks for it with shape %v)", want.Name, []int(want.Shape))
	case !slices.Equal(t.Shape, []int(want.Shape)):
		return fmt.Errorf("%s: has the shape %v (config.json asks for %v)", want.Name, t.Shape, []int(want.Shape))
	case !t.DType.Float():
		return fmt.Errorf("%s: is %v (weights must be F32, F16 or BF16)", want.Name, t.DType)
	}
	return nil
}

const head = "lm_head.weight"

// harmless says why a tensor that the model does not use does no harm, or "".
func (m *Model) harmless(t weights.Tensor) string {
	switch {
	case strings.HasSuffix(t.Name, "rotary_emb.inv_freq"):
		return "rotary frequencies, which are computed"
	case strings.HasSuffix(t.Name, "attn.bias"), strings.HasSuffix(t.Name, "attn.masked_bias"):
		return "a causal mask, which is computed"
	case t.Name == head && m.config.Tied:
		return "the tied head, written again"
	}
	return ""
}

// tie checks a head that a checkpoint holds although config.json ties it to the embedding: the two must be the same.
func (m *Model) tie() error {
	t, ok := m.checkpoint.Tensor(head)
	_, used := m.byName[head]
	if !ok || used {
		return nil
	}
	twin := m.byName[m.tied()].tensor
	return weights.Guard(func() error {
		if twin.DType != t.DType || !bytes.Equal(twin.Data, t.Data) {
			return fmt.Errorf("%s: differs from %s, to which tie_word_embeddings ties it (one of the two is wrong)", t.Name, twin.Name)
		}
		return nil
	})
}

// tied names the parameter that the head is.
func (m *Model) tied() string {
	for p := range m.arch.Params() {
		if p.Init == family.Embedding {
			return p.Name
		}
	}
	return ""
}
