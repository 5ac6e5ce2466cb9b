package model

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/osft-project/osft/model/weights"
	"github.com/osft-project/osft/provenance/disk"
	"github.com/osft-project/osft/provenance/strict"
)

// SaveOptions says how weights are written.
type SaveOptions struct {
	DType weights.DType // of all weights; 0 keeps each tensor's own
}

// companions are the files beside the weights that belong to a model; they are copied as they are.
var companions = []string{
	"generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
	"tokenizer.model", "vocab.json", "merges.txt", "chat_template.jinja", "chat_template.json",
}

// companionLimit bounds the size of each.
const companionLimit = 256 << 20

// Save writes the model: the weights in the checkpoint's own files, order and dtypes, config.json, and the tokenizer's files.
// Where nothing was trained every file has the bytes that were read. A new model is one file.
func (m *Model) Save(ctx context.Context, dst disk.Folder, o SaveOptions) error {
	if m.unread != nil {
		return m.unread
	}
	if err := m.saveWeights(ctx, dst, o); err != nil {
		return err
	}
	config, err := m.configAs(o.DType)
	if err != nil {
		return err
	}
	if err := write(dst, configName, config); err != nil {
		return err
	}
	if m.folder == nil {
		return nil
	}
	return SaveCompanions(m.folder, dst)
}

// SaveCompanions copies the tokenizer's files and generation_config.json of a folder as they are, those that are there.
func SaveCompanions(folder fs.FS, dst disk.Folder) error {
	for _, name := range companions {
		data, err := companion(folder, name)
		if err == nil && data != nil {
			err = write(dst, name, data)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func companion(folder fs.FS, name string) ([]byte, error) {
	if _, err := fs.Stat(folder, name); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return readFile(folder, name, companionLimit)
}

func write(dst disk.Folder, name string, data []byte) error {
	f, err := dst.Create(name)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

func (m *Model) saveWeights(ctx context.Context, dst disk.Folder, o SaveOptions) error {
	if m.checkpoint != nil {
		return m.checkpoint.Rewrite(ctx, dst, weights.Changes{DType: o.DType, Replace: m.replacement})
	}
	tensors := make([]weights.New, len(m.params))
	for i, p := range m.params {
		dtype := p.DType
		if o.DType != 0 {
			dtype = o.DType
		}
		tensors[i] = weights.New{Tensor: weights.Tensor{Name: p.Name, DType: dtype, Shape: p.Shape}, Values: m.values[p.Name]}
	}
	return weights.Write(ctx, dst, weights.FileName, tensors, map[string]string{"format": "pt"})
}

// replacement is the new values of a tensor that was trained; a tied head that the checkpoint holds follows the embedding.
func (m *Model) replacement(t weights.Tensor) ([]float32, error) {
	name := t.Name
	if _, ok := m.byName[name]; !ok && name == head && m.config.Tied {
		name = m.tied()
	}
	return m.values[name], nil
}

// configAs is config.json with another dtype, in whichever spelling it has; nothing else changes.
func (m *Model) configAs(dtype weights.DType) ([]byte, error) {
	names := map[weights.DType]string{weights.F32: "float32", weights.F16: "float16", weights.BF16: "bfloat16"}
	if dtype == 0 || dtype == m.config.DType {
		return m.config.Raw, nil
	}
	name, ok := names[dtype]
	if !ok {
		return nil, fmt.Errorf("dtype %v: weights are written as F32, F16 or BF16", dtype)
	}
	text := m.config.Raw
	for _, key := range []string{"dtype", "torch_dtype"} {
		object, err := strict.Parse(text, strict.Limits{})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", configName, err)
		}
		if v, ok := object.Get(key); ok {
			end := v.Offset() + len(v.Raw())
			text = append(append(append([]byte{}, text[:v.Offset()]...), `"`+name+`"`...), text[end:]...)
		}
	}
	return text, nil
}
