package snapshot

import (
	"io/fs"
	"slices"
	"sync"
	"time"
)

// Snapshot is an opened snapshot. It is safe for concurrent use.
type Snapshot struct {
	fsys     fs.FS
	limits   limits
	manifest Manifest
	takenAt  time.Time
	names    []string                // the files below sections/, as listed
	files    map[SectionID][]Segment // in reading order
	focus    focus
	off      map[SectionID]bool  // left out by Without
	edits    map[SectionID]Edits // made by With; keys in lower case
	examined map[SectionID]int   // rows that Pick looked through
	absent   map[SectionID][]string
	checked  *checkedFiles

	mu         sync.Mutex
	unreadable map[SectionID]map[place]Unreadable
	indexes    map[SectionID]*rowIndex // of sections that were searched
}

// limits bound what a hostile snapshot can make a reader hold.
type limits struct {
	manifest int // bytes of manifest.json
	line     int // bytes of one row, or of a singleton's file
	window   int // bytes of history a zstd frame may ask for
}

// formatLimits are the limits of FORMAT.md. A groupMembers row of a million ids
// has about 40 MiB.
func formatLimits() limits { return limits{manifest: 64 << 20, line: 64 << 20, window: 128 << 20} }

// Open reads the manifest of the snapshot in fsys and finds its section files.
// It does not read the sections. The error is ErrNoManifest or a *BrokenError.
func Open(fsys fs.FS) (*Snapshot, error) { return open(fsys, formatLimits()) }

func open(fsys fs.FS, lim limits) (*Snapshot, error) {
	s, lost, err := locateAll(fsys, lim)
	if err != nil {
		return nil, err
	}
	for _, spec := range sections {
		if err := lost[spec.ID]; err != nil {
			return nil, err
		}
	}
	return s, nil
}

// locateAll opens a snapshot also where the files of some sections cannot be
// found; lost says which and why.
func locateAll(fsys fs.FS, lim limits) (s *Snapshot, lost map[SectionID]error, err error) {
	m, err := readManifest(fsys, lim.manifest)
	if err != nil {
		return nil, nil, err
	}
	s = &Snapshot{
		fsys: fsys, limits: lim, manifest: *m,
		files:      map[SectionID][]Segment{},
		checked:    &checkedFiles{},
		unreadable: map[SectionID]map[place]Unreadable{},
	}
	s.takenAt, _ = time.Parse(time.RFC3339, m.TakenAt) // checked by readManifest
	if s.names, err = sectionFiles(fsys); err != nil {
		return nil, nil, err
	}
	lost = map[SectionID]error{}
	for _, spec := range sections {
		if s.files[spec.ID], err = s.locate(spec); err != nil {
			lost[spec.ID] = err
		}
	}
	return s, lost, nil
}

// Manifest returns what manifest.json says. The maps in it must not be changed.
func (s *Snapshot) Manifest() Manifest { return s.manifest }

// TakenAt is the only clock of every verdict.
func (s *Snapshot) TakenAt() time.Time { return s.takenAt }

// Scope tells whether the snapshot holds the whole tenant.
func (s *Snapshot) Scope() Scope {
	if s.focus.active() {
		return Scope{Kind: ScopeUser, IDs: s.focus.ids}
	}
	return s.manifest.Scope
}

// Files lists the files of a section in reading order, whether the manifest
// names them or they were found by their names.
func (s *Snapshot) Files(id SectionID) []Segment { return slices.Clone(s.files[id]) }
