package matmul

//go:generate go run ../generate -out kernels_amd64.s -stubs kernels_amd64.go -pkg matmul

import "github.com/osft-project/osft/model/kernel/machine"

var engineAVX2 = engine{rows: 6, cols: 16, narrow: 8, inPlace: true, rowTiles: 16, colTiles: 16,
	kernel: kernelAVX2, pack: packAVX2.pack, lanes: 8, probe: probeAVX2}

var engineAVX512 = engine{rows: 12, cols: 32, narrow: 16, inPlace: true, rowTiles: 8, colTiles: 8,
	kernel: kernelAVX512, pack: packAVX512.pack, lanes: 16, probe: probeAVX512}

// vectorEngine returns the engine of an instruction set, nil for Generic.
func vectorEngine(isa machine.ISA) *engine {
	switch isa {
	case machine.AVX2:
		return &engineAVX2
	case machine.AVX512:
		return &engineAVX512
	default:
		return nil
	}
}

var tilesAVX2 = [2][6]func(*tile){
	{tile1x8AVX2, tile2x8AVX2, tile3x8AVX2, tile4x8AVX2, tile5x8AVX2, tile6x8AVX2},
	{tile1x16AVX2, tile2x16AVX2, tile3x16AVX2, tile4x16AVX2, tile5x16AVX2, tile6x16AVX2},
}

var tilesAVX512 = [2][12]func(*tile){
	{tile1x16AVX512, tile2x16AVX512, tile3x16AVX512, tile4x16AVX512, tile5x16AVX512, tile6x16AVX512,
		tile7x16AVX512, tile8x16AVX512, tile9x16AVX512, tile10x16AVX512, tile11x16AVX512, tile12x16AVX512},
	{tile1x32AVX512, tile2x32AVX512, tile3x32AVX512, tile4x32AVX512, tile5x32AVX512, tile6x32AVX512,
		tile7x32AVX512, tile8x32AVX512, tile9x32AVX512, tile10x32AVX512, tile11x32AVX512, tile12x32AVX512},
}

func kernelAVX2(t *tile, width int) { tilesAVX2[width/16][t.rows-1](t) }

func kernelAVX512(t *tile, width int) { tilesAVX512[width/32][t.rows-1](t) }

var packAVX2 = vectorPack{
	lanes: 8,
	f32: formatPack[float32]{
		full: [2]copier[float32]{copyF32x8AVX2Full, copyF32x16AVX2Full},
		cut:  [2]copier[float32]{copyF32x8AVX2, copyF32x16AVX2}, transpose: transposeF32AVX2, group: 4},
	half: [2]formatPack[uint16]{
		BF16: {full: [2]copier[uint16]{copyBF16x8AVX2Full, copyBF16x16AVX2Full}, transpose: transposeBF16AVX2, group: 8},
		F16:  {full: [2]copier[uint16]{copyF16x8AVX2Full, copyF16x16AVX2Full}, transpose: transposeF16AVX2, group: 4},
	},
}

var packAVX512 = vectorPack{
	lanes: 16,
	f32: formatPack[float32]{
		full: [2]copier[float32]{copyF32x16AVX512Full, copyF32x32AVX512Full},
		cut:  [2]copier[float32]{copyF32x16AVX512, copyF32x32AVX512}, transpose: transposeF32AVX512, group: 4},
	half: [2]formatPack[uint16]{
		BF16: {
			full: [2]copier[uint16]{copyBF16x16AVX512Full, copyBF16x32AVX512Full},
			cut:  [2]copier[uint16]{copyBF16x16AVX512, copyBF16x32AVX512}, transpose: transposeBF16AVX512, group: 8},
		F16: {
			full: [2]copier[uint16]{copyF16x16AVX512Full, copyF16x32AVX512Full},
			cut:  [2]copier[uint16]{copyF16x16AVX512, copyF16x32AVX512}, transpose: transposeF16AVX512, group: 4},
	},
}
