package population

import (
	"maps"
	"slices"
	"strings"
)

// Joining is the groups as if everybody were a member of one of them, and so of every
// group that it is inside.
func (m *Memberships) Joining(id string) *Memberships {
	key := strings.ToLower(id)
	n := *m
	n.lines, n.closed = maps.Clone(m.lines), map[string]Group{}
	joined := memberLines{}
	if l := m.lines[key]; l != nil {
		joined = *l
	}
	joined.direct, joined.people = m.dir.All, joined.people+m.dir.All.Count()
	n.lines[key] = &joined
	for outer, l := range m.lines {
		// A closed row has the members of the groups it names, as they are today.
		if outer != key && slices.Contains(l.named, key) {
			grown := *l
			grown.inner = append(slices.Clone(l.inner), key)
			n.lines[outer] = &grown
		}
	}
	for key := range n.lines {
		n.closed[key] = n.resolve(key)
	}
	return &n
}
