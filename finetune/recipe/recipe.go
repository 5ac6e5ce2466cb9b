// Package recipe reads the YAML file that says what to fine-tune, on what, how and where to. It is strict: an unknown key, a
// key twice, a value of another type, an anchor or an alias is an error with its line, and all of them are reported at once.
// One table (fields.go) drives reading, defaults, the resolved recipe, the JSON Schema and the documentation.
//
// It reads nothing but the text it is given and knows neither models nor datasets.
package recipe

import (
	"path/filepath"
)

// Recipe is a recipe with every default filled in.
type Recipe struct {
	Base   Base
	Data   Data
	Train  Train
	Eval   Eval
	Output Output

	name    string // as in messages
	text    []byte // as given
	origins map[string]Origin
	lines   map[string]place // where each stated key stands
}

// Base is the model that is fine-tuned.
type Base struct {
	Path         string // folder of the checkpoint
	Init         string // config.json of a model to train from scratch, instead of Path
	Tokenizer    string // folder of its tokenizer, with Init
	StrictConfig bool   // refuse keys of config.json that osft does not know
}

// Data is what it is fine-tuned on.
type Data struct {
	Train           []string // files
	Validation      string   // file
	ValidationShare float64  // of the training rows, chosen by content digest
	Rows            string   // "0..64": the rows of Train that are used, the second number excluded; "" is all
	Format          string   // text, prompt, chat
	Field           string   // text: the field that holds it
	Template        string   // text: fields in braces, instead of Field
	Fields          Fields
	ChatTemplate    string // chat: a file that replaces the checkpoint's template
	TrainOn         string // completion, all
	AddBOS, AddEOS  bool
	Order           string // file, shuffled
	Packing         bool   // several rows in one sequence of at most MaxLength tokens
	Windows         string // separate, contiguous: how plain text is cut
	TooLong         string // error, truncate, drop
}

// Fields are names of columns where they are not the usual ones.
type Fields struct {
	Prompt, Completion          string
	Instruction, Input, Output  string
	Messages                    string
	User, Assistant, SystemText string
}

// Train is what trains and how.
type Train struct {
	What         []string // "all" or patterns over tensor names
	Except       []string // patterns that stay frozen all the same
	Steps        int      // 0: as many as Epochs make
	Epochs       int
	LR           float64
	Schedule     string // constant, linear, cosine, wsd
	WarmupSteps  int
	WarmupRatio  float64 // of all steps, instead of WarmupSteps
	DecaySteps   int     // wsd: length of the last phase
	MinLRRatio   float64 // floor of cosine and wsd, as a share of LR
	Batch        int     // rows a micro-batch
	Accumulate   int     // micro-batches a step
	MaxLength    int     // tokens of a row or of a packed sequence
	Seed         uint64
	WeightDecay  float64
	Decay        string // matrices, all, none
	Beta1, Beta2 float64
	Eps          float64
	Clip         float64 // global gradient norm; 0 is none

	CheckpointEvery int // steps; 0: only when interrupted and at the end
	KeepCheckpoints int
}

// Eval is what is measured beside the training loss.
type Eval struct {
	Every     int // steps between evaluations during the run; 0: only before and after
	Samples   []string
	MaxTokens int // of a sample
}

// Output is where the result goes and how it is written.
type Output struct {
	Dir     string
	DType   string // base, f32, bf16, f16
	Weights string // last, best
}

// Origin tells who chose a value.
type Origin string

// The origins of a value.
const (
	Stated     Origin = "stated"     // the recipe says it
	Default    Origin = "default"    // nobody says it
	Overridden Origin = "overridden" // a --set says it
)

// Origin tells who chose the value of a key such as "train.lr".
func (r *Recipe) Origin(key string) Origin {
	if origin, ok := r.origins[key]; ok {
		return origin
	}
	return Default
}

// Text is the recipe as it was given, without overrides.
func (r *Recipe) Text() []byte { return r.text }

// Path is the path of a file or folder that a key names, as the operating system has it. Paths of the recipe are relative to
// folder, the recipe's own; those of output.dir and of overrides to the working directory.
func (r *Recipe) Path(folder, key, value string) string {
	value = filepath.FromSlash(value)
	if value == "" || filepath.IsAbs(value) || key == "output.dir" || r.Origin(key) == Overridden {
		return value
	}
	return filepath.Join(folder, value)
}
