package bootstrap

import "slices"

// Openings are all the smallest sets of objects whose change opens a way, of the
// trapped. BlockedBy is the one of them that frees the most people, as far as people
// are known: who looks at one person only may see another.
func (v *Verdict) Openings() [][]Blocker {
	var sets [][]Blocker
	for _, o := range v.opens {
		if !slices.ContainsFunc(sets, func(s []Blocker) bool { return slices.Equal(s, o.set) }) {
			sets = append(sets, o.set)
		}
	}
	return sets
}
