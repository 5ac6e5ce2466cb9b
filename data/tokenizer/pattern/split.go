package pattern

import "github.com/osft-project/osft/data/tokenizer/text"

// Behavior says what becomes of the matches that a text is split at.
type Behavior string

// The behaviors, by the names that tokenizer.json has for them. Of `the-final--countdown` split at `-` they make:
const (
	Removed            Behavior = "Removed"            // the final countdown
	Isolated           Behavior = "Isolated"           // the - final - - countdown
	MergedWithPrevious Behavior = "MergedWithPrevious" // the- final- - countdown
	MergedWithNext     Behavior = "MergedWithNext"     // the -final - -countdown
	Contiguous         Behavior = "Contiguous"         // the - final -- countdown
)

// Behaviors are the names of all behaviors.
func Behaviors() []string {
	return []string{string(Removed), string(Isolated), string(MergedWithPrevious), string(MergedWithNext), string(Contiguous)}
}

// merges tells whether a part of a text joins the part before it.
func (b Behavior) merges(before, match bool) bool {
	switch b {
	case MergedWithPrevious:
		return match && !before
	case MergedWithNext:
		return before && !match
	case Contiguous:
		return before == match
	}
	return false
}

// Cut is where a piece of a text ends; each piece begins where the one before ended.
type Cut struct {
	End     int
	Dropped bool // the piece is not part of the result
}

// Splitter splits texts at the matches of a pattern, or, inverted, at what lies between them.
type Splitter struct {
	Pattern  *Pattern
	Behavior Behavior
	Invert   bool
}

// Cuts appends the pieces of a text. Pieces may be empty where the pattern matches nothing but a place. Scratch is memory for
// the matches, used again.
func (p *Splitter) Cuts(s string, dst []Cut, scratch *[]text.Span) []Cut {
	if scan := p.Pattern.scan; scan != nil && p.Behavior == Isolated {
		for i := 0; i < len(s); {
			i = scan(s, i)
			dst = append(dst, Cut{End: i})
		}
		return dst
	}
	b := builder{cuts: dst, first: len(dst), behavior: p.Behavior}
	last := 0
	*scratch = p.Pattern.Matches(s, (*scratch)[:0])
	for _, m := range *scratch {
		if m.Start > last {
			b.add(m.Start, p.Invert)
		}
		b.add(m.End, !p.Invert)
		last = m.End
	}
	if last < len(s) {
		b.add(len(s), p.Invert)
	}
	return b.cuts
}

type builder struct {
	cuts     []Cut
	first    int // cuts before this one belong to another text
	behavior Behavior
	match    bool // whether the last part was a match
}

func (b *builder) add(end int, match bool) {
	if n := len(b.cuts); n > b.first && b.behavior.merges(b.match, match) {
		b.cuts[n-1].End = end
	} else {
		b.cuts = append(b.cuts, Cut{End: end, Dropped: match && b.behavior == Removed})
	}
	b.match = match
}
