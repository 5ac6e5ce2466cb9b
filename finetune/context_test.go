package finetune

import (
	"slices"
	"strings"
	"testing"
)

// TestContextNotes: a limit of length beyond the base's context is noted where somebody chose it, and sequences beyond it always.
func TestContextNotes(t *testing.T) {
	w := newWorkshop(t) // 128 tokens of context, and 1024 the limit that nobody chose
	w.write("long.jsonl", `{"text": "`+strings.Repeat("0123456789", 20)+`"}`+"\n"+`{"text": "the cat"}`+"\n")
	const chosen = "train.max_length: 129 is more than the 128 tokens of context that the base was made for"
	const longer = "train.max_length: 1 sequences are longer than the 128 tokens of context that the base was made for"
	for _, test := range []struct {
		overrides []string
		want      []string
	}{
		{nil, nil},
		{[]string{"train.max_length=128"}, nil},
		{[]string{"train.max_length=129"}, []string{chosen}},
		{[]string{"data.train=" + w.path("long.jsonl"), "data.validation_share=0"}, []string{longer}},
		{[]string{"data.train=" + w.path("long.jsonl"), "data.validation_share=0", "train.max_length=129", "data.too_long=truncate"}, []string{chosen, longer}},
	} {
		var notes []string
		for _, note := range opened(t, w.recipe().with(test.overrides...)).Notes {
			if strings.HasPrefix(note, "train.max_length") {
				notes = append(notes, note)
			}
		}
		if !slices.Equal(notes, test.want) {
			t.Errorf("%v: %q, want %q", test.overrides, notes, test.want)
		}
	}
}
