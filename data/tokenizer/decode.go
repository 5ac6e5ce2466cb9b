package tokenizer

// Decode returns the text of ids; what no token has is left out. With skipSpecial special tokens are left out too. Bytes
// that do not make UTF-8 become U+FFFD.
func (t *Tokenizer) Decode(ids []int32, skipSpecial bool) string {
	tokens := make([]string, 0, len(ids))
	for _, id := range ids {
		s, ok := t.added.Spelling(id)
		if !ok {
			if s, ok = t.model.Token(id); !ok {
				continue
			}
		}
		if skipSpecial && t.added.Special(s) {
			continue
		}
		tokens = append(tokens, s)
	}
	return t.decoder.Decode(tokens)
}
