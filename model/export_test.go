package model

import (
	"context"
	"slices"

	"github.com/osft-project/osft/model/graph"
)

// Steps runs the parts of a document one after the other with a cache and returns the logits after each.
func (m *Model) Steps(ctx context.Context, parts [][]int32) ([][]float32, error) {
	s, err := m.inference()
	if err != nil {
		return nil, err
	}
	s.frame.Cache = &graph.Cache{}
	defer func() { s.frame.Cache = nil }()
	var all [][]float32
	for _, part := range parts {
		logits, err := s.extend(ctx, part)
		if err != nil {
			return nil, err
		}
		all = append(all, slices.Clone(logits))
	}
	return all, nil
}
