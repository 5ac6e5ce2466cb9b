// Package added finds the added tokens of a tokenizer.json in text, before and after normalization, as Hugging Face
// tokenizers 0.23.3 does: leftmost first, of those the longest, whole words only or with the white space around them where
// the token says so.
package added

import (
	"fmt"
	"strings"
	goUnicode "unicode"
	"unicode/utf8"

	"github.com/osft-project/osft/data/tokenizer/unicode"
)

// Token is an added token.
type Token struct {
	ID         int32
	Content    string
	SingleWord bool // only where no word character stands beside it
	LStrip     bool // takes the white space before it
	RStrip     bool // takes the white space behind it
	Normalized bool // found in normalized text, by its normalized content
	Special    bool // left out of decoded text where that is asked for
}

// Text reports whether the token stands for mere white space, such as GPT-NeoX's runs of spaces and Gemma's lines, rather
// than for something that a program puts between texts.
func (t Token) Text() bool {
	return strings.TrimFunc(t.Content, func(r rune) bool { return r == '▁' || unicode.Of(r)&unicode.Space != 0 }) == ""
}

// Vocabulary holds the added tokens. It is safe for concurrent use.
type Vocabulary struct {
	tokens    []Token
	byContent map[string]int // index in tokens
	byID      map[int32]int
	spelling  map[int32]string // of normalized tokens whose content normalization changes
	special   map[string]bool  // contents of special tokens

	all, texts finder
}

// finder holds what is looked for in text as it is and in normalized text.
type finder struct{ plain, normalized *trie }

// New returns a vocabulary without tokens.
func New() *Vocabulary {
	empty := func() finder { return finder{newTrie(), newTrie()} }
	return &Vocabulary{byContent: map[string]int{}, byID: map[int32]int{}, spelling: map[int32]string{},
		special: map[string]bool{}, all: empty(), texts: empty()}
}

// Longest is the limit on a token's content, in bytes.
const Longest = 4096

// Add adds a token. Normalize is what the tokenizer does to text.
func (v *Vocabulary) Add(t Token, normalize func(string) string) error {
	if t.Content == "" || len(t.Content) > Longest {
		return fmt.Errorf("the content of an added token has %d bytes, must have 1 to %d", len(t.Content), Longest)
	}
	if i, ok := v.byContent[t.Content]; ok {
		return fmt.Errorf("%q is an added token already, with id %d", t.Content, v.tokens[i].ID)
	}
	if i, ok := v.byID[t.ID]; ok {
		return fmt.Errorf("id %d belongs to the added token %q already", t.ID, v.tokens[i].Content)
	}
	spelling := t.Content
	if t.Normalized {
		if spelling = normalize(t.Content); spelling == "" {
			return fmt.Errorf("the added token %q is empty when normalized", t.Content)
		}
	}
	if taken, ok := v.all.of(t).add(spelling, t.ID); !ok {
		return fmt.Errorf("the added token %q is spelled %q when normalized, as is the one with id %d", t.Content, spelling, taken)
	}
	if t.Text() {
		v.texts.of(t).add(spelling, t.ID)
	}
	if spelling != t.Content {
		v.spelling[t.ID] = spelling
	}
	if t.Special {
		v.special[t.Content] = true
	}
	v.byContent[t.Content], v.byID[t.ID] = len(v.tokens), len(v.tokens)
	v.tokens = append(v.tokens, t)
	return nil
}

func (f finder) of(t Token) *trie {
	if t.Normalized {
		return f.normalized
	}
	return f.plain
}

// Tokens returns the tokens in the order in which they were added.
func (v *Vocabulary) Tokens() []Token { return v.tokens }

// ByContent returns the token of that content.
func (v *Vocabulary) ByContent(content string) (Token, bool) {
	i, ok := v.byContent[content]
	if !ok {
		return Token{}, false
	}
	return v.tokens[i], true
}

