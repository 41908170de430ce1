package snapshot

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"passkeyaudit/audit/entra"
)

// Edits are rows to put in the place of stored ones, by row key in any letter case.
// Every stored row with one of the keys goes; no rows for a key only take it away.
type Edits map[string][]entra.Raw

// With returns a view of the snapshot in which some rows of a section are others. The
// stored rows are not copied: those with the keys of the edits are passed over, and
// the new ones come after the last stored one, in the order of keys. Later edits of a
// row go before earlier ones. The section keeps its state, and its digest is that of
// a snapshot in which the rows were stored like this.
//
// A section whose state has no rows cannot be edited: nothing is known of the rows
// that stay.
func (s *Snapshot) With(id SectionID, edits Edits) (*Snapshot, error) {
	spec, known := Spec(id)
	if state := s.declared(id).State; !known || !state.HasRows() {
		return nil, fmt.Errorf("the section %s is %s, so what is in it cannot be changed", id, state)
	}
	view := s.view()
	view.edits = maps.Clone(s.edits)
	if view.edits == nil {
		view.edits = map[SectionID]Edits{}
	}
	all := maps.Clone(s.edits[id])
	if all == nil {
		all = Edits{}
	}
	for key, rows := range edits {
		all[strings.ToLower(key)] = rows
	}
	view.edits[id] = all
	view.layEdits(spec)
	return view, nil
}

// Edited lists the sections that are not as they are stored, in the format's order.
func (s *Snapshot) Edited() []SectionID {
	var list []SectionID
	for _, spec := range sections {
		if _, edited := s.edits[spec.ID]; edited {
			list = append(list, spec.ID)
		}
	}
	return list
}

// Adopt takes over what another view found unreadable in sections that are the same in
// both, for a reader who does not read them again.
func (s *Snapshot) Adopt(from *Snapshot) {
	for _, u := range from.Unreadable() {
		if _, edited := s.edits[u.Section]; !edited && !s.off[u.Section] {
			s.setUnreadable(u)
		}
	}
}

// view is a copy that may be narrowed or edited. What was found unreadable is found
// again by whoever reads it.
func (s *Snapshot) view() *Snapshot {
	return &Snapshot{
		fsys: s.fsys, limits: s.limits, manifest: s.manifest, takenAt: s.takenAt,
		names: s.names, files: s.files, focus: s.focus, off: s.off, edits: s.edits, examined: s.examined, absent: s.absent, checked: s.checked,
		unreadable: map[SectionID]map[place]Unreadable{},
	}
}

// editsDir is where the new rows of edits seem to be stored. No file of a folder is
// read under this name: section files are below sections/.
const editsDir = "edited"

func (spec SectionSpec) editsFile() string {
	return path.Join(editsDir, string(spec.ID)+spec.extension())
}

// layEdits puts the new rows of a section into a file in memory behind the stored
// ones, and takes back what the manifest says of the stored rows alone.
func (s *Snapshot) layEdits(spec SectionSpec) {
	var text bytes.Buffer
	for _, key := range slices.Sorted(maps.Keys(s.edits[spec.ID])) {
		for _, row := range s.edits[spec.ID][key] {
			line, err := entra.Compact(row)
			if err != nil {
				line = row // refused where it is read
			}
			text.Write(line)
			text.WriteByte('\n')
		}
	}
	file := Segment{File: spec.editsFile()}
	s.files = maps.Clone(s.files)
	stored := slices.DeleteFunc(slices.Clone(s.files[spec.ID]), func(seg Segment) bool { return seg.File == file.File })
	if spec.Shape == Singleton && text.Len() > 0 {
		stored = nil
	}
	if text.Len() > 0 {
		stored = append(stored, file)
	}
	s.files[spec.ID] = stored
	s.fsys = overlay{s.fsys, file.File, text.Bytes()}
	if entry := s.manifest.Sections[spec.ID]; entry != nil {
		rest := *entry
		rest.Objects, rest.Digest = nil, ""
		s.manifest.Sections = maps.Clone(s.manifest.Sections)
		s.manifest.Sections[spec.ID] = &rest
	}
}

// stays tells of the rows of a stored segment whether edits leave them; nil where
// all stay.
func (s *Snapshot) stays(spec SectionSpec, seg Segment) func(entra.Raw) bool {
	edits := s.edits[spec.ID]
	if len(edits) == 0 || seg.File == spec.editsFile() {
		return nil
	}
	return func(raw entra.Raw) bool {
		_, gone := edits[strings.ToLower(keyOf(raw, spec.Key))]
		return !gone
	}
}

// overlay is a file system with one more file.
type overlay struct {
	fs.FS
	name string
	text []byte
}

func (o overlay) Open(name string) (fs.File, error) {
	if name != o.name {
		return o.FS.Open(name)
	}
	return &memoryFile{Reader: bytes.NewReader(o.text), name: path.Base(name)}, nil
}

// memoryFile is an open file of an overlay.
type memoryFile struct {
	*bytes.Reader
	name string
}

func (f *memoryFile) Stat() (fs.FileInfo, error) { return memoryInfo{f.name, f.Size()}, nil }
func (f *memoryFile) Close() error               { return nil }

type memoryInfo struct {
	name string
	size int64
}

func (i memoryInfo) Name() string       { return i.name }
func (i memoryInfo) Size() int64        { return i.size }
func (i memoryInfo) Mode() fs.FileMode  { return 0o400 }
func (i memoryInfo) ModTime() time.Time { return time.Time{} }
func (i memoryInfo) IsDir() bool        { return false }
func (i memoryInfo) Sys() any           { return nil }
