package bpe

import (
	"strings"

	"github.com/osft-project/osft/data/tokenizer/section"
	"github.com/osft-project/osft/provenance/strict"
)

// Limits of a vocabulary. The table is as long as its highest id, so ids may not be spread much wider than there are tokens.
const (
	MaxID     = 1<<24 - 1
	MaxUnused = 1 << 16 // ids that no token has, beyond as many again as there are tokens
)

// Parse reads the "model" section. Bytes says that a ByteLevel pre-tokenizer gives the words.
func Parse(v strict.Value, bytes bool, r *section.Reader) *Model {
	o := r.Object(v)
	m := &Model{bytes: bytes, cuts: true}
	if name, ok := o.String("type"); ok && !r.Known(v, "model", name, "BPE") {
		return m
	}
	refuse(o, r)
	m.fuseUnknown = o.Bool("fuse_unk", false)
	m.byteFallback = o.Bool("byte_fallback", false)
	m.ignoreMerges = o.Bool("ignore_merges", false)
	if vocab, ok := o.Need("vocab"); ok {
		m.parseVocabulary(vocab, r)
	}
	merges := o.NeedArray("merges")
	unknown, hasUnknown := o.String("unk_token")
	o.Done("model BPE")
	if m.core == nil {
		return m
	}
	for rank, pair := range merges {
		m.parseMerge(rank, pair, r)
	}
	var token *string
	if hasUnknown {
		token = &unknown
	}
	if err := m.finish(token); err != nil {
		at, _ := o.Get("unk_token")
		r.Problem(at, "%v", err)
	}
	return m
}

// refuse tells of switches that would change the result in ways that osft does not do.
func refuse(o *section.Object, r *section.Reader) {
	if v, ok := o.Get("dropout"); ok && !v.IsNull() {
		if p, err := v.Float64(); err != nil || p != 0 {
			r.Problem(v, "dropout %s is not supported: the same text would give other ids each time", v.Raw())
		}
	}
	for _, name := range []string{"continuing_subword_prefix", "end_of_word_suffix"} {
		if s, ok := o.String(name); ok && s != "" {
			v, _ := o.Get(name)
			r.Problem(v, "%s %q is not supported", name, s)
		}
	}
}

func (m *Model) parseVocabulary(v strict.Value, r *section.Reader) {
	members, err := v.Object()
	if err != nil {
		r.Problem(v, "is %v, must be an object of tokens and ids", v.Kind())
		return
	}
	ids := make([]int, len(members))
	highest := -1
	for i, token := range members {
		id, ok := r.Count(token.Value)
		if !ok {
			id = -1
		}
		ids[i] = id
		highest = max(highest, id)
	}
	if highest > MaxID || highest > 2*len(members)+MaxUnused {
		r.Problem(v, "has %d tokens but an id %d; at most %d and %d are read", len(members), highest, MaxID,
			2*len(members)+MaxUnused)
		return
	}
	byID := make([]*string, highest+1)
	for i, id := range ids {
		if id < 0 {
			continue
		}
		if byID[id] != nil {
			r.Problem(members[i].Value, "id %d belongs to %q already", id, *byID[id])
			continue
		}
		byID[id] = &members[i].Name
	}
	m.core, m.size, m.maxID = newCore(byID), len(members), int32(highest)
}

// parseMerge reads a merge: two tokens in an array, or in one string with a space between.
func (m *Model) parseMerge(rank int, v strict.Value, r *section.Reader) {
	var left, right string
	if v.Kind() == strict.String {
		s, _ := v.String()
		if strings.Count(s, " ") != 1 {
			r.Problem(v, "is %q, must be two tokens with one space between", s)
			return
		}
		left, right, _ = strings.Cut(s, " ")
	} else {
		parts, err := v.Array()
		if err != nil || len(parts) != 2 || parts[0].Kind() != strict.String || parts[1].Kind() != strict.String {
			r.Problem(v, "must be two tokens")
			return
		}
		left, _ = parts[0].String()
		right, _ = parts[1].String()
	}
	if err := m.addMerge(rank, left, right); err != nil {
		r.Problem(v, "%v", err)
	}
}
