package snapshot

import (
	"fmt"
	"slices"
	"strings"
)

// Status is what is known about one section after everything read so far.
type Status struct {
	State  State
	Reason string
	// Entry is the manifest's own entry; nil where the manifest has none.
	Entry *SectionEntry
	// Unreadable counts rows left out because of a member of the wrong type.
	Unreadable int
}

// WholeInView tells whether nothing is missing of what the snapshot is about: the section
// is complete, or less than that only because the snapshot is narrowed to some people.
func (st Status) WholeInView() bool {
	return st.State == Complete || st.State == Partial && st.Reason == ReasonScope && st.Unreadable == 0
}

// Status says how much of a section there is. It may turn from complete to
// partial as rows are decoded and found unreadable.
func (s *Snapshot) Status(id SectionID) Status {
	st := s.declared(id)
	s.mu.Lock()
	st.Unreadable = len(s.unreadable[id])
	s.mu.Unlock()
	if st.Unreadable > 0 && st.State == Complete {
		st.State = Partial
		st.Reason = fmt.Sprintf("%d unreadable objects", st.Unreadable)
		if st.Unreadable == 1 {
			st.Reason = "1 unreadable object"
		}
	}
	return st
}

func (s *Snapshot) declared(id SectionID) Status {
	spec, _ := Spec(id)
	var st Status
	entry := s.manifest.Sections[id]
	switch {
	case s.off[id]:
		return Status{State: NotCollected, Reason: ReasonOff}
	case entry != nil:
		st = Status{State: entry.State, Reason: entry.Reason, Entry: entry}
	case len(s.files[id]) > 0:
		st = Status{State: Complete}
	default:
		st = Status{State: NotCollected}
	}
	if st.State == Complete && spec.PerUser && s.Scope().Narrowed() {
		st.State, st.Reason = Partial, ReasonScope
	}
	return st
}

// States gives the state of every section, for reports.
func (s *Snapshot) States() map[SectionID]State {
	all := make(map[SectionID]State, len(sections))
	for _, spec := range sections {
		all[spec.ID] = s.Status(spec.ID).State
	}
	return all
}

// Unreadable lists the rows left out so far, in the order of sections, files
// and lines.
func (s *Snapshot) Unreadable() []Unreadable {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Unreadable
	for _, spec := range sections {
		rows := make([]Unreadable, 0, len(s.unreadable[spec.ID]))
		for _, u := range s.unreadable[spec.ID] {
			rows = append(rows, u)
		}
		slices.SortFunc(rows, func(a, b Unreadable) int {
			if c := strings.Compare(a.File, b.File); c != 0 {
				return c
			}
			return a.Line - b.Line
		})
		all = append(all, rows...)
	}
	return all
}

func (s *Snapshot) setUnreadable(rows ...Unreadable) {
	if len(rows) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range rows {
		if s.unreadable[u.Section] == nil {
			s.unreadable[u.Section] = map[place]Unreadable{}
		}
		s.unreadable[u.Section][place{u.File, u.Line}] = u
	}
}
