package snapshot

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"passkeyaudit/audit/entra"
)

// Snapshot is an opened snapshot. It is safe for concurrent use.
type Snapshot struct {
	fsys     fs.FS
	manifest Manifest
	takenAt  time.Time
	files    map[SectionID][]Segment // in reading order
	focus    focus

	mu         sync.Mutex
	unreadable map[SectionID]map[place]Unreadable
}

type place struct {
	file string
	line int
}

// Open reads the manifest of the snapshot in fsys and finds its section files.
// It does not read the sections. The error is ErrNoManifest or a *BrokenError.
func Open(fsys fs.FS) (*Snapshot, error) {
	m, err := readManifest(fsys)
	if err != nil {
		return nil, err
	}
	s := &Snapshot{
		fsys: fsys, manifest: *m,
		files:      map[SectionID][]Segment{},
		unreadable: map[SectionID]map[place]Unreadable{},
	}
	s.takenAt, _ = time.Parse(time.RFC3339, m.TakenAt) // checked by readManifest
	names, err := sectionFiles(fsys)
	if err != nil {
		return nil, err
	}
	for _, spec := range sections {
		if err := s.locate(spec, names); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func sectionFiles(fsys fs.FS) ([]string, error) {
	entries, err := fs.ReadDir(fsys, sectionsDir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, broken("", sectionsDir, 0, err)
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// locate settles which files hold a section: those the manifest names, else
// those that follow the naming convention.
func (s *Snapshot) locate(spec SectionSpec, names []string) error {
	entry := s.manifest.Sections[spec.ID]
	found, err := conventional(spec, names)
	if err != nil {
		return err
	}
	if entry == nil {
		if len(found) > 0 {
			s.files[spec.ID] = found
		}
		return nil
	}
	if !entry.State.HasRows() {
		return nil
	}
	if len(entry.Segments) > 0 {
		for _, seg := range entry.Segments {
			if _, err := fs.Stat(s.fsys, seg.File); err != nil {
				return broken(spec.ID, seg.File, 0, errors.New("the manifest names this file, but it is not there"))
			}
		}
		s.files[spec.ID] = entry.Segments
		return nil
	}
	if len(found) == 0 && entry.State == Complete && (entry.Objects == nil || *entry.Objects > 0) {
		return broken(spec.ID, sectionsDir+"/"+string(spec.ID)+spec.extension(), 0,
			errors.New("the manifest calls this section complete, but it has no file"))
	}
	s.files[spec.ID] = found
	return nil
}

func (spec SectionSpec) extension() string {
	if spec.Shape == Singleton {
		return ".json"
	}
	return ".ndjson"
}

var segmentName = regexp.MustCompile(`^([A-Za-z]+)-[0-9]{5}\.ndjson(\.zst)?$`)

func conventional(spec SectionSpec, names []string) ([]Segment, error) {
	var plain, segments []Segment
	for _, name := range names {
		if name == string(spec.ID)+spec.extension() {
			plain = append(plain, Segment{File: path.Join(sectionsDir, name)})
		}
		if m := segmentName.FindStringSubmatch(name); m != nil && m[1] == string(spec.ID) && spec.Shape == Collection {
			segments = append(segments, Segment{File: path.Join(sectionsDir, name)})
		}
	}
	if len(plain) > 0 && len(segments) > 0 {
		return nil, broken(spec.ID, plain[0].File, 0,
			fmt.Errorf("the section is also in %s; keep one of them", segments[0].File))
	}
	slices.SortFunc(segments, func(a, b Segment) int { return strings.Compare(a.File, b.File) })
	for i := 1; i < len(segments); i++ {
		if segmentNumber(segments[i].File) == segmentNumber(segments[i-1].File) {
			return nil, broken(spec.ID, segments[i].File, 0, errors.New("the same segment is there twice, plain and compressed"))
		}
	}
	return append(plain, segments...), nil
}

func segmentNumber(file string) string {
	base := strings.TrimSuffix(strings.TrimSuffix(path.Base(file), ".zst"), ".ndjson")
	return base[strings.LastIndexByte(base, '-')+1:]
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

// Status is what is known about one section after everything read so far.
type Status struct {
	State  State
	Reason string
	// Entry is the manifest's own entry; nil where the manifest has none.
	Entry *SectionEntry
	// Unreadable counts rows left out because of a member of the wrong type.
	Unreadable int
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

func (s *Snapshot) setUnreadable(u Unreadable) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.unreadable[u.Section] == nil {
		s.unreadable[u.Section] = map[place]Unreadable{}
	}
	s.unreadable[u.Section][place{u.File, u.Line}] = u
}

// Row is one stored object.
type Row struct {
	Raw  entra.Raw
	File string
	Line int // 1-based; 0 for singletons
}

// Rows yields the stored objects of a section in order, without decoding them. A
// row's bytes are valid until the next row. The last element may be an error: a
// *BrokenError or ctx's.
func (s *Snapshot) Rows(ctx context.Context, id SectionID) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for _, seg := range s.files[id] {
			for row, err := range s.segmentRows(ctx, id, seg) {
				if !yield(row, err) || err != nil {
					return
				}
			}
		}
	}
}

// Object is a decoded row.
type Object[T any] struct {
	Value T
	Row   Row // Raw is nil unless QuotedObjects was asked
}

// Objects yields the rows of a section decoded as T. A row with a modelled
// member of the wrong type is left out and recorded as unreadable. Every section
// is always decoded as the one type that models it, so that the set of
// unreadable rows does not depend on who reads. The last element may be an error.
func Objects[T any](ctx context.Context, s *Snapshot, id SectionID) iter.Seq2[Object[T], error] {
	return func(yield func(Object[T], error) bool) {
		for decoded, err := range decodeSegments[T](ctx, s, id) {
			if err != nil {
				yield(Object[T]{}, err)
				return
			}
			for _, o := range decoded {
				if !yield(o, nil) {
					return
				}
			}
		}
	}
}

// QuotedObjects is Objects for sections of few rows; each object keeps its text.
func QuotedObjects[T any](ctx context.Context, s *Snapshot, id SectionID) iter.Seq2[Object[T], error] {
	return func(yield func(Object[T], error) bool) {
		for row, err := range s.Rows(ctx, id) {
			o := Object[T]{Row: Row{Raw: row.Raw.Clone(), File: row.File, Line: row.Line}}
			ok := err == nil
			if ok {
				ok, err = decodeRow(s, id, row, &o.Value)
			}
			if err != nil {
				yield(Object[T]{}, err)
				return
			}
			if ok && !yield(o, nil) {
				return
			}
		}
	}
}

// SingletonObject decodes the object of a singleton section. raw is nil where the
// section holds no readable object: its Status says why.
func SingletonObject[T any](ctx context.Context, s *Snapshot, id SectionID) (value T, raw entra.Raw, err error) {
	for row, err := range s.Rows(ctx, id) {
		if err != nil {
			return value, nil, err
		}
		ok, err := decodeRow(s, id, row, &value)
		if err != nil || !ok {
			var zero T
			return zero, nil, err
		}
		return value, row.Raw.Clone(), nil
	}
	return value, nil, nil
}

// Find returns the rows of a section whose key equals object, in order.
func (s *Snapshot) Find(ctx context.Context, id SectionID, object string) ([]entra.Raw, error) {
	spec, _ := Spec(id)
	var found []entra.Raw
	for row, err := range s.Rows(ctx, id) {
		if err != nil {
			return nil, err
		}
		if rowKey(row.Raw, spec.Key) == object {
			found = append(found, row.Raw.Clone())
		}
	}
	return found, nil
}

func rowKey(raw entra.Raw, key string) string { return entra.Text(raw, entra.Pointer(key)) }
