package provenance

import (
	"fmt"

	"github.com/osft-project/osft/provenance/strict"
)

// RunFormat names the form of run.json that this program writes.
const RunFormat = "osft-run/1"

// Run is the record of a run (provenance/run.json): everything that whoever repeats it gets byte for byte, and nothing else.
// It holds no time, no name of a machine or a person, and no absolute path.
type Run struct {
	Format      string       `json:"format"`
	Numerics    Numerics     `json:"numerics"`
	Base        Base         `json:"base"`
	Recipe      Recipe       `json:"recipe"`
	Data        Data         `json:"data"`
	Plan        []Planned    `json:"plan"`
	Steps       []Step       `json:"steps"`
	Evaluations []Evaluation `json:"evaluations"`
	Samples     []Sample     `json:"samples"`
	Metrics     File         `json:"metrics"` // metrics.jsonl
	Result      Result       `json:"result"`
}

// Numerics is the profile of the arithmetic.
type Numerics struct {
	Profile string `json:"profile"`
	SHA256  string `json:"sha256"` // of the profile's text
}

// Base is the model that was fine-tuned, by the files that were read of it.
type Base struct {
	ModelType   string   `json:"model_type"`
	Scratch     bool     `json:"scratch"`      // no weights: trained from a config.json
	UnknownKeys []string `json:"unknown_keys"` // of its config.json, in the order of the file
	Extra       []string `json:"extra"`        // tensors that the model does not use, copied unchanged
	Files       []File   `json:"files"`
}

// Recipe is the recipe as given and as resolved.
type Recipe struct {
	Given    string          `json:"given_sha256"` // of the recipe as it was given
	File     File            `json:"file"`         // recipe.yaml: as given, absolute paths replaced by what they are
	Resolved File            `json:"resolved"`     // recipe.resolved.yaml
	Fields   []ResolvedField `json:"fields"`
}

// ResolvedField is a key of the recipe with the value that held, as YAML.
type ResolvedField struct {
	Key    string `json:"key"`
	Value  string `json:"value"`
	Origin string `json:"origin"` // stated, default or overridden
}

// Data is what was read of the data, what became of its rows, and in which order they were used. Counts are of rows, or of
// windows where plain text was cut; tokens are counted before anything was cut.
type Data struct {
	Files      []File `json:"files"`  // that were read
	Ledger     File   `json:"ledger"` // one line for each row
	Rows       int    `json:"rows"`
	Trained    int    `json:"trained"`
	Validation int    `json:"validation"`
	Dropped    int    `json:"dropped"`
	Truncated  int    `json:"truncated"`
	Tokens     int    `json:"tokens"`
	Targets    int    `json:"targets"`
	Lost       int    `json:"lost_tokens"`  // by dropping and truncating
	Order      string `json:"order_sha256"` // of the micro-batches of the whole run, in the order of use
}

// Planned is a parameter of the model and what happened to it.
type Planned struct {
	Name   string `json:"name"`
	Shape  []int  `json:"shape"`
	DType  string `json:"dtype"`
	Trains bool   `json:"trains"`
	Decay  bool   `json:"decay"`
}

// Step is one step of the optimizer. Losses are means over targets in nats.
type Step struct {
	Number   int     `json:"step"` // from 1
	Loss     float64 `json:"loss"`
	Targets  int     `json:"targets"`
	GradNorm float64 `json:"grad_norm"` // before clipping
	Rate     float64 `json:"lr"`
}

// Evaluation is a loss on held-out rows.
type Evaluation struct {
	When       string  `json:"when"` // before, during or after; after is measured on the weights as written
	Step       int     `json:"step"` // steps taken
	Loss       float64 `json:"loss"`
	Perplexity float64 `json:"perplexity"`
	Targets    int     `json:"targets"`
}

// Sample is a text that the model wrote: the likeliest token each time.
type Sample struct {
	When   string  `json:"when"` // before or after
	Prompt string  `json:"prompt"`
	Text   string  `json:"text"`
	Tokens []int32 `json:"tokens"`
}

// Result is what came out.
type Result struct {
	Step    int            `json:"step"`  // whose weights were written
	DType   string         `json:"dtype"` // base (each tensor's own), f32, bf16 or f16
	Tensors []TensorDigest `json:"tensors"`
	Files   []File         `json:"files"` // all of the output folder except provenance/
}

// TensorDigest compares a tensor with the base's, by the digest of its bytes. Base is empty where there was no base.
type TensorDigest struct {
	Name   string `json:"name"`
	DType  string `json:"dtype"`
	Shape  []int  `json:"shape"`
	Trains bool   `json:"trains"`
	Base   string `json:"base_sha256"`
	SHA256 string `json:"sha256"`
}

// Marshal writes the record; one record gives one text.
func (r Run) Marshal() ([]byte, error) { return strict.Marshal(r) }

// ParseRun reads a run.json. Names that this version does not know are an error, as is another format.
func ParseRun(data []byte) (Run, error) {
	var r Run
	if err := strict.Unmarshal(data, &r, strict.Limits{Size: 1 << 30}); err != nil {
		return Run{}, fmt.Errorf("run.json: %w", err)
	}
	if r.Format != RunFormat {
		return Run{}, fmt.Errorf("run.json: format: %q, this version reads %q", r.Format, RunFormat)
	}
	return r, nil
}
