package material

import (
	"github.com/osft-project/osft/data"
	"github.com/osft-project/osft/finetune/recipe"
)

// beyondContext notes a limit of length that was chosen beyond the base's context, and sequences that are.
func (m *Material) beyondContext() {
	const of = "than the %d tokens of context that the base was made for"
	context, limit := m.Config.MaxPositions, m.Recipe.Train.MaxLength
	if limit <= context {
		return
	}
	if m.Recipe.Origin("train.max_length") != recipe.Default {
		m.note("train.max_length: %d is more "+of, limit, context)
	}
	longer := 0
	for _, list := range [][]data.Example{m.Set.Train, m.Set.Validation} {
		for _, e := range list {
			if len(e.Tokens) > context {
				longer++
			}
		}
	}
	if longer > 0 {
		m.note("train.max_length: %d sequences are longer "+of, longer, context)
	}
}
