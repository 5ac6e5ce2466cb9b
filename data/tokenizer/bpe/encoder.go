package bpe

import (
	"strings"
	"unicode/utf8"

	"github.com/osft-project/osft/data/tokenizer/unicode"
)

// longest is up to how many symbols a word is merged by gotokenizers, which takes O(n²) to drop what was merged.
const longest = 128

// Encoder encodes words and remembers them. It must not be used by two at once; the model may have many.
type Encoder struct {
	model   *Model
	cache   cache
	symbols []Symbol // of the word at hand
	short   shortMerger
	long    longMerger
}

// Encoder returns a new encoder with an empty cache.
func (m *Model) Encoder() *Encoder { return &Encoder{model: m, long: longMerger{core: m.core}} }

// Append appends the ids of a word.
func (e *Encoder) Append(dst []int32, word string) []int32 {
	for word != "" {
		part := e.part(word)
		for _, s := range e.encode(part) {
			dst = append(dst, s.ID)
		}
		word = word[len(part):]
	}
	return dst
}

// AppendSymbols appends the ids of a word with their lengths.
func (e *Encoder) AppendSymbols(dst []Symbol, word string) []Symbol {
	for word != "" {
		part := e.part(word)
		dst = append(dst, e.encode(part)...)
		word = word[len(part):]
	}
	return dst
}

// part returns the start of the word that no merge joins to the rest.
func (e *Encoder) part(word string) string {
	if !e.model.cuts {
		return word
	}
	i := 0
	for strings.HasPrefix(word[i:], meta) {
		i += len(meta)
	}
	if n := strings.Index(word[i:], meta); n > 0 {
		return word[:i+n]
	}
	return word
}

// encode returns the symbols of a word. They are good until the next call.
func (e *Encoder) encode(word string) []Symbol {
	if symbols, ok := e.cache.get(word); ok {
		return symbols
	}
	e.merge(word)
	e.cache.put(word, e.symbols)
	return e.symbols
}

// merge sets symbols to those of the word.
func (e *Encoder) merge(word string) {
	e.symbols = e.symbols[:0]
	if e.model.ignoreMerges && e.whole(word) {
		return
	}
	e.split(word)
	switch n := len(e.symbols); {
	case n < 2:
	case n <= longest:
		e.symbols = e.short.merge(e.model.core, e.symbols)
	default:
		e.symbols = e.long.merge(e.symbols)
	}
}

// whole makes the word one symbol if it is a token.
func (e *Encoder) whole(word string) bool {
	if e.model.bytes {
		var spelling strings.Builder
		for i := range len(word) {
			spelling.WriteString(unicode.ByteAlphabet[word[i]])
		}
		word = spelling.String()
	}
	id, ok := e.model.ID(word)
	if ok {
		e.symbols = append(e.symbols, Symbol{ID: id, Len: int32(len(word))})
	}
	return ok
}

// split sets symbols to the initial ones of the word, one a character.
func (e *Encoder) split(word string) {
	open := Symbol{ID: e.model.unknown} // Len is 0 while no unknown is open
	for i := 0; i < len(word); {
		n := 1
		id, char := int32(-1), ""
		switch {
		case e.model.bytes:
			id, char = e.model.ofChar[word[i]], unicode.ByteAlphabet[word[i]]
		case word[i] < utf8.RuneSelf:
			id, char = e.model.ofChar[word[i]], word[i:i+1]
		default:
			_, n = utf8.DecodeRuneInString(word[i:])
			char = word[i : i+n]
			id = e.model.core.id(char)
		}
		i += n
		if id < 0 {
			open = e.missing(char, open)
			continue
		}
		e.close(&open)
		e.symbols = append(e.symbols, Symbol{ID: id, Len: int32(len(char))})
	}
	e.close(&open)
}

// close appends the unknown that is open.
func (e *Encoder) close(open *Symbol) {
	if open.Len > 0 {
		e.symbols = append(e.symbols, *open)
		open.Len = 0
	}
}

// missing handles a character that the vocabulary lacks and returns the unknown that is then open. As in Hugging Face
// tokenizers, one stays open while bytes stand in for characters, and so comes after them.
func (e *Encoder) missing(char string, open Symbol) Symbol {
	if e.model.byteFallback && e.fallback(char) {
		return open
	}
	if e.model.unknown < 0 {
		return open
	}
	if !e.model.fuseUnknown {
		e.close(&open)
	}
	open.Len += int32(len(char))
	return open
}

// fallback appends the tokens of a character's bytes, if there is one for each.
func (e *Encoder) fallback(char string) bool {
	for i := range len(char) {
		if e.model.ofByte[char[i]] < 0 {
			return false
		}
	}
	for i := range len(char) {
		e.symbols = append(e.symbols, Symbol{ID: e.model.ofByte[char[i]], Len: 1})
	}
	return true
}
