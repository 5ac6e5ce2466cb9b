package family

import (
	"iter"
	"maps"
	"slices"

	"github.com/osft-project/osft/model/graph"
)

// Architecture is one model, ready to be built: the hyper-parameters of one config.json.
type Architecture interface {
	// Params yields every parameter in the order of the forward pass, without allocating for all of them at once: a
	// config may claim a billion layers.
	Params() iter.Seq[Param]
	// Forward writes the forward pass down, from token ids to what the head needs.
	Forward(b *graph.Builder) Head
}

// Head is the end of the forward pass: the last hidden states and the vocabulary's weights.
type Head struct {
	Hidden *graph.Node // tokens × hidden
	Weight string      // the parameter that makes logits of them; tied models name the embedding
}

// Param is a parameter as the architecture wants it, under the checkpoint's own name.
type Param struct {
	Name  string
	Shape graph.Shape // outputs × inputs for weights, as the checkpoint has them
	Init  Init        // how training from scratch starts
}

// Init is a rule of Transformers' initialisation.
type Init uint8

// The rules. Normal is normal(0, initializer_range); Embedding is the same with the padding token's row zero.
const (
	Normal Init = iota
	Embedding
	Zeros
	Ones
)

var architectures = map[string]func(*Keys) Architecture{}

// Register makes an architecture known under its model_type. It is called while packages are initialised; a name taken
// twice is a mistake of the programmer and panics.
func Register(modelType string, build func(*Keys) Architecture) {
	if _, taken := architectures[modelType]; taken {
		panic("family: model_type " + modelType + " is registered twice")
	}
	architectures[modelType] = build
}

// Registered lists the known model types in alphabetical order.
func Registered() []string { return slices.Sorted(maps.Keys(architectures)) }
