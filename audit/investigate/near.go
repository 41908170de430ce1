package investigate

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
)

const (
	// mostNear is how many accounts that may be meant are listed.
	mostNear = 5
	// farthest is how many letters may be wrong in a name.
	farthest = 3
)

// candidate is an account that may be meant; the less far the likelier.
type candidate struct {
	upn string
	far int
}

func (c candidate) compare(d candidate) int {
	return cmp.Or(cmp.Compare(c.far, d.far), strings.Compare(c.upn, d.upn))
}

// near lists the user principal names that come close to a name: those with its local
// part or its words, and those with some letters more, fewer or other.
func near(ctx context.Context, snap *snapshot.Snapshot, name string) ([]string, error) {
	name = strings.ToLower(name)
	local, _, _ := strings.Cut(name, "@")
	words := wordsOf(local)
	var mu sync.Mutex
	var best []candidate
	_, err := snap.Matching(ctx, snapshot.Users, func(raw entra.Raw) bool {
		upn := entra.Text(raw, "/userPrincipalName")
		if upn == "" {
			return false
		}
		far := distance(strings.ToLower(upn), name, local, words)
		if far > farthest && strings.EqualFold(entra.Text(raw, "/displayName"), name) {
			far = farthest
		}
		if far > farthest {
			return false
		}
		c := candidate{upn, far}
		mu.Lock()
		defer mu.Unlock()
		i, found := slices.BinarySearchFunc(best, c, candidate.compare)
		if !found && i < mostNear {
			best = slices.Insert(best, i, candidate{strings.Clone(upn), far})
			best = best[:min(len(best), mostNear)]
		}
		return false
	})
	var names []string
	for _, c := range best {
		names = append(names, c.upn)
	}
	return names, err
}

// distance says how far a user principal name is from a name; beyond farthest is far.
func distance(upn, name, local string, words []string) int {
	their, _, _ := strings.Cut(upn, "@")
	switch {
	case their == local:
		return 0
	case len(words) > 1 && slices.Equal(words, wordsOf(their)):
		return 1 // the words in another order, or with other signs between them
	}
	limit := min(farthest, len(local)/3)
	far := min(edits(upn, name, limit), edits(their, local, limit))
	if far > limit {
		return farthest + 1
	}
	return far
}

func wordsOf(text string) []string {
	words := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("._- ", r) })
	slices.Sort(words)
	return words
}

// edits counts the letters to put in, take out, change, or swap with their neighbour,
// to make b of a. More than limit is limit+1.
func edits(a, b string, limit int) int {
	if d := len(a) - len(b); d > limit || -d > limit {
		return limit + 1
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			change := last[j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			row[j] = min(change, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least > limit {
			return limit + 1
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
