package material

func (m *Material) openTemplate() error { return nil }
