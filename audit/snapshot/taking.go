package snapshot

import (
	"io/fs"
	"maps"
	"strings"
)

// Taking returns a view of the snapshot in which some sections are those of another
// one, with its states: for callers who may read a person and not the policies. The
// clock stays that of the snapshot. What either of them had edited or left out stays
// so.
func (s *Snapshot) Taking(from *Snapshot, ids ...SectionID) *Snapshot {
	view := s.view()
	view.files, view.manifest.Sections = maps.Clone(s.files), maps.Clone(s.manifest.Sections)
	if view.manifest.Sections == nil {
		view.manifest.Sections = map[SectionID]*SectionEntry{}
	}
	view.off, view.edits = maps.Clone(s.off), maps.Clone(s.edits)
	for _, id := range ids {
		var segs []Segment
		for _, seg := range from.files[id] {
			seg.File = takenDir + seg.File
			segs = append(segs, seg)
		}
		view.files[id] = segs
		delete(view.edits, id)
		delete(view.off, id)
		switch entry := from.manifest.Sections[id]; {
		case from.off[id]:
			view.manifest.Sections[id] = &SectionEntry{State: NotCollected, Reason: ReasonOff}
		case entry != nil:
			view.manifest.Sections[id] = entry
		default:
			delete(view.manifest.Sections, id)
		}
	}
	view.fsys = mounted{s.fsys, from.fsys}
	return view
}

// takenDir is where the files of the other snapshot seem to be. No file of a folder is
// read below this name: section files are below sections/.
const takenDir = "taken/"

// mounted is a file system with another one below takenDir.
type mounted struct {
	fs.FS
	taken fs.FS
}

func (m mounted) Open(name string) (fs.File, error) {
	if inside, is := strings.CutPrefix(name, takenDir); is {
		return m.taken.Open(inside)
	}
	return m.FS.Open(name)
}
