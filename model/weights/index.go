package weights

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/osft-project/osft/provenance/strict"
)

// maxIndex bounds the index of a sharded checkpoint; one of a million tensors has about 100 MB.
const maxIndex = 128 << 20

// index is a model.safetensors.index.json: which tensor is in which file.
type index struct {
	raw    []byte
	shards []string // in the order of their first mention
	names  []string // in the order of the file
	where  map[string]string
	total  strict.Value // metadata.total_size, null where there is none
}

func readIndex(fsys fs.FS) (*index, error) {
	raw, err := readLimited(fsys, IndexName, maxIndex)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", IndexName, reason(err))
	}
	x, err := parseIndex(raw)
	if err != nil {
		return nil, prefixed(IndexName, err)
	}
	return x, nil
}

func readLimited(fsys fs.FS, name string, limit int) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	if err == nil && len(data) > limit {
		err = fmt.Errorf("more than %d bytes", limit)
	}
	return data, errors.Join(err, f.Close())
}

func parseIndex(raw []byte) (*index, error) {
	doc, err := strict.Parse(raw, strict.Limits{Size: maxIndex, Values: 8 << 20})
	if err != nil {
		return nil, err
	}
	list, ok := doc.Get("weight_map")
	if !ok {
		return nil, doc.Errorf("has no weight_map")
	}
	members, err := list.Object()
	if err != nil {
		return nil, err
	}
	x := &index{raw: raw, where: make(map[string]string, len(members))}
	var problems []error
	for _, m := range members {
		problems = append(problems, x.add(m))
	}
	if meta, ok := doc.Get("metadata"); ok {
		x.total, _ = meta.Get("total_size")
	}
	return x, errors.Join(problems...)
}

func (x *index) add(m strict.Member) error {
	shard, err := m.Value.String()
	if err != nil {
		return err
	}
	x.names, x.where[m.Name] = append(x.names, m.Name), shard
	if slices.Contains(x.shards, shard) {
		return nil // judged before
	}
	x.shards = append(x.shards, shard)
	if !inside(shard) {
		return m.Value.Errorf("%q does not name a file in the checkpoint's folder", shard)
	}
	return nil
}

// inside accepts names of files below the folder on every system, drive letters and backslashes excluded.
func inside(name string) bool {
	return fs.ValidPath(name) && name != "." && filepath.IsLocal(name) && !strings.ContainsAny(name, "\\:\x00")
}

// check compares the index with the shards: each tensor must be where the index says, there only, and none unmentioned.
func (x *index) check(files []*file) error {
	var problems []error
	found := map[string]string{}
	for _, f := range files {
		for _, e := range f.header.tensors {
			switch want, listed := x.where[e.name]; {
			case !listed:
				problems = append(problems, fmt.Errorf("%s: weight_map: %s is not listed, it is in %s", IndexName, e.name, f.name))
			case found[e.name] != "":
				problems = append(problems, fmt.Errorf("%s: weight_map: %s is in two files, %s and %s", IndexName, e.name, found[e.name], f.name))
			case want != f.name:
				problems = append(problems, fmt.Errorf("%s: weight_map: %s should be in %s, it is in %s", IndexName, e.name, want, f.name))
			}
			found[e.name] = f.name
		}
	}
	for _, name := range x.names {
		if found[name] == "" {
			problems = append(problems, fmt.Errorf("%s: weight_map: %s should be in %s, it is in no file", IndexName, name, x.where[name]))
		}
	}
	return errors.Join(problems...)
}

// warning tells about a total_size that is not the sum of the tensors. It harms nobody, and is wrong.
func (x *index) warning(size int) string {
	if x.total.IsNull() {
		return ""
	}
	if total, err := x.total.Int64(); err == nil && total == int64(size) {
		return ""
	}
	return fmt.Sprintf("%s: metadata.total_size: is %s, the tensors have %d bytes", IndexName, x.total.Raw(), size)
}

// withTotal is the text of the index with another total_size, everything else as it was.
func (x *index) withTotal(size int) []byte {
	if x.total.Kind() != strict.Number {
		return x.raw
	}
	at := x.total.Offset()
	return slices.Concat(x.raw[:at], fmt.Append(nil, size), x.raw[at+len(x.total.Raw()):])
}
