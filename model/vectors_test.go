package model_test

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/osft-project/osft/model"
	"github.com/osft-project/osft/model/weights"
)

// vectors is the folder of the model cases: OSFT_VECTORS, or the few that are kept in testdata.
func vectors(t *testing.T) string {
	t.Helper()
	root := os.Getenv("OSFT_VECTORS")
	if root == "" {
		return "../testdata/vectors/models"
	}
	dir := filepath.Join(root, "models")
	if found, _ := filepath.Glob(filepath.Join(dir, "*", "config.json")); len(found) == 0 {
		t.Fatalf("OSFT_VECTORS: %s has no models", root)
	}
	return dir
}

// cases lists the model cases of the vectors.
func cases(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(vectors(t), "*", "forward.safetensors"))
	if err != nil || len(found) == 0 {
		t.Skip("skipped: no vectors")
	}
	var names []string
	for _, f := range found {
		names = append(names, filepath.Base(filepath.Dir(f)))
	}
	return names
}

// tensors is a safetensors file of expected values.
type tensors struct {
	t *testing.T
	c *weights.Checkpoint
}

func open(t *testing.T, dir, name string) tensors {
	t.Helper()
	c, err := weights.OpenFile(os.DirFS(dir), name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return tensors{t, c}
}

func (f tensors) floats(name string) []float32 {
	f.t.Helper()
	tensor, ok := f.c.Tensor(name)
	if !ok {
		f.t.Fatalf("no tensor %s", name)
	}
	return tensor.Float32s()
}

// rows is a two-dimensional tensor of int64 ids.
func (f tensors) rows(name string) [][]int32 {
	f.t.Helper()
	tensor, ok := f.c.Tensor(name)
	if !ok || len(tensor.Shape) != 2 || tensor.DType != weights.I64 {
		f.t.Fatalf("no rows of ids %s", name)
	}
	rows := make([][]int32, tensor.Shape[0])
	for i := range rows {
		for j := range tensor.Shape[1] {
			at := 8 * (i*tensor.Shape[1] + j)
			rows[i] = append(rows[i], int32(binary.LittleEndian.Uint64(tensor.Data[at:])))
		}
	}
	return rows
}

// shifted turns the labels of a row into targets: position t should predict labels[t+1]; -100 does not count.
func shifted(labels []int32) []int32 {
	targets := append(slices.Clone(labels[1:]), -1)
	for i, l := range targets {
		targets[i] = max(l, -1)
	}
	return targets
}

func batchOf(ids, labels [][]int32) (b model.Batch) {
	for i := range ids {
		b.Append(ids[i], shifted(labels[i]))
	}
	return b
}

func readJSON(t *testing.T, into any, path ...string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatalf("%s: %v", filepath.Join(path...), err)
	}
}

// load opens a case's model; a model_type that is not registered skips the test by name.
func load(t *testing.T, dir string) *model.Model {
	t.Helper()
	m, err := model.Load(t.Context(), os.DirFS(dir))
	if err != nil && strings.Contains(err.Error(), "is not supported (osft has") {
		t.Skipf("skipped: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

func maxAbs(got, want []float32) (worst float64) {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	for i := range got {
		d := math.Abs(float64(got[i]) - float64(want[i]))
		if !(d <= worst) {
			worst = d
		}
	}
	return worst
}

// relative is L2(got-want)/L2(want), and L2(want).
func relative(got, want []float32) (ratio, norm float64) {
	if len(got) != len(want) {
		return math.Inf(1), 1
	}
	var diff, sum float64
	for i := range got {
		d := float64(got[i]) - float64(want[i])
		diff += d * d
		sum += float64(want[i]) * float64(want[i])
	}
	norm = math.Sqrt(sum)
	if norm == 0 {
		return math.Sqrt(diff), 0
	}
	return math.Sqrt(diff) / norm, norm
}
