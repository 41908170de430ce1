package config

import "strings"

// nearest is the name that takes the fewest edits to get to, empty if none is close.
func nearest(name string, names []string) string {
	best, fewest := "", 1+len(name)/3
	for _, candidate := range names {
		if n := edits(strings.ToLower(name), strings.ToLower(candidate)); n <= fewest && (best == "" || n < fewest) {
			best, fewest = candidate, n
		}
	}
	return best
}

// edits is the Levenshtein distance of two texts, by bytes.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
