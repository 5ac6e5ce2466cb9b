// Package tokenizer turns text into the ids of a model and back, as a checkpoint's tokenizer.json says and as Hugging Face
// tokenizers 0.23.3 does it: byte-level and SentencePiece-style BPE with normalizers, pre-tokenizers, added tokens,
// post-processor, decoders and offsets.
//
// The subpackages follow the sections of the file. Anything in the file that is not known here (a component, a flag, a
// version) is an error that names it and its place, and all of them are told at once, because a part of a tokenizer left out
// gives other ids without a sign. WordPiece, Unigram and word-level models are not here, nor are tokenizer.model and
// tekken.json files.
//
// Limits: a tokenizer.json of 256 MiB and 16 Mi values, ids up to bpe.MaxID, added tokens up to added.Longest bytes, regular
// expressions up to 16 KiB. Text has no limit: time is O(n log n) in the length of its words.
package tokenizer

import (
	"fmt"
	"runtime"
	"sync"

	"github.com/osft-project/osft/data/tokenizer/added"
	"github.com/osft-project/osft/data/tokenizer/bpe"
	"github.com/osft-project/osft/data/tokenizer/decoder"
	"github.com/osft-project/osft/data/tokenizer/normalizer"
	"github.com/osft-project/osft/data/tokenizer/pretokenizer"
	"github.com/osft-project/osft/data/tokenizer/text"
)

// Span is a range of bytes, End excluded.
type Span = text.Span

// Tokenizer is a loaded tokenizer. It is safe for concurrent use: each call works with an encoder of its own, which has a
// cache of words, and at most GOMAXPROCS idle ones are kept, 8 MiB each.
type Tokenizer struct {
	normalizer *normalizer.Normalizer
	words      *pretokenizer.PreTokenizer
	model      *bpe.Model
	added      *added.Vocabulary
	post       processor
	decoder    *decoder.Decoder
	config     Config
	notes      []string

	lock sync.Mutex
	idle []*encoder
}

// Config returns what tokenizer_config.json says. It is the zero Config for a tokenizer that Parse made.
func (t *Tokenizer) Config() Config { return t.config }

// Notes tells what the files say that has no effect here, one sentence each.
func (t *Tokenizer) Notes() []string { return t.notes }

// ID returns the id of a token, added or of the model.
func (t *Tokenizer) ID(token string) (int32, bool) {
	if a, ok := t.added.ByContent(token); ok {
		return a.ID, true
	}
	return t.model.ID(token)
}

// Token returns the token of an id, as the vocabulary spells it. It is false for an id that no token has.
func (t *Tokenizer) Token(id int32) (string, bool) {
	if a, ok := t.added.ByID(id); ok {
		return a.Content, true
	}
	return t.model.Token(id)
}

// Added returns the added tokens in the order of the file.
func (t *Tokenizer) Added() []added.Token { return t.added.Tokens() }

// VocabSize returns how many tokens there are, added ones included. The highest id may be larger: see MaxID.
func (t *Tokenizer) VocabSize() int {
	n := t.model.Size()
	for _, a := range t.added.Tokens() {
		if _, ok := t.model.ID(a.Content); !ok {
			n++
		}
	}
	return n
}

// MaxID returns the highest id that encoding can give, -1 if there is no token.
func (t *Tokenizer) MaxID() int32 {
	highest := t.model.MaxID()
	for _, a := range t.added.Tokens() {
		highest = max(highest, a.ID)
	}
	return highest
}

// Fits returns an error if there are ids for which a model with so many embeddings has none.
func (t *Tokenizer) Fits(embeddings int) error {
	if highest := t.MaxID(); int(highest) >= embeddings {
		token, _ := t.Token(highest)
		return fmt.Errorf("tokenizer.json: ids go up to %d (%q), but the model has embeddings for %d only (the tokenizer belongs "+
			"to another model, or the model's embeddings must be enlarged)", highest, token, embeddings)
	}
	return nil
}

// take returns an encoder for one call.
func (t *Tokenizer) take() *encoder {
	t.lock.Lock()
	defer t.lock.Unlock()
	if n := len(t.idle); n > 0 {
		e := t.idle[n-1]
		t.idle = t.idle[:n-1]
		return e
	}
	return newEncoder(t)
}

// give keeps an encoder for later calls.
func (t *Tokenizer) give(e *encoder) {
	t.lock.Lock()
	defer t.lock.Unlock()
	if len(t.idle) < runtime.GOMAXPROCS(0) {
		t.idle = append(t.idle, e)
	}
}
