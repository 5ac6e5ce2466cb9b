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
		{"s", unsafe.Offsetof(x.s), 72}, {"rs", unsafe.Offsetof(x.rs), 96}, {"cs", unsafe.Offsetof(x.cs), 104},
		{"ldb", unsafe.Offsetof(x.ldb), 112}, {"ldc", unsafe.Offsetof(x.ldc), 120}, {"lds", unsafe.Offsetof(x.lds), 128},
		{"k", unsafe.Offsetof(x.k), 136}, {"mode", unsafe.Offsetof(x.mode), 144}, {"cols", unsafe.Offsetof(x.cols), 152},
	} {
		if unsafe.Sizeof(int(0)) == 8 && c.got != c.want {
			t.Errorf("tile.%s lies at %d, the assembly expects %d", c.name, c.got, c.want)
		}
	}
}
