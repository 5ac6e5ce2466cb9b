package weights

import (
	"bytes"
	"context"
	"testing"
	"testing/fstest"
)

// Whatever a file holds: no panic, and what is accepted has tensors that cover the data, and comes out as it went in.
func FuzzHeader(f *testing.F) {
	f.Add(framed(`{`+tensorA+`,`+tensorB+`}`, 16))
	f.Add(framed(`{"__metadata__":{"format":"pt"},`+tensorA+`} `, 8))
	f.Add(framed(`{"a":{"dtype":"F4","shape":[18446744073709551615,0],"data_offsets":[0,0]}}`, 0))
	f.Add([]byte("\x00\x00\x00\x00\x00\x00\x00\x80{}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := OpenFile(fstest.MapFS{"x": {Data: data}}, "x")
		if err != nil {
			return
		}
		size := 0
		for _, tensor := range c.Tensors() {
			size += len(tensor.Data)
			if got := tensor.DType.Bits() * tensor.Elements() / 8; got != len(tensor.Data) {
				t.Fatalf("%s: %d bytes for %d", tensor.Name, len(tensor.Data), got)
			}
			_, _ = tensor.Float32s(), tensor.Uint16s()
		}
		if size != len(data)-lengthSize-len(c.files[0].header.raw) {
			t.Fatalf("tensors cover %d bytes", size)
		}
		out := memory{}
		if err := c.Rewrite(context.Background(), out, Changes{}); err != nil || !bytes.Equal(out["x"].Bytes(), data) {
			t.Fatalf("rewritten differently: %v", err)
		}
		if err := c.Rewrite(context.Background(), memory{}, Changes{DType: F32}); err != nil {
			t.Fatalf("as F32: %v", err)
		}
	})
}

// Whatever an index holds: no panic, no file outside the folder, and with another total it is still an index.
func FuzzIndex(f *testing.F) {
	f.Add([]byte(`{"metadata": {"total_size": 1e3}, "weight_map": {"a": "1.st", "b": "sub/2.st"}}`))
	f.Add([]byte(`{"weight_map": {"a": "../1.st", "b": "C:\\x"}}`))
	f.Add([]byte(`{"weight_map": []}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		x, err := parseIndex(data)
		if err != nil {
			return
		}
		for _, shard := range x.shards {
			if bytes.ContainsAny([]byte(shard), `\:`) || shard[0] == '/' || bytes.Contains([]byte("/"+shard+"/"), []byte("/../")) {
				t.Fatalf("%q is outside", shard)
			}
		}
		again, err := parseIndex(x.withTotal(12345))
		if err != nil || len(again.names) != len(x.names) {
			t.Fatalf("with another total: %v", err)
		}
	})
}
