package train

import "container/heap"

// pair is two tokens that stand beside each other.
type pair struct{ left, right int32 }

// counts keeps how often each pair occurs while words are merged.
type counts struct {
	words []word
	of    map[pair]int
	where map[pair]map[int]bool // words that have or had the pair
	queue queue
}

func newCounts(words []word) *counts {
	c := &counts{words: words, of: map[pair]int{}, where: map[pair]map[int]bool{}}
	for i := range words {
		c.change(i, 1)
	}
	for p := range c.of {
		c.queue = append(c.queue, entry{p, c.of[p]})
	}
	heap.Init(&c.queue)
	return c
}

// change adds the pairs of a word, or takes them off.
func (c *counts) change(i, sign int) {
	w := c.words[i]
	for k := 1; k < len(w.tokens); k++ {
		p := pair{w.tokens[k-1], w.tokens[k]}
		c.of[p] += sign * w.count
		if c.where[p] == nil {
			c.where[p] = map[int]bool{}
		}
		c.where[p][i] = true
	}
}

// best returns the pair to merge next. Entries whose count has changed since are put back with the present one.
func (c *counts) best() (pair, bool) {
	const least = 2 // a pair that occurs once says nothing about other text
	for len(c.queue) > 0 {
		top := heap.Pop(&c.queue).(entry)
		if now := c.of[top.pair]; now != top.count {
			if now >= least {
				heap.Push(&c.queue, entry{top.pair, now})
			}
			continue
		}
		return top.pair, top.count >= least
	}
	return pair{}, false
}

// drop forgets a pair.
func (c *counts) drop(p pair) { delete(c.of, p) }

// merge puts a token in the place of a pair in every word. Overlapping pairs are merged from the left.
func (c *counts) merge(p pair, token int32) {
	touched := map[pair]bool{}
	for i := range c.where[p] {
		w := &c.words[i]
		c.change(i, -1)
		kept := w.tokens[:0]
		for k := 0; k < len(w.tokens); k++ {
			if k+1 < len(w.tokens) && w.tokens[k] == p.left && w.tokens[k+1] == p.right {
				kept = append(kept, token)
				k++
				continue
			}
			kept = append(kept, w.tokens[k])
		}
		w.tokens = kept
		c.change(i, 1)
		for k := 1; k < len(kept); k++ {
			touched[pair{kept[k-1], kept[k]}] = true
		}
	}
	delete(c.where, p)
	delete(c.of, p)
	for q := range touched {
		heap.Push(&c.queue, entry{q, c.of[q]})
	}
}

// queue holds pairs, the one to merge next first. Its order is total, so the order of maps does not matter.
type queue []entry

type entry struct {
	pair
	count int
}

func (q queue) Len() int { return len(q) }

func (q queue) Less(i, j int) bool {
	a, b := q[i], q[j]
	if a.count != b.count {
		return a.count > b.count
	}
	if a.left != b.left {
		return a.left < b.left
	}
	return a.right < b.right
}

func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

func (q *queue) Push(x any) { *q = append(*q, x.(entry)) }

func (q *queue) Pop() any {
	last := len(*q) - 1
	x := (*q)[last]
	*q = (*q)[:last]
	return x
}
