package supply

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/osft-project/osft/cmd/osft/terminal"
	"github.com/osft-project/osft/data/tokenizer"
	"github.com/osft-project/osft/model"
	"github.com/osft-project/osft/provenance"
)

// inspected is what `osft inspect` prints: what a folder has, each part only where it is there.
type inspected struct {
	Folder    string         `json:"folder"`
	Model     *modelFacts    `json:"model,omitzero"`
	Tokenizer *languageFacts `json:"tokenizer,omitzero"`
	Run       *runFacts      `json:"run,omitzero"`
}

type modelFacts struct {
	ModelType   string        `json:"model_type"`
	Parameters  int           `json:"parameters"`
	VocabSize   int           `json:"vocab_size"`
	Positions   int           `json:"max_position_embeddings"`
	Tied        bool          `json:"tied_head"`
	UnknownKeys []string      `json:"unknown_keys"`
	Unused      []string      `json:"unused_tensors"`
	Files       []string      `json:"files"`
	Tensors     []tensorFacts `json:"tensors"`
}

type tensorFacts struct {
	Name  string `json:"name"`
	DType string `json:"dtype"`
	Shape []int  `json:"shape"`
}

type languageFacts struct {
	Tokens   int      `json:"tokens"`
	MaxID    int32    `json:"max_id"`
	BOS      string   `json:"bos"`
	EOS      string   `json:"eos"`
	Template bool     `json:"chat_template"`
	Notes    []string `json:"notes"`
}

type runFacts struct {
	Steps   int     `json:"steps"`
	Loss    float64 `json:"last_loss"`
	Trained int     `json:"tensors_trained"`
	Frozen  int     `json:"tensors_frozen"`
	Profile string  `json:"profile"`
}

func newInspect(screen *terminal.Terminal) *cobra.Command {
	var strictConfig, tensors bool
	command := &cobra.Command{
		Use:   "inspect DIR",
		Short: "Show what a checkpoint, tokenizer or run folder holds, without loading weights",
		Args:  cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			facts, err := inspect(command.Context(), args[0], strictConfig)
			if err != nil {
				return err
			}
			if facts.Model != nil && len(facts.Model.UnknownKeys) > 0 {
				screen.Warn("config.json has keys that osft does not know; they are copied, not used: %s", terminal.Safe(fmt.Sprint(facts.Model.UnknownKeys)))
			}
			return screen.Result("inspect", facts, func(w io.Writer) { facts.print(w, tensors) })
		},
	}
	command.Flags().BoolVar(&strictConfig, "strict-config", false, "refuse keys of config.json that osft does not know")
	command.Flags().BoolVar(&tensors, "tensors", false, "list every tensor")
	return command
}

// inspect looks at a folder. It is an error if none of config.json, tokenizer.json and provenance/run.json is there.
func inspect(ctx context.Context, path string, strictConfig bool) (facts inspected, err error) {
	folder, err := provenance.OpenFolder(path)
	if err != nil {
		return facts, fmt.Errorf("inspect: %w", err)
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
	facts.Folder = path
	parts := 0
	for _, part := range []struct {
		file string
		look func() error
	}{
		{"config.json", func() error { return facts.lookAtModel(ctx, folder, strictConfig) }},
		{tokenizer.File, func() error { return facts.lookAtTokenizer(folder) }},
		{"provenance/run.json", func() error { return facts.lookAtRun(folder) }},
	} {
		if _, err := fs.Stat(folder, part.file); err != nil {
			continue
		}
		parts++
		if err := part.look(); err != nil {
			return facts, err
		}
	}
	if parts == 0 {
		return facts, fmt.Errorf("%s: has none of config.json, tokenizer.json and provenance/run.json (name a checkpoint's folder)", path)
	}
	return facts, nil
}

func (f *inspected) lookAtModel(ctx context.Context, folder fs.FS, strictConfig bool) (err error) {
	m, err := model.Load(ctx, folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	c := m.Config()
	if strictConfig {
		if err := c.RefuseUnknown(); err != nil {
			return err
		}
	}
	facts := &modelFacts{ModelType: c.ModelType, VocabSize: c.VocabSize, Positions: c.MaxPositions, Tied: c.Tied,
		UnknownKeys: c.Unknown, Files: m.Checkpoint().Files()}
	for _, p := range m.Params() {
		facts.Parameters += p.Elements()
		facts.Tensors = append(facts.Tensors, tensorFacts{Name: p.Name, DType: p.DType.String(), Shape: p.Shape})
	}
	for _, e := range m.Extra() {
		facts.Unused = append(facts.Unused, e.Name)
	}
	f.Model = facts
	return nil
}

func (f *inspected) lookAtTokenizer(folder fs.FS) error {
	t, err := tokenizer.Load(folder)
	if err != nil {
		return err
	}
	config := t.Config()
	facts := &languageFacts{Tokens: t.VocabSize(), MaxID: t.MaxID(), Notes: t.Notes()}
	if config.BOS != nil {
		facts.BOS = config.BOS.Content
	}
	if config.EOS != nil {
		facts.EOS = config.EOS.Content
	}
	_, facts.Template = config.ChatTemplate()
	f.Tokenizer = facts
	return nil
}

func (f *inspected) lookAtRun(folder fs.FS) error {
	text, err := fs.ReadFile(folder, "provenance/run.json")
	if err != nil {
		return err
	}
	run, err := provenance.ParseRun(text)
	if err != nil {
		return err
	}
	facts := &runFacts{Steps: len(run.Steps), Profile: run.Numerics.Profile}
	if len(run.Steps) > 0 {
		facts.Loss = run.Steps[len(run.Steps)-1].Loss
	}
	for _, p := range run.Plan {
		if p.Trains {
			facts.Trained++
		} else {
			facts.Frozen++
		}
	}
	f.Run = facts
	return nil
}

// print writes the facts for a person.
func (f inspected) print(w io.Writer, tensors bool) {
	if m := f.Model; m != nil {
		head := "a head of its own"
		if m.Tied {
			head = "head tied to the embedding"
		}
		fmt.Fprintf(w, "model      %s, %d parameters in %d tensors, vocabulary %d, %d positions, %s\n",
			terminal.Safe(m.ModelType), m.Parameters, len(m.Tensors), m.VocabSize, m.Positions, head)
		for _, name := range m.Files {
			fmt.Fprintf(w, "weights    %s\n", terminal.Safe(name))
		}
		for _, name := range m.Unused {
			fmt.Fprintf(w, "unused     %s (copied unchanged)\n", terminal.Safe(name))
		}
		if tensors {
			for _, t := range m.Tensors {
				fmt.Fprintf(w, "tensor     %s %s %v\n", terminal.Safe(t.Name), t.DType, t.Shape)
			}
		}
	}
	if t := f.Tokenizer; t != nil {
		template := "no chat template"
		if t.Template {
			template = "a chat template"
		}
		fmt.Fprintf(w, "tokenizer  %d tokens, highest id %d, begins with %q, ends with %q, %s\n", t.Tokens, t.MaxID, t.BOS, t.EOS, template)
		for _, note := range t.Notes {
			fmt.Fprintf(w, "note       %s\n", terminal.Safe(note))
		}
	}
	if r := f.Run; r != nil {
		fmt.Fprintf(w, "run        %d steps, last loss %.4f, %d tensors trained, %d frozen, profile %s\n", r.Steps, r.Loss, r.Trained, r.Frozen, r.Profile)
	}
}
