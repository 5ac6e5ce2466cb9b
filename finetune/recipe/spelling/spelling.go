// Package spelling finds the word that was probably meant. It knows no words of its own.
package spelling

// longest is the length in bytes from which a word is not looked at: nobody mistypes a page, and the work would grow with it.
const longest = 64

// Nearest is the candidate that differs least from a word, the first of several; "" where none is near. Near is a third of
// the word's length, at least one difference.
func Nearest(word string, candidates []string) string {
	if len(word) > longest {
		return ""
	}
	best, found := max(1, (len(word)+1)/3)+1, ""
	for _, candidate := range candidates {
		if d := distance(word, candidate); d < best {
			best, found = d, candidate
		}
	}
	return found
}

// distance is the number of insertions, deletions, replacements and swaps of neighbours that lead from a to b
// (optimal string alignment), in bytes.
func distance(a, b string) int {
	before, previous, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range previous {
		previous[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(previous[j]+1, row[j-1]+1, previous[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, previous, row = previous, row, before
	}
	return previous[len(b)]
}
