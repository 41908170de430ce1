package snapshot

import "maps"

// Without returns a view of the snapshot in which some sections are as if nobody
// had collected them, whatever the files hold. Without names it is the snapshot
// itself.
func (s *Snapshot) Without(ids ...SectionID) *Snapshot {
	if len(ids) == 0 {
		return s
	}
	view := s.view()
	view.files, view.off = maps.Clone(s.files), map[SectionID]bool{}
	maps.Copy(view.off, s.off)
	for _, id := range ids {
		view.off[id] = true
		delete(view.files, id)
	}
	return view
}
