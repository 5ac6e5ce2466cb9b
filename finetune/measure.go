package finetune

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/osft-project/osft/finetune/evaluate"
	"github.com/osft-project/osft/finetune/material"
	"github.com/osft-project/osft/finetune/recipe"
	"github.com/osft-project/osft/model"
)

// Measure says what to evaluate.
type Measure struct {
	Folder string // a checkpoint; "" is the base of the recipe

	// Recipe is the path of the recipe whose data section says what rows are and which of them are held out. "" is the one
	// that the folder's own record has; its relative paths are then relative to the working directory.
	Recipe    string
	Overrides []string
	Data      string // a file all of whose rows are evaluated, instead of the held-out rows of the recipe

	Rows bool // every row by itself too
}

// Measured is a loss on rows.
type Measured struct {
	Loss       float64 `json:"loss"` // mean over the targets, in nats
	Perplexity float64 `json:"perplexity"`
	Targets    int     `json:"targets"`
	Rows       []Row   `json:"rows,omitzero"`
}

// Row is the loss on one row, or window of plain text.
type Row struct {
	Where      string  `json:"row"`
	Loss       float64 `json:"loss"`
	Perplexity float64 `json:"perplexity"`
	Targets    int     `json:"targets"`
}

// Evaluate computes the loss of a checkpoint on held-out rows, in the micro-batches in which Execute evaluates them: on a
// folder that Execute made it gives the same number.
func Evaluate(ctx context.Context, q Measure) (Measured, error) {
	m, err := q.open(ctx)
	if err != nil {
		return Measured{}, err
	}
	result, err := measured(ctx, m, q)
	return result, errors.Join(err, m.Close())
}

// open opens the checkpoint as if it were the base of the recipe.
func (q Measure) open(ctx context.Context) (*material.Material, error) {
	path, dir := q.Recipe, filepath.Dir(q.Recipe)
	if path == "" {
		if q.Folder == "" {
			return nil, errors.New("evaluate: neither a folder nor a recipe is named")
		}
		path, dir = filepath.Join(q.Folder, filepath.FromSlash(recordFolder+resolvedName)), "."
		if _, err := os.Stat(path); err != nil {
			return nil, fmt.Errorf("%s: has no record of a recipe (name one, whose data section says how rows are read)", q.Folder)
		}
	}
	// Nothing is written, so nobody need say where to.
	r, err := material.ReadRecipe(path, slices.Concat([]string{"output.dir=."}, q.Overrides))
	if err != nil {
		return nil, err
	}
	if err := q.apply(r); err != nil {
		return nil, r.Locate(err)
	}
	m, err := material.Open(ctx, dir, r)
	if err := errors.Join(err, m.ReadData(ctx)); err != nil {
		return nil, errors.Join(r.Locate(err), m.Close())
	}
	return m, nil
}

// apply puts folder and rows in the place of the recipe's.
func (q Measure) apply(r *recipe.Recipe) error {
	if q.Folder != "" {
		folder, err := filepath.Abs(q.Folder)
		if err != nil {
			return err
		}
		r.Base = recipe.Base{Path: folder}
	}
	if q.Data != "" {
		file, err := filepath.Abs(q.Data)
		if err != nil {
			return err
		}
		d := &r.Data
		d.Train, d.Validation, d.ValidationShare, d.Rows, d.Order, d.Packing = []string{file}, "", 0, "", "file", false
		return nil
	}
	if r.Data.Validation == "" && r.Data.ValidationShare == 0 {
		return errors.New("data.validation: names no held-out rows, nor does data.validation_share (name a file of rows to evaluate)")
	}
	if hidden := slices.IndexFunc(append([]string{r.Data.Validation}, r.Data.Train...), func(p string) bool { return strings.HasPrefix(p, "{") }); hidden >= 0 {
		return errors.New("data.train: the record says by digests only which files were read (name the recipe, or data.train anew)")
	}
	return nil
}

func measured(ctx context.Context, m *material.Material, q Measure) (result Measured, err error) {
	session, err := m.Model.Session(nil)
	if err != nil {
		return result, err
	}
	batches, where := m.Validation(), m.ValidationRows()
	if q.Data != "" {
		batches, where = m.All()
	}
	sum, err := evaluate.Loss(ctx, session, batches)
	if err != nil {
		return result, err
	}
	result = Measured{Loss: sum.Mean(), Perplexity: evaluate.Perplexity(sum), Targets: sum.Tokens}
	if !q.Rows {
		return result, nil
	}
	losses, err := evaluate.Documents(ctx, session, batches)
	for i, l := range losses {
		result.Rows = append(result.Rows, row(where[i], l))
	}
	return result, err
}

func row(where string, l model.Loss) Row {
	return Row{Where: where, Loss: l.Mean(), Perplexity: evaluate.Perplexity(l), Targets: l.Tokens}
}
