package kernel

import (
	"github.com/osft-project/osft/model/kernel/elementary"
	"github.com/osft-project/osft/model/kernel/machine"
	"github.com/osft-project/osft/model/kernel/matmul"
	"github.com/osft-project/osft/model/kernel/vector"
)

// chunkFloats bounds the logits held at once: 512 tokens of a vocabulary of 49152 are 96 MiB.
const chunkFloats = 26 << 20

// HeadSpace is the memory of the head; the zero value is ready and grows to what was needed so far. One goroutine's at a
// time.
type HeadSpace struct {
	counted    []int32   // rows whose target counts, in order
	x, dx      []float32 // those rows and their gradients
	logits     []float32
	losses     []float64
	chunkLimit int // tokens a chunk, for tests; 0 means by memory
}

// HeadGrads says which gradients are wanted and where they go; a nil slice is not computed.
type HeadGrads struct {
	X []float32 // [n, width]; rows that do not count become zero
	W []float32 // [vocabulary, width], stored
}

// Loss is the head and its cross-entropy: the sum over tokens i with targets[i] >= 0 of -ln softmax(W·x_i)[targets[i]] in
// nats, and their number. x is [n, W.Cols], w is [vocabulary, width]. The gradients are those of scale·sum. Where losses is
// not nil it receives every token's loss, 0 where none counts. Logits exist for one chunk of counted tokens at a time.
func (s *HeadSpace) Loss(losses []float64, grads HeadGrads, x []float32, w matmul.Matrix, targets []int32, scale float32) (sum float64, counted int) {
	s.gather(x, targets, w.Cols, grads.X != nil)
	n, d := len(s.counted), w.Cols
	size := s.chunk(w.Rows)
	for lo := 0; lo < n; lo += size {
		rows := min(size, n-lo)
		s.logits = resize(s.logits, rows*w.Rows)
		part := matmul.Dense(s.x[lo*d:], rows, d)
		matmul.Mul(s.logits, w.Rows, part, w.T())
		s.crossEntropy(lo, rows, w.Rows, targets, scale, grads.X != nil || grads.W != nil)
		dlogits := matmul.Dense(s.logits, rows, w.Rows)
		if grads.X != nil {
			matmul.Mul(s.dx[lo*d:], d, dlogits, w)
		}
		if grads.W != nil {
			matmul.MulBlocks(grads.W, d, dlogits.T(), part, lo == 0)
		}
	}
	if n == 0 {
		clear(grads.W)
	}
	s.scatter(losses, grads.X, d)
	return vector.Sum64(s.losses), n
}

// chunk is the number of tokens whose logits are held at once: a multiple of 256, so that dW continues its block sums.
func (s *HeadSpace) chunk(vocabulary int) int {
	if s.chunkLimit > 0 {
		return s.chunkLimit
	}
	return max(1, chunkFloats/vocabulary/256) * 256
}

// gather lists the counted tokens and copies their rows.
func (s *HeadSpace) gather(x []float32, targets []int32, d int, wantX bool) {
	s.counted = s.counted[:0]
	for i, t := range targets {
		if t >= 0 {
			s.counted = append(s.counted, int32(i))
		}
	}
	n := len(s.counted)
	s.x, s.losses = resize(s.x, n*d), resize(s.losses, n)
	if wantX {
		s.dx = resize(s.dx, n*d)
	}
	for k, i := range s.counted {
		copy(s.x[k*d:(k+1)*d], x[int(i)*d:])
	}
}

// scatter puts the per-token results back where their tokens are.
func (s *HeadSpace) scatter(losses []float64, dx []float32, d int) {
	clear(losses)
	clear(dx)
	for k, i := range s.counted {
		if losses != nil {
			losses[i] = s.losses[k]
		}
		if dx != nil {
			copy(dx[int(i)*d:], s.dx[k*d:(k+1)*d])
		}
	}
}

// crossEntropy turns rows of logits into losses and, where wanted, into their gradients in place. With m the largest logit,
// e_j = e^(z_j-m) in float32 and l = Σ e_j in float64 over 16 lanes, the loss is ln l - (z_t - m) in float64;
// d z_j = e_j·float32(scale/l), and d z_t = (e_t/l - 1)·scale in float64, rounded once.
func (s *HeadSpace) crossEntropy(lo, rows, vocabulary int, targets []int32, scale float32, gradient bool) {
	machine.ParallelEach(rows, func(r, _ int) {
		z := s.logits[r*vocabulary : (r+1)*vocabulary]
		t := targets[s.counted[lo+r]]
		m := vector.Max(z)
		zt := float64(z[t]) - float64(m)
		l := vector.ExpSum(z, m)
		s.losses[lo+r] = elementary.Log64(l) - zt
		if gradient {
			et := float64(z[t])
			vector.Scale(z, float32(float64(scale)/l))
			z[t] = float32(float64(et/l-1) * float64(scale))
		}
	})
}

// Logits stores x·Wᵀ in dst [n, vocabulary].
func Logits(dst []float32, n int, x []float32, w matmul.Matrix) {
	matmul.Mul(dst, w.Rows, matmul.Dense(x, n, w.Cols), w.T())
}

// resize returns n elements, keeping the memory where it is enough; what they hold is not defined.
func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
