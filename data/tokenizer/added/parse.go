package added

import (
	"github.com/osft-project/osft/data/tokenizer/section"
	"github.com/osft-project/osft/provenance/strict"
)

// Model is what the added tokens add to.
type Model interface {
	ID(token string) (int32, bool)
	Size() int
	MaxID() int32
}

// Parse reads the "added_tokens" section; null is none. An id must be the one that the library gives: that of the model's
// vocabulary, or the next one free.
func Parse(list strict.Value, m Model, normalize func(string) string, r *section.Reader) *Vocabulary {
	v := New()
	if list.IsNull() {
		return v
	}
	next := int32(m.Size())
	for _, e := range r.Array(list) {
		t, ok := parseToken(e, r)
		if !ok {
			continue
		}
		want, known := m.ID(t.Content)
		if !known {
			want = next
			next++
		}
		if t.ID != want {
			r.Problem(e, "the added token %q has the id %d, but Hugging Face tokenizers gives it %d", t.Content, t.ID, want)
			continue
		}
		if err := v.Add(t, normalize); err != nil {
			r.Problem(e, "%v", err)
		}
	}
	return v
}

func parseToken(e strict.Value, r *section.Reader) (Token, bool) {
	o := r.Object(e)
	id, ok := o.NeedCount("id")
	content, hasContent := o.NeedString("content")
	t := Token{
		ID: int32(id), Content: content,
		SingleWord: o.NeedBool("single_word"), LStrip: o.NeedBool("lstrip"), RStrip: o.NeedBool("rstrip"),
		Normalized: o.NeedBool("normalized"), Special: o.NeedBool("special"),
	}
	o.Done("added token")
	return t, ok && hasContent
}
