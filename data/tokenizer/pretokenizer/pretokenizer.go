// Package pretokenizer splits text into the words that the model sees one by one, as the "pre_tokenizer" section of a
// tokenizer.json says: ByteLevel, Digits, Split, Metaspace, and sequences of these. Others belong to families that osft does
// not train and are refused by name.
package pretokenizer

import (
	"strings"

	"github.com/osft-project/osft/data/tokenizer/pattern"
	"github.com/osft-project/osft/data/tokenizer/text"
	"github.com/osft-project/osft/data/tokenizer/unicode"
)

// PreTokenizer is a list of stages; the zero PreTokenizer takes a whole text as one word. It is safe for concurrent use.
type PreTokenizer struct {
	stages []stage
	// Bytes says that the words are bytes to the model, each of which it knows by its character in unicode.ByteAlphabet.
	Bytes bool
	// NeedsOrigin says that the result depends on where in the original a piece begins, so that alignment must be tracked
	// through a normalizer.
	NeedsOrigin bool
}

// stage changes each piece, then splits it. Either may be absent.
type stage struct {
	change func(t text.Text, track bool) text.Text
	split  *pattern.Splitter
}

// Scratch is memory that Run uses again. It must not be used by two at once.
type Scratch struct {
	cuts    [][]pattern.Cut // of each stage
	matches []text.Span     // of the stage at work
}

// Run calls word for each word of the text, in order. Words are not empty. Without track their spans are not kept.
func (p *PreTokenizer) Run(t text.Text, track bool, scratch *Scratch, word func(text.Text)) {
	for len(scratch.cuts) < len(p.stages) {
		scratch.cuts = append(scratch.cuts, nil)
	}
	p.run(0, t, track, scratch, word)
}

func (p *PreTokenizer) run(depth int, t text.Text, track bool, scratch *Scratch, word func(text.Text)) {
	if t.S == "" {
		return
	}
	if depth == len(p.stages) {
		word(t)
		return
	}
	s := p.stages[depth]
	if s.change != nil {
		t = s.change(t, track)
	}
	if s.split == nil {
		p.run(depth+1, t, track, scratch, word)
		return
	}
	cuts := s.split.Cuts(t.S, scratch.cuts[depth][:0], &scratch.matches)
	scratch.cuts[depth] = cuts[:0]
	last := 0
	for _, c := range cuts {
		if !c.Dropped {
			p.run(depth+1, t.Slice(last, c.End), track, scratch, word)
		}
		last = c.End
	}
}

// byteLevel is the ByteLevel pre-tokenizer but for its alphabet.
func byteLevel(prefixSpace, useRegex bool) stage {
	var s stage
	if prefixSpace {
		s.change = func(t text.Text, track bool) text.Text {
			if strings.HasPrefix(t.S, " ") {
				return t
			}
			return t.Prepend(" ", track)
		}
	}
	if useRegex {
		s.split = &pattern.Splitter{Pattern: pattern.GPT2(), Behavior: pattern.Isolated}
	}
	return s
}

// alphabet replaces bytes by their characters, for stages that come after ByteLevel.
func alphabet(t text.Text, track bool) text.Text { return t.Map(&unicode.ByteAlphabet, track) }

// The prepend schemes of Metaspace: before every piece, before the one at the start of the text, before none.
const (
	always = "always"
	first  = "first"
	Never  = "never"
)

// metaspace writes the replacement for spaces and before the text, as the scheme says.
func metaspace(replacement, scheme string, split bool) stage {
	space := pattern.Literal(" ")
	s := stage{change: func(t text.Text, track bool) text.Text {
		start := t.Start
		if t.Spans != nil {
			start = t.Spans[0].Start
		}
		if track {
			t = t.Replace(space.Matches(t.S, nil), replacement, true)
		} else {
			t.S, t.Spans = strings.ReplaceAll(t.S, " ", replacement), nil
		}
		if scheme == always || scheme == first && start == 0 {
			if !strings.HasPrefix(t.S, replacement) {
				t = t.Prepend(replacement, track)
			}
		}
		return t
	}}
	if split {
		s.split = &pattern.Splitter{Pattern: pattern.Literal(replacement), Behavior: pattern.MergedWithNext}
	}
	return s
}
