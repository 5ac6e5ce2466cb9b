// Package family says what a model architecture is to the rest of osft: what it reads from config.json, which parameters it
// has under which names, and how its forward pass is written down.
//
// An architecture is one file in a folder such as model/llama. It registers itself under its `model_type`, reads its keys
// through Keys, lists its parameters and builds its graph. Nothing else in the project knows its name.
//
// config.json is read strictly. A key that the architecture asked for is used; a key of the lists in harmless.go changes
// nothing that we compute, or is refused where it holds a value that would; every other key is unknown: it is kept, listed
// in Config.Unknown, and never guessed at. All problems of a file are reported at once.
//
// It refuses to hold weights, to compute anything but rotary frequencies, and to default a key whose absence would change
// the model: only the defaults that Transformers documents for the family are taken.
package family
