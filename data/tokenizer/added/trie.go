package added

import "sort"

// trie holds texts and finds the longest one at a place.
type trie struct {
	nodes []node
	first [256]bool // bytes that a text begins with
}

type node struct {
	edges []edge // by byte, ascending
	id    int32  // of the text that ends here, -1 if none does
}

type edge struct {
	b  byte
	to int32
}

func newTrie() *trie { return &trie{nodes: []node{{id: -1}}} }

// empty reports whether there is no text.
func (t *trie) empty() bool { return len(t.nodes) == 1 }

// add puts a text in, or returns the id that has it already.
func (t *trie) add(s string, id int32) (taken int32, ok bool) {
	t.first[s[0]] = true
	at := int32(0)
	for i := range len(s) {
		next := t.step(at, s[i])
		if next < 0 {
			next = int32(len(t.nodes))
			t.nodes = append(t.nodes, node{id: -1})
			edges := append(t.nodes[at].edges, edge{s[i], next})
			sort.Slice(edges, func(a, b int) bool { return edges[a].b < edges[b].b })
			t.nodes[at].edges = edges
		}
		at = next
	}
	if taken := t.nodes[at].id; taken >= 0 {
		return taken, false
	}
	t.nodes[at].id = id
	return id, true
}

// step follows an edge, -1 if there is none.
func (t *trie) step(at int32, b byte) int32 {
	edges := t.nodes[at].edges
	if len(edges) > 8 {
		i := sort.Search(len(edges), func(i int) bool { return edges[i].b >= b })
		if i < len(edges) && edges[i].b == b {
			return edges[i].to
		}
		return -1
	}
	for _, e := range edges {
		if e.b == b {
			return e.to
		}
	}
	return -1
}

// find returns the leftmost text at or after i, the longest of those that begin there; id is -1 if there is none.
func (t *trie) find(s string, i int) (start, end int, id int32) {
	for ; i < len(s); i++ {
		if !t.first[s[i]] {
			continue
		}
		id, end := int32(-1), 0
		at := int32(0)
		for j := i; j < len(s); j++ {
			if at = t.step(at, s[j]); at < 0 {
				break
			}
			if t.nodes[at].id >= 0 {
				id, end = t.nodes[at].id, j+1
			}
		}
		if id >= 0 {
			return i, end, id
		}
	}
	return 0, 0, -1
}
