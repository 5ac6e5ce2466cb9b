package bpe

import "strings"

// Bounds of a cache, which begins anew when one is reached. Longer words come back too rarely to be worth it.
const (
	cacheWords   = 1 << 16
	cacheBytes   = 8 << 20
	cacheLongest = 255 // bytes of a word
)

// cache remembers the symbols of words.
type cache struct {
	words   map[string]entry
	symbols []Symbol
	bytes   int
}

// entry is a part of the cache's symbols.
type entry struct{ start, end uint32 }

func (c *cache) get(word string) ([]Symbol, bool) {
	if len(word) > cacheLongest {
		return nil, false
	}
	e, ok := c.words[word]
	return c.symbols[e.start:e.end], ok
}

func (c *cache) put(word string, symbols []Symbol) {
	if len(word) > cacheLongest {
		return
	}
	const overhead, perSymbol = 24, 8 // of an entry beside its word
	cost := overhead + len(word) + perSymbol*len(symbols)
	if c.words == nil {
		c.words = make(map[string]entry)
	}
	if len(c.words) == cacheWords || c.bytes+cost > cacheBytes {
		clear(c.words)
		c.symbols, c.bytes = c.symbols[:0], 0
	}
	start := uint32(len(c.symbols))
	c.symbols = append(c.symbols, symbols...)
	c.words[strings.Clone(word)] = entry{start, uint32(len(c.symbols))} // a clone, so as not to keep the whole text
	c.bytes += cost
}
