package bpe

// longMerger merges long words: the same merges in the same order as gotokenizers' Word.MergeAll (lowest rank first, then
// leftmost; an entry of the queue whose pair has changed is dropped unless it still makes the same token), with the queue in
// a slice of its own and one pass to drop what was merged, so that a word of n symbols takes O(n log n).
type longMerger struct {
	core   *core
	prev   []int32
	next   []int32
	queue  []candidate
	recent [1 << 12]looked // merges looked up lately, since the pairs of a long word repeat
}

// candidate is a possible merge of the symbols at a position and after it.
type candidate struct{ rank, at, id int32 }

func (c candidate) before(d candidate) bool {
	return c.rank < d.rank || c.rank == d.rank && c.at < d.at
}

// looked is a merge looked up: its pair, each plus one so that zero is none, and its value, of which rank -1 is none.
type looked struct{ left, right, rank, id int32 }

// merge merges the symbols in place.
func (m *longMerger) merge(symbols []Symbol) []Symbol {
	n := int32(len(symbols))
	m.prev, m.next, m.queue = m.prev[:0], m.next[:0], m.queue[:0]
	for i := range n {
		m.prev = append(m.prev, i-1)
		m.next = append(m.next, i+1)
	}
	for i := range n - 1 {
		if c, ok := m.find(symbols, i, i+1); ok {
			m.queue = append(m.queue, c)
		}
	}
	for i := len(m.queue)/2 - 1; i >= 0; i-- {
		m.down(i)
	}
	for len(m.queue) > 0 {
		m.apply(symbols, m.pop())
	}
	m.release()
	kept := symbols[:0]
	for _, s := range symbols {
		if s.Len > 0 {
			kept = append(kept, s)
		}
	}
	return kept
}

// apply makes one merge, unless its symbols have changed since it was queued, and queues those of the new neighbours.
func (m *longMerger) apply(symbols []Symbol, c candidate) {
	left, n := c.at, int32(len(symbols))
	right := m.next[left]
	if symbols[left].Len == 0 || right == n {
		return
	}
	if now, ok := m.find(symbols, left, right); !ok || now.id != c.id {
		return
	}
	symbols[left] = Symbol{ID: c.id, Len: symbols[left].Len + symbols[right].Len}
	symbols[right].Len = 0
	after := m.next[right]
	m.next[left] = after
	if after < n {
		m.prev[after] = left
		if c, ok := m.find(symbols, left, after); ok {
			m.push(c)
		}
	}
	if before := m.prev[left]; before >= 0 {
		if c, ok := m.find(symbols, before, left); ok {
			m.push(c)
		}
	}
}

// find looks up the merge of two symbols.
func (m *longMerger) find(symbols []Symbol, left, right int32) (candidate, bool) {
	a, b := symbols[left].ID, symbols[right].ID
	slot := &m.recent[(uint32(a)*0x9e3779b1^uint32(b)*0x85ebca77)>>20]
	if slot.left != a+1 || slot.right != b+1 {
		*slot = looked{left: a + 1, right: b + 1, rank: -1}
		if rank, id, ok := m.core.getMerge(a, b); ok {
			slot.rank, slot.id = rank, id
		}
	}
	return candidate{rank: slot.rank, at: left, id: slot.id}, slot.rank >= 0
}

func (m *longMerger) push(c candidate) {
	m.queue = append(m.queue, c)
	i := len(m.queue) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if !c.before(m.queue[parent]) {
			break
		}
		m.queue[i] = m.queue[parent]
		i = parent
	}
	m.queue[i] = c
}

func (m *longMerger) pop() candidate {
	top, last := m.queue[0], len(m.queue)-1
	m.queue[0] = m.queue[last]
	m.queue = m.queue[:last]
	if last > 1 {
		m.down(0)
	}
	return top
}

// down moves the candidate at i to its place among those below it.
func (m *longMerger) down(i int) {
	c := m.queue[i]
	for {
		child := 2*i + 1
		if child >= len(m.queue) {
			break
		}
		if child+1 < len(m.queue) && m.queue[child+1].before(m.queue[child]) {
			child++
		}
		if !m.queue[child].before(c) {
			break
		}
		m.queue[i] = m.queue[child]
		i = child
	}
	m.queue[i] = c
}

// release gives back memory that only a very long word needed.
func (m *longMerger) release() {
	const kept = 1 << 16
	if cap(m.queue) > kept || cap(m.next) > kept {
		m.prev, m.next, m.queue = nil, nil, nil
	}
}
