// Package decoder makes text of tokens, as the "decoder" section of a tokenizer.json says: ByteLevel, Metaspace, Replace,
// ByteFallback, Fuse, Strip, and sequences of these. Others belong to families that osft does not train and are refused by
// name.
package decoder

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/osft-project/osft/data/tokenizer/pattern"
	"github.com/osft-project/osft/data/tokenizer/pretokenizer"
	"github.com/osft-project/osft/data/tokenizer/unicode"
)

// Decoder is a list of steps. It is safe for concurrent use.
type Decoder struct {
	steps []step
	none  bool // there is no such section
}

// step turns a list of tokens into another; it may change the list.
type step func(tokens []string) []string

// Decode returns the text of the tokens, which it may change. Without a decoder, they are joined by spaces.
func (d *Decoder) Decode(tokens []string) string {
	if d.none {
		return strings.Join(tokens, " ")
	}
	for _, s := range d.steps {
		tokens = s(tokens)
	}
	return strings.Join(tokens, "")
}

// each makes a step of what happens to every token by itself.
func each(f func(token string) string) step {
	return func(tokens []string) []string {
		for i, t := range tokens {
			tokens[i] = f(t)
		}
		return tokens
	}
}

// fuse joins all tokens.
func fuse(tokens []string) []string { return []string{strings.Join(tokens, "")} }

// byteLevel turns characters of the byte alphabet into their bytes. A token with any other character is itself.
func byteLevel(tokens []string) []string {
	var out []byte
	for _, t := range tokens {
		start := len(out)
		for _, r := range t {
			b, ok := unicode.ByteOf(r)
			if !ok {
				out = append(out[:start], t...)
				break
			}
			out = append(out, b)
		}
	}
	return []string{unicode.Lossy(string(out))}
}

// byteFallback turns runs of tokens such as <0xE2> into the text that their bytes are, or one U+FFFD for each byte if they
// are none.
func byteFallback(tokens []string) []string {
	var out []string
	var bytes []byte
	flush := func() {
		switch {
		case len(bytes) == 0:
		case utf8.Valid(bytes):
			out = append(out, string(bytes))
		default:
			for range bytes {
				out = append(out, unicode.Replacement)
			}
		}
		bytes = bytes[:0]
	}
	for _, t := range tokens {
		if b, ok := byteOf(t); ok {
			bytes = append(bytes, b)
			continue
		}
		flush()
		out = append(out, t)
	}
	flush()
	return out
}

func byteOf(token string) (byte, bool) {
	if len(token) != 6 || token[:3] != "<0x" || token[5] != '>' {
		return 0, false
	}
	b, err := strconv.ParseUint(token[3:5], 16, 8)
	return byte(b), err == nil
}

// metaspace turns the replacement into spaces, and drops it in the first token unless the scheme is never to prepend.
func metaspace(replacement, scheme string) step {
	return func(tokens []string) []string {
		for i, t := range tokens {
			space := " "
			if i == 0 && scheme != pretokenizer.Never {
				space = ""
			}
			tokens[i] = strings.ReplaceAll(t, replacement, space)
		}
		return tokens
	}
}

// replace writes content for each match.
func replace(p *pattern.Pattern, content string) step {
	return each(func(token string) string {
		if p.Literal != "" {
			return strings.ReplaceAll(token, p.Literal, content)
		}
		var b strings.Builder
		last := 0
		for _, m := range p.Matches(token, nil) {
			b.WriteString(token[last:m.Start])
			b.WriteString(content)
			last = m.End
		}
		b.WriteString(token[last:])
		return b.String()
	})
}

// strip cuts at most so many of a character off both ends of each token.
func strip(char string, start, stop int) step {
	return each(func(token string) string {
		for i := 0; i < start && strings.HasPrefix(token, char); i++ {
			token = token[len(char):]
		}
		for i := 0; i < stop && strings.HasSuffix(token, char); i++ {
			token = token[:len(token)-len(char)]
		}
		return token
	})
}
