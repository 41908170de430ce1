package snapshot

import (
	"maps"
	"slices"
	"strings"
)

// WithAbsent returns a view that knows that no row of a section mentions some texts,
// though it does not hold all rows: whoever narrowed a snapshot has looked in the whole
// one.
func (s *Snapshot) WithAbsent(id SectionID, texts ...string) *Snapshot {
	view := s.view()
	view.absent = maps.Clone(s.absent)
	if view.absent == nil {
		view.absent = map[SectionID][]string{}
	}
	view.absent[id] = slices.Concat(view.absent[id], texts)
	return view
}

// Absent tells whether it was found that no row of a section mentions a text, in any
// letter case. False says nothing.
func (s *Snapshot) Absent(id SectionID, text string) bool {
	return !s.off[id] && slices.ContainsFunc(s.absent[id], func(t string) bool { return strings.EqualFold(t, text) })
}
