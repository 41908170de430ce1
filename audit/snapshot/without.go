package snapshot

import "maps"

// Without returns a view of the snapshot in which some sections are as if nobody
// had collected them, whatever the files hold. Without names it is the snapshot
// itself.
func (s *Snapshot) Without(ids ...SectionID) *Snapshot {
	if len(ids) == 0 {
		return s
	}
	view := &Snapshot{
		fsys: s.fsys, limits: s.limits, manifest: s.manifest, takenAt: s.takenAt,
		names: s.names, files: maps.Clone(s.files), focus: s.focus,
		off:        map[SectionID]bool{},
		unreadable: map[SectionID]map[place]Unreadable{},
	}
	maps.Copy(view.off, s.off)
	for _, id := range ids {
		view.off[id] = true
		delete(view.files, id)
	}
	return view
}
