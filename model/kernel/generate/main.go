// Command generate writes the amd64 assembly of package matmul. It is run by
// go generate in model/kernel/matmul; nothing else needs it, and nothing that
// is built imports it.
package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
)

func main() {
	build.ConstraintExpr("amd64")
	build.Package("github.com/osft-project/osft/model/kernel/generate")
	for _, v := range []vector{avx512, avx2} {
		for vectors := 1; vectors <= v.vectors; vectors++ {
			for rows := 1; rows <= v.rows; rows++ {
				tileKernel(v, rows, vectors)
			}
		}
		packing(v)
		probe(v)
	}
	build.Generate()
}

// tile stands for the type of that name in package matmul, so that signatures
// can name it and this program does not depend on whether matmul compiles.
type tile struct{}

// function starts a function that calls nothing and keeps no argument.
func function(name, signature, doc string) {
	build.TEXT(name, attr.NOSPLIT, signature)
	build.Pragma("noescape")
	build.Doc(name + " " + doc)
}
