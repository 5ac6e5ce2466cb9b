package model

// Cost is what one gradient of a micro-batch takes.
type Cost struct {
	Weights int64 // bytes of parameters that stay in the mapped checkpoint
	Trained int64 // bytes of the float32 copies of trained parameters
	Arena   int64 // bytes of activations and gradients
	Work    int64 // floating-point operations, a multiplication and an addition counting as two
}

// Cost computes what a gradient of a micro-batch takes whose documents have these lengths. Nothing is allocated or run.
func (s *Session) Cost(documents []int) (Cost, error) {
	tokens := 0
	for _, n := range documents {
		tokens += n
	}
	p, err := s.program(tokens, gradients)
	if err != nil {
		return Cost{}, err
	}
	c := Cost{Arena: 4 * int64(p.Floats), Work: p.Work(documents)}
	for _, param := range s.m.params {
		if _, made := s.m.values[param.Name]; made || s.m.trained[param.Name] {
			c.Trained += 4 * int64(param.Elements())
		} else {
			c.Weights += int64(param.Elements()) * int64(param.DType.Bits()/8)
		}
	}
	return c, nil
}
