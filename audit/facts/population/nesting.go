package population

import (
	"cmp"
	"slices"
	"strings"
)

// Path is the shortest chain of groups inside a group through which an account is in
// it, outermost first: the account is in the last of them. It is empty for a direct
// member, for somebody who is not known to be a member, and where the snapshot does
// not hold the nesting: a closed row that names no other group does not tell. Of
// chains of one length it is the first by the names of its groups.
func (m *Memberships) Path(id string, ordinal uint32) []Group {
	start := strings.ToLower(id)
	found := map[string]bool{start: true}
	var held []Group // of chains that may go further, the first
	for level := [][]Group{{{ID: start}}}; len(level) > 0; {
		var next [][]Group
		for _, chain := range level {
			direct, closed := m.holds(chain[len(chain)-1].ID, ordinal)
			if direct || closed && !m.goesOn(chain, ordinal) {
				return chain[1:]
			}
			if closed && held == nil {
				held = chain[1:]
			}
			for _, g := range m.inside(chain[len(chain)-1].ID) {
				if !found[g.ID] {
					found[g.ID] = true
					next = append(next, append(slices.Clone(chain), g))
				}
			}
		}
		level = next
	}
	return held
}

// holds tells whether rows of a group have an account, and of which sort they are.
func (m *Memberships) holds(key string, ordinal uint32) (direct, closed bool) {
	l := m.lines[key]
	if l == nil || m.notFound[key] {
		return false, false
	}
	return l.direct.Has(ordinal), l.closed.Has(ordinal)
}

// goesOn tells whether some group inside the last of a chain, not in the chain
// itself, has an account too.
func (m *Memberships) goesOn(chain []Group, ordinal uint32) bool {
	seen := map[string]bool{}
	for _, g := range chain {
		seen[g.ID] = true
	}
	var leads func(key string) bool
	leads = func(key string) bool {
		return slices.ContainsFunc(m.inside(key), func(g Group) bool {
			if seen[g.ID] {
				return false
			}
			seen[g.ID] = true
			direct, closed := m.holds(g.ID, ordinal)
			return direct || closed || leads(g.ID)
		})
	}
	return leads(chain[len(chain)-1].ID)
}

// inside are the groups that rows of a group name and that have rows themselves, by
// their names. Their ids are in lower case.
func (m *Memberships) inside(key string) []Group {
	l := m.lines[key]
	if l == nil || m.notFound[key] {
		return nil
	}
	var list []Group
	for _, inner := range slices.Concat(l.inner, l.named) {
		if m.lines[inner] != nil {
			list = append(list, Group{ID: inner, Name: m.named[inner].DisplayName})
		}
	}
	slices.SortFunc(list, func(a, b Group) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return list
}
