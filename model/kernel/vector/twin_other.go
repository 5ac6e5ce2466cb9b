//go:build !amd64

package vector

// Other machines run the definitions.

func dotTwin(lane *[Lanes]float64, a, b []float32) int { return 0 }

func squaresTwin(lane *[Lanes]float64, x []float32) int { return 0 }

func weightedDotTwin(lane *[Lanes]float64, w, dy, x []float32) int { return 0 }

func addRows64Twin(acc []float64, dy, x []float32, r float32) int { return 0 }

func addRow64Twin(acc []float64, dy []float32) int { return 0 }

func addTwin(dst, a, b []float32) int { return 0 }

func scaleTwin(x []float32, r float32) int { return 0 }

func normalizeTwin(dst, x, w []float32, r float32) int { return 0 }

func normalizeGradTwin(dst, dy, x, w []float32, r, c float32) int { return 0 }

func rotateTwin(a, b, cos, sin []float32) int { return 0 }

func rotateBackTwin(a, b, cos, sin []float32) int { return 0 }

func swiGLUTwin(dst, g, u []float32) int { return 0 }

func swiGLUGradTwin(dg, du, dy, g, u []float32) int { return 0 }

func maximumTwin(lane *[Lanes]float32, x []float32) int { return 0 }

func expSumTwin(lane *[Lanes]float64, x []float32, m float32) int { return 0 }

func expSum32Twin(lane *[Lanes]float32, x []float32, m float32) int { return 0 }

func rescaleTwin(o, s []float32, c float32) int { return 0 }

func divideTwin(dst, o []float32, l float32) int { return 0 }

func adamwTwin(f *AdamW, p, g, m, v []float32) int { return 0 }

func onlineMaxTwin(score, peak, rescale []float32, scale float32) int { return 0 }

func onlineExpTwin(score, peak, rescale, sum []float32) int { return 0 }

func onlineGradTwin(score, dp, lse, delta []float32, scale float32) int { return 0 }
