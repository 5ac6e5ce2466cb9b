package finetune

import (
	"bytes"
	"errors"
	"slices"

	"github.com/osft-project/osft/finetune/state"
	"github.com/osft-project/osft/provenance"
	"github.com/osft-project/osft/provenance/disk"
	"github.com/osft-project/osft/provenance/strict"
)

const metricsName = "metrics.jsonl"

// metrics is the live file of a run: a line for each step and evaluation. It has no times, so that the file that is published
// is the same whenever and wherever the run is repeated.
type metrics struct {
	work *state.Work
	file disk.File
}

// begin writes what is remembered from earlier processes; lines of steps that were not saved are gone, they come again.
func (m *metrics) begin(memory memory) error {
	text, err := memory.metrics()
	if err != nil {
		return err
	}
	path := m.work.Path(metricsName)
	if err := disk.WriteFile(m.work.Disk(), path, text); err != nil {
		return err
	}
	m.file, err = m.work.Disk().Append(path)
	return err
}

func (m *metrics) end() error {
	if m.file == nil {
		return nil
	}
	return m.file.Close()
}

func (m *metrics) step(s provenance.Step) error { return m.line(stepLine{"step", s}) }

func (m *metrics) evaluation(e provenance.Evaluation) error {
	return m.line(evaluationLine{"evaluation", e})
}

func (m *metrics) line(value any) error {
	text, err := strict.MarshalLine(value)
	if err != nil {
		return err
	}
	_, err = m.file.Write(append(text, '\n'))
	return err
}

// The lines of metrics.jsonl.
type (
	stepLine struct {
		Type string `json:"type"`
		provenance.Step
	}
	evaluationLine struct {
		Type string `json:"type"`
		provenance.Evaluation
	}
)

// metrics is the whole file: evaluations follow the step after which they were made.
func (m memory) metrics() ([]byte, error) {
	var out bytes.Buffer
	var problems []error
	add := func(value any) {
		text, err := strict.MarshalLine(value)
		problems = append(problems, err)
		out.Write(append(text, '\n'))
	}
	evaluations := slices.Clone(m.Evaluations)
	until := func(step int) {
		for len(evaluations) > 0 && evaluations[0].Step <= step && evaluations[0].When != after {
			add(evaluationLine{"evaluation", evaluations[0]})
			evaluations = evaluations[1:]
		}
	}
	until(0)
	for _, s := range m.Steps {
		add(stepLine{"step", s})
		until(s.Number)
	}
	for _, e := range evaluations {
		add(evaluationLine{"evaluation", e})
	}
	return out.Bytes(), errors.Join(problems...)
}
