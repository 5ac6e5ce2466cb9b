package matmul

import (
	"testing"
	"unsafe"
)

// TestTileOffsets holds the layout that the assembly is generated for.
func TestTileOffsets(t *testing.T) {
	var x tile
	for _, c := range []struct {
		name      string
		got, want uintptr
	}{
		{"a", unsafe.Offsetof(x.a), 0}, {"b", unsafe.Offsetof(x.b), 24}, {"c", unsafe.Offsetof(x.c), 48},
		{"rs", unsafe.Offsetof(x.rs), 72}, {"cs", unsafe.Offsetof(x.cs), 80}, {"ldb", unsafe.Offsetof(x.ldb), 88},
		{"ldc", unsafe.Offsetof(x.ldc), 96}, {"k", unsafe.Offsetof(x.k), 104}, {"add", unsafe.Offsetof(x.add), 112},
		{"cols", unsafe.Offsetof(x.cols), 128},
	} {
		if unsafe.Sizeof(int(0)) == 8 && c.got != c.want {
			t.Errorf("tile.%s lies at %d, the assembly expects %d", c.name, c.got, c.want)
		}
	}
}
