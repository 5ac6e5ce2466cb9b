package data

// Shown is a part of an example as text, and whether the model learns to say it.
type Shown struct {
	Text   string `json:"text"`
	Target bool   `json:"target"`
}

// Preview is the first k training examples as text, cut where learning begins and ends. What a decoder cannot show as text
// is shown as tokens.
func (s *Set) Preview(language Language, k int) (list [][]Shown) {
	for _, e := range s.Train[:min(k, len(s.Train))] {
		list = append(list, show(language, e))
	}
	return list
}

func show(l Language, e Example) (parts []Shown) {
	start := 0
	target := func(i int) bool { return i > 0 && e.Next[i-1] >= 0 }
	for i := 1; i <= len(e.Tokens); i++ {
		if i == len(e.Tokens) || target(i) != target(start) {
			parts = append(parts, Shown{Text: l.Tokenizer.Decode(e.Tokens[start:i], false), Target: target(start)})
			start = i
		}
	}
	return parts
}
