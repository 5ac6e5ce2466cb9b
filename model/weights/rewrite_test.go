package weights

import (
	"bytes"
	"context"
	"errors"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/osft-project/osft/provenance/disk"
	"github.com/osft-project/osft/provenance/disk/fault"
)

// sharded has tensors of several types in two shards, named in another order than their data, with free text in one.
func sharded() fstest.MapFS {
	return fstest.MapFS{
		IndexName: {Data: []byte(`{ "weight_map": {"h": "b.st", "w": "a.st", "ids": "a.st"},  "metadata":{"x": [1], "total_size":24}}`)},
		"a.st":    {Data: framed(`{"w":{"dtype":"F32","shape":[2],"data_offsets":[8,16]},"__metadata__":{"b":"\u0041","a":""},"ids":{"shape":[1],"dtype":"I64","data_offsets":[0,8]}}`, 16)},
		"b.st":    {Data: framed(`{"h": {"dtype":"BF16","shape":[2,2],"data_offsets":[0,8]}}`, 8)},
	}
}

func open(t *testing.T, files fstest.MapFS) *Checkpoint {
	t.Helper()
	c, err := Open(files)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestRewriteNothing(t *testing.T) {
	out := memory{}
	if err := open(t, sharded()).Rewrite(context.Background(), out, Changes{}); err != nil {
		t.Fatal(err)
	}
	if len(out) != 3 {
		t.Errorf("%d files", len(out))
	}
	for name, want := range sharded() {
		if !bytes.Equal(out[name].Bytes(), want.Data) {
			t.Errorf("%s differs", name)
		}
	}
}

func replacing(name string, values ...float32) func(Tensor) ([]float32, error) {
	return func(t Tensor) ([]float32, error) {
		if t.Name == name {
			return values, nil
		}
		return nil, nil
	}
}

func TestRewriteOneTensor(t *testing.T) {
	out := memory{}
	changes := Changes{Replace: replacing("h", 1, -2, 0.5, 1.001)}
	if err := open(t, sharded()).Rewrite(context.Background(), out, changes); err != nil {
		t.Fatal(err)
	}
	files := sharded()
	want := files["b.st"].Data
	copy(want[len(want)-8:], []byte{0x80, 0x3f, 0x00, 0xc0, 0x00, 0x3f, 0x80, 0x3f})
	for name := range files {
		if !bytes.Equal(out[name].Bytes(), files[name].Data) {
			t.Errorf("%s differs: %q", name, out[name].Bytes())
		}
	}
}

func TestRewriteToAnotherType(t *testing.T) {
	in := open(t, sharded())
	files := memory{}
	if err := in.Rewrite(context.Background(), files, Changes{DType: F32, Replace: replacing("w", 3, 4)}); err != nil {
		t.Fatal(err)
	}
	out := open(t, files.files())
	h, _ := out.Tensor("h")
	old, _ := in.Tensor("h")
	sameBits(t, h.Float32s(), old.Float32s())
	w, _ := out.Tensor("w")
	sameBits(t, w.Float32s(), []float32{3, 4})
	ids, _ := out.Tensor("ids")
	if oldIDs, _ := in.Tensor("ids"); h.DType != F32 || ids.DType != I64 || !bytes.Equal(ids.Data, oldIDs.Data) {
		t.Errorf("h is %v, ids %v", h.DType, ids)
	}
	if got := files[IndexName].String(); got != strings.Replace(string(sharded()[IndexName].Data), "24", "32", 1) || out.Warnings() != nil {
		t.Errorf("index %s, warnings %v", got, out.Warnings())
	}
	if !bytes.Equal(files["a.st"].Bytes()[:150], sharded()["a.st"].Data[:150]) {
		t.Error("a file whose types stay has another header")
	}
	halved := memory{}
	if err := out.Rewrite(context.Background(), halved, Changes{DType: BF16}); err != nil {
		t.Fatal(err)
	}
	want := `{"w":{"dtype":"BF16","shape":[2],"data_offsets":[8,12]},"__metadata__":{"b":"A","a":""},"ids":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}`
	got := string(halved["a.st"].Bytes()[8:])
	if !strings.HasPrefix(got, want) || strings.Trim(got[len(want):len(got)-12], " ") != "" || (len(got)-12)%8 != 0 {
		t.Errorf("header %q\nwant   %q and spaces", got, want)
	}
}

func TestRewriteErrors(t *testing.T) {
	huge := float32(65520)
	tests := []struct {
		changes Changes
		want    string
	}{
		{Changes{DType: I64}, "dtype I64: is not one to train in"},
		{Changes{Replace: replacing("w", 1)}, "a.st: w: has 2 values, 1 were given"},
		{Changes{Replace: replacing("ids", 1)}, "a.st: ids: dtype I64: cannot be replaced"},
		{Changes{Replace: func(Tensor) ([]float32, error) { return nil, errors.New("mine") }}, "b.st: h: mine"},
		{Changes{Replace: replacing("w", 1, float32(math.NaN()))}, "a.st: w: element 1: NaN is not finite"},
		{Changes{Replace: replacing("h", 1, 2, 3, float32(math.Inf(-1)))}, "b.st: h: element 3: -Inf is not finite"},
		{Changes{Replace: replacing("w", 0, -huge), DType: F16}, "a.st: w: element 1: -65520 is too great for F16 (choose"},
		{Changes{Replace: replacing("h", 0, 0, math.MaxFloat32, 0)}, "b.st: h: element 2: 3.4028235e+38 is too great for BF16"},
	}
	for _, tt := range tests {
		err := open(t, sharded()).Rewrite(context.Background(), memory{}, tt.changes)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("got %v, want %q", err, tt.want)
		}
	}
	largest := Changes{Replace: replacing("w", math.Nextafter32(huge, 0), 0), DType: F16}
	if err := open(t, sharded()).Rewrite(context.Background(), memory{}, largest); err != nil {
		t.Errorf("65519.996 rounds to the greatest F16: %v", err)
	}
	done, cancel := context.WithCancel(context.Background())
	cancel()
	if err := open(t, sharded()).Rewrite(done, memory{}, Changes{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// Infinities that were there and are not replaced are no business of a copy, in whatever type.
func TestRewriteKeepsInfinities(t *testing.T) {
	files := fstest.MapFS{FileName: {Data: framed(`{`+tensorA+`}`, 0)}}
	data := make([]byte, 8)
	_ = Encode(data, F32, []float32{float32(math.Inf(-1)), 1})
	files[FileName].Data = append(files[FileName].Data, data...)
	out := memory{}
	if err := open(t, files).Rewrite(context.Background(), out, Changes{DType: BF16}); err != nil {
		t.Fatal(err)
	}
	a, _ := open(t, out.files()).Tensor("a")
	sameBits(t, a.Float32s(), []float32{float32(math.Inf(-1)), 1})
}

// More than one chunk, so that the seams are tested as well.
func TestRewriteLarge(t *testing.T) {
	const n = 2*chunk + 77
	c, _ := onDisk(t, n)
	first, second := memory{}, memory{}
	if err := c.Rewrite(context.Background(), first, Changes{}); err != nil {
		t.Fatal(err)
	}
	w, _ := c.Tensor("w")
	negative := make([]float32, n)
	for i, v := range w.Float32s() {
		negative[i] = -v
	}
	if err := c.Rewrite(context.Background(), second, Changes{Replace: replacing("w", negative...), DType: BF16}); err != nil {
		t.Fatal(err)
	}
	same, _ := open(t, first.files()).Tensor("w")
	sameBits(t, same.Float32s(), w.Float32s())
	other, _ := open(t, second.files()).Tensor("w")
	for i, v := range other.Float32s() {
		if want := BF16Value(BF16Bits(negative[i])); v != want {
			t.Fatalf("value %d: %v, want %v", i, v, want)
		}
	}
	if cutoff := unfit(append(make([]float32, n), float32(math.Inf(1))), F32, true); cutoff != n {
		t.Errorf("the value that is not finite is found at %d", cutoff)
	}
}

// Whatever operation fails, a checkpoint does not come to stand in its place.
func TestRewriteSurvivesEveryFault(t *testing.T) {
	for n := 1; ; n++ {
		dir := t.TempDir()
		d := &fault.Disk{FS: disk.System{}, Fail: n}
		stage, err := disk.NewStage(d, filepath.Join(dir, "work"))
		if err == nil {
			err = open(t, sharded()).Rewrite(context.Background(), stage, Changes{})
			if publish := stage.Publish(filepath.Join(dir, "out")); err != nil && publish == nil {
				t.Fatalf("operation %d failed (%v), and the stage was published", n, err)
			} else if err == nil {
				err = publish
			}
		}
		if !d.Failed() {
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d operations made to fail", n-1)
			return
		}
		if !errors.Is(err, fault.ErrInjected) {
			t.Fatalf("operation %d failed, the error is %v", n, err)
		}
	}
}

func TestWrite(t *testing.T) {
	tensors := []New{
		{Tensor{Name: "b", DType: BF16, Shape: []int{2}}, []float32{1, 2}},
		{Tensor{Name: "a", DType: BF16, Shape: []int{1, 1}, Data: []byte{0x80, 0x3f}}, nil},
		{Tensor{Name: "n", DType: I64, Data: make([]byte, 8)}, nil},
		{Tensor{Name: "none", DType: F32, Shape: []int{0, 4}}, nil},
	}
	out, again := memory{}, memory{}
	if err := Write(context.Background(), out, FileName, tensors, map[string]string{"format": "pt", "a": "é\n"}); err != nil {
		t.Fatal(err)
	}
	want := `{"__metadata__":{"a":"é\n","format":"pt"},"n":{"dtype":"I64","shape":[],"data_offsets":[0,8]},"none":{"dtype":"F32","shape":[0,4],"data_offsets":[8,8]},"a":{"dtype":"BF16","shape":[1,1],"data_offsets":[8,10]},"b":{"dtype":"BF16","shape":[2],"data_offsets":[10,14]}}`
	if got := out[FileName].String(); !strings.HasPrefix(got[8:], want) {
		t.Errorf("header %q\nwant   %q", got, want)
	}
	c := open(t, out.files())
	b, _ := c.Tensor("b")
	sameBits(t, b.Float32s(), []float32{1, 2})
	slices.Reverse(tensors)
	if err := Write(context.Background(), again, FileName, tensors, c.Metadata(FileName)); err != nil || !bytes.Equal(out[FileName].Bytes(), again[FileName].Bytes()) {
		t.Errorf("another order of the arguments gives another file, %v", err)
	}
}

func TestWriteErrors(t *testing.T) {
	bad := []New{
		{Tensor{Name: "a", DType: F32, Shape: []int{2}}, []float32{1}},
		{Tensor{Name: "b", DType: F32, Shape: []int{2}, Data: make([]byte, 4)}, nil},
		{Tensor{Name: "b", DType: F32}, []float32{1}},
		{Tensor{Name: "c", DType: I64}, []float32{1}},
		{Tensor{Name: "d"}, nil},
		{Tensor{Name: "e", DType: U8, Shape: []int{-1}}, nil},
		{Tensor{Name: "__metadata__", DType: U8, Data: []byte{1}}, nil},
	}
	err := Write(context.Background(), memory{}, "x.st", bad, nil)
	for _, want := range []string{
		"x.st: a: shape [2] has 2 values, 1 were given",
		"x.st: b: shape [2] of F32 is 8 bytes, 4 were given",
		"x.st: b: the name is taken",
		"x.st: c: dtype I64: cannot be written from float32",
		"x.st: d: has no dtype",
		"x.st: e: shape [-1] has a negative dimension",
		"x.st: __metadata__: the name is taken",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in:\n%v", want, err)
		}
	}
	nan := []New{{Tensor{Name: "a", DType: F32}, []float32{float32(math.NaN())}}}
	if err := Write(context.Background(), memory{}, "x.st", nan, nil); err == nil || !strings.Contains(err.Error(), "x.st: a: element 0: NaN is not finite") {
		t.Errorf("NaN: %v", err)
	}
	long := []New{{Tensor{Name: strings.Repeat("n", maxHeader), DType: U8, Data: []byte{1}}, nil}}
	if err := Write(context.Background(), memory{}, "x.st", long, nil); err == nil || !strings.Contains(err.Error(), "x.st: header: would be 1000000") {
		t.Errorf("long header: %v", err)
	}
	invalid := []New{{Tensor{Name: "\xff", DType: U8, Data: []byte{1}}, nil}}
	if err := Write(context.Background(), memory{}, "x.st", invalid, nil); err == nil || !strings.Contains(err.Error(), "x.st: header: ") {
		t.Errorf("invalid name: %v", err)
	}
}
