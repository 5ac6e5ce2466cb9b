package weights

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// vectors is the folder of golden files; without it the test is skipped, with an empty one it fails.
func vectors(t *testing.T, pattern string) []string {
	t.Helper()
	root := os.Getenv("OSFT_VECTORS")
	if root == "" {
		t.Skip("skipped: no vectors")
	}
	paths, err := filepath.Glob(filepath.Join(root, "models", pattern))
	if err != nil || len(paths) == 0 {
		t.Fatalf("OSFT_VECTORS has no models/%s (%v)", pattern, err)
	}
	return paths
}

// theModels lists the cases in which the file is in order and the model that it holds is not: package model judges those.
var theModels = map[string]bool{
	"dtype_int_weight": true, "extra_inv_freq": true, "extra_tensor": true, "flattened_shape": true, "inf_weight": true,
	"missing_tensor": true, "nan_weight": true, "transposed_shape": true, "wrong_shape": true,
}

func TestConformanceBroken(t *testing.T) {
	judged, opened := 0, 0
	for _, group := range []string{"safetensors", "index"} {
		for _, path := range vectors(t, filepath.Join("broken", group, "*", "expect.txt")) {
			dir := filepath.Dir(path)
			name := filepath.Base(dir)
			t.Run(group+"/"+name, func(t *testing.T) {
				expect, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				c, err := Open(os.DirFS(dir))
				if err == nil {
					defer c.Close()
				}
				verdict, text, _ := strings.Cut(strings.TrimSpace(string(expect)), ": ")
				if theModels[name] {
					verdict, opened = "accept", opened+1
				}
				judged++
				checkVerdict(t, verdict, text, c, err)
			})
		}
	}
	t.Logf("%d cases, in %d of which the file is in order and the rest is the model's", judged, opened)
}

// checkVerdict knows our choice where the expectation leaves one: metadata that are not text and a tensor in two shards are
// refused, a wrong total is a warning.
func checkVerdict(t *testing.T, verdict, text string, c *Checkpoint, err error) {
	switch verdict {
	case "accept":
		if err != nil || c.Warnings() != nil {
			t.Errorf("%s: got %v", text, err)
		}
	case "accept-or-warn":
		if err != nil || len(c.Warnings()) != 1 {
			t.Errorf("%s: got %v and no warning", text, err)
		}
	case "reject", "reject-or-ignore", "accept-or-reject":
		if err == nil {
			t.Fatalf("accepted, although: %s", text)
		}
		if word, _, ok := strings.Cut(text, " "); ok && strings.Contains(word, "weight") && !strings.Contains(err.Error(), word) {
			t.Errorf("%v\ndoes not name %s", err, word)
		}
		if strings.Contains(err.Error(), filepath.Dir(os.Getenv("OSFT_VECTORS"))) {
			t.Errorf("%v\nnames a path that the caller has not given", err)
		}
		t.Log(err)
	default:
		t.Fatalf("unknown verdict %q", verdict)
	}
}

func TestConformanceRoundTrip(t *testing.T) {
	identical, likeReference := 0, 0
	var all []string
	for _, pattern := range []string{"*/model*.safetensors", "*/[fg]*.safetensors", "objectives/*/*.safetensors", "*/train/*/*.safetensors"} {
		all = append(all, vectors(t, pattern)...)
	}
	for _, path := range all {
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(path)
		c, err := OpenFile(os.DirFS(filepath.Dir(path)), name)
		if err != nil {
			t.Fatal(err)
		}
		out := memory{}
		if err := c.Rewrite(context.Background(), out, Changes{}); err != nil || !bytes.Equal(out[name].Bytes(), want) {
			t.Errorf("%s: not the same bytes, %v", path, err)
		}
		identical++
		if bytes.Equal(anew(t, c, name), want) {
			likeReference++
		}
		_ = c.Close()
	}
	if likeReference != identical {
		t.Errorf("of %d files %d are written anew as the reference writer wrote them", identical, likeReference)
	}
	t.Logf("%d files rewritten, the same bytes each", identical)
}

// anew writes the tensors of a file by Write.
func anew(t *testing.T, c *Checkpoint, name string) []byte {
	var tensors []New
	for _, tensor := range c.Tensors() {
		tensors = append(tensors, New{Tensor: tensor})
	}
	out := memory{}
	if err := Write(context.Background(), out, name, tensors, c.Metadata(name)); err != nil {
		t.Fatal(err)
	}
	return out[name].Bytes()
}

func TestConformanceShards(t *testing.T) {
	for _, path := range vectors(t, "*/"+IndexName) {
		dir := filepath.Dir(path)
		c, err := Open(os.DirFS(dir))
		if err != nil {
			t.Fatal(err)
		}
		out := memory{}
		if err := c.Rewrite(context.Background(), out, Changes{}); err != nil {
			t.Fatal(err)
		}
		for _, name := range c.Files() {
			if want, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !bytes.Equal(out[name].Bytes(), want) {
				t.Errorf("%s/%s: not the same bytes, %v", dir, name, err)
			}
		}
		t.Logf("%s: %d files, %d tensors", filepath.Base(dir), len(c.Files()), len(c.Tensors()))
		_ = c.Close()
	}
}