// ByID returns the token of that id.
func (v *Vocabulary) ByID(id int32) (Token, bool) {
	i, ok := v.byID[id]
	if !ok {
		return Token{}, false
	}
	return v.tokens[i], true
}

// Spelling returns how decoding spells an added token: normalized, where it is found normalized.
func (v *Vocabulary) Spelling(id int32) (string, bool) {
	if s, ok := v.spelling[id]; ok {
		return s, true
	}
	t, ok := v.ByID(id)
	return t.Content, ok
}

// Special reports whether a token so spelled is left out of text decoded without special tokens.
func (v *Vocabulary) Special(spelling string) bool { return v.special[spelling] }

// Part is a piece of a text: an added token, or, with ID -1, what lies between.
type Part struct {
	ID         int32
	Start, End int
}

// Split appends the parts of a text, in order; none is empty but where the library itself lets a token begin inside the
// white space that the one before it took. Controls tells whether tokens count that are not mere white space.
func (v *Vocabulary) Split(s string, normalized, controls bool, dst []Part) []Part {
	f := v.texts
	if controls {
		f = v.all
	}
	return v.split(s, f.look(normalized), nil, dst)
}

// SplitAround is Split with controls, but passes over those that are not allowed to be where they are, in bytes of s.
func (v *Vocabulary) SplitAround(s string, normalized bool, allowed func(start, end int) bool, dst []Part) []Part {
	return v.split(s, v.all.look(normalized), allowed, dst)
}

func (f finder) look(normalized bool) *trie {
	if normalized {
		return f.normalized
	}
	return f.plain
}

func (v *Vocabulary) split(s string, t *trie, allowed func(start, end int) bool, dst []Part) []Part {
	done := 0 // up to where the parts reach
	for at := 0; !t.empty(); {
		start, end, id := t.find(s, at)
		if id < 0 {
			break
		}
		token := &v.tokens[v.byID[id]]
		if allowed != nil && !token.Text() && !allowed(start, end) {
			at = start + 1
			continue
		}
		at = end
		start, end, ok := token.extent(s, start, end, done)
		if !ok {
			continue
		}
		if done < start {
			dst = append(dst, Part{ID: -1, Start: done, End: start})
		}
		dst = append(dst, Part{ID: id, Start: start, End: end})
		done = end
	}
	if done < len(s) {
		dst = append(dst, Part{ID: -1, Start: done, End: len(s)})
	}
	return dst
}

// extent widens a match by the white space that the token takes, not beyond done; false if it must be a word by itself and
// is not.
func (t Token) extent(s string, start, end, done int) (int, int, bool) {
	if t.SingleWord {
		before, _ := utf8.DecodeLastRuneInString(s[:start])
		after, _ := utf8.DecodeRuneInString(s[end:])
		if start > 0 && inWord(before) || end < len(s) && inWord(after) {
			return 0, 0, false
		}
	}
	if t.LStrip {
		blank := strings.TrimRightFunc(s[:start], isSpace)
		start = max(len(blank), done)
	}
	if t.RStrip {
		end = len(s) - len(strings.TrimLeftFunc(s[end:], isSpace))
	}
	return start, end, true
}

func isSpace(r rune) bool { return unicode.Of(r)&unicode.Space != 0 }

// inWord is \w of Rust's regex, which is not Oniguruma's: letters, marks, decimal digits, connectors, letter-like numbers, the
// two joiners and the letters in circles and squares (Unicode Technical Standard 18, annex C).
func inWord(r rune) bool {
	switch {
	case unicode.Of(r)&(unicode.Letter|unicode.Mark|unicode.Decimal) != 0, goUnicode.In(r, goUnicode.Pc, goUnicode.Nl):
		return true
	case r == 0x200c || r == 0x200d, r >= 0x24b6 && r <= 0x24e9:
		return true
	}
	return r >= 0x1f130 && r <= 0x1f149 || r >= 0x1f150 && r <= 0x1f169 || r >= 0x1f170 && r <= 0x1f189
}
