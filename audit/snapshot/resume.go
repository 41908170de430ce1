package snapshot

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"passkeyaudit/audit/entra"
)

// Resume opens a snapshot whose collection was interrupted, to go on with it. What
// no entry of the manifest names is removed: it belongs to slices that were not
// committed. The error is ErrNoManifest if the interruption came before there was
// a manifest, or a *BrokenError.
func Resume(dir string) (*Writer, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("opening the snapshot folder: %w", err)
	}
	w := &Writer{root: root, started: map[SectionID]*SectionWriter{}}
	m, err := readManifest(root.FS(), formatLimits().manifest)
	if err == nil {
		w.manifest = *m
		err = w.tidy()
	}
	if err != nil {
		root.Close()
		return nil, err
	}
	return w, nil
}

// tidy removes what is left over from an interruption.
func (w *Writer) tidy() error {
	if w.manifest.Sections == nil || w.manifest.Plan == nil && len(w.manifest.Sections) < len(sections) {
		return errors.New("its manifest does not mention every section; only snapshots that were collected can be resumed")
	}
	if err := w.root.Mkdir(sectionsDir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	var named []Segment
	for _, spec := range sections {
		entry := w.manifest.Sections[spec.ID]
		switch {
		case entry == nil: // it is younger than the program that began the snapshot
			w.manifest.Sections[spec.ID] = &SectionEntry{State: NotCollected, Reason: ReasonUnfinished}
		case entry.State.HasRows() && len(entry.Segments) == 0 && (entry.Objects == nil || *entry.Objects > 0):
			return fmt.Errorf("section %s: the manifest does not name its files; only snapshots that were collected can be resumed", spec.ID)
		default:
			named = append(named, entry.stored()...)
		}
	}
	names, err := sectionFiles(w.root.FS())
	if err != nil {
		return err
	}
	var left []Segment
	for _, name := range names {
		left = append(left, Segment{File: path.Join(sectionsDir, name)})
	}
	if err := w.root.Remove(manifestFile + ".new"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return w.remove(left, named)
}

// remove deletes files but those that are to be kept.
func (w *Writer) remove(files, keep []Segment) (err error) {
	for _, seg := range files {
		if !slices.ContainsFunc(keep, func(k Segment) bool { return k.File == seg.File }) {
			err = errors.Join(err, w.root.Remove(seg.File))
		}
	}
	return err
}

// stored lists the files that an entry names, for readers and for going on.
func (e *SectionEntry) stored() []Segment {
	if e.Unfinished == nil {
		return e.Segments
	}
	return slices.Concat(e.Segments, e.Unfinished.Segments)
}

// Manifest is what the manifest says now. The maps in it must not be changed.
func (w *Writer) Manifest() Manifest {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.manifest
}

// Entry is what the manifest says now of a section.
func (w *Writer) Entry(id SectionID) SectionEntry {
	w.mu.Lock()
	defer w.mu.Unlock()
	if e := w.manifest.Sections[id]; e != nil {
		return *e
	}
	return SectionEntry{State: NotCollected, Reason: ReasonUnfinished}
}

// Rows yields the rows of a finished section, as [Snapshot.Rows] does.
func (w *Writer) Rows(ctx context.Context, id SectionID) iter.Seq2[Row, error] {
	return w.rowsOf(ctx, id, w.Entry(id).Segments)
}

func (w *Writer) rowsOf(ctx context.Context, id SectionID, segments []Segment) iter.Seq2[Row, error] {
	s := &Snapshot{
		fsys: w.root.FS(), limits: formatLimits(), files: map[SectionID][]Segment{id: segments},
		checked:    &checkedFiles{},
		unreadable: map[SectionID]map[place]Unreadable{},
	}
	return s.Rows(ctx, id)
}

// Continue starts writing a section where an earlier run committed it last, and
// hands out the rows there are; they are valid until the next one. done names the
// slices they belong to. It is [Writer.Section] for a section without them.
func (w *Writer) Continue(ctx context.Context, id SectionID, each func(row entra.Raw) error) (sw *SectionWriter, done []string, err error) {
	if sw, err = w.Section(id); err != nil {
		return nil, nil, err
	}
	entry := w.Entry(id)
	sw.begin(entry)
	if entry.Unfinished == nil {
		return sw, nil, nil
	}
	sw.committed = Unfinished{Done: slices.Clone(entry.Unfinished.Done), Segments: slices.Clone(entry.Unfinished.Segments)}
	sw.segments = slices.Clone(sw.committed.Segments)
	var compacted entra.Raw
	for row, err := range w.rowsOf(ctx, id, sw.segments) {
		if err == nil {
			compacted = append(compacted[:0], row.Raw...)
			err = compacted.Compact()
		}
		if err == nil {
			sw.digest.add(compacted)
			sw.objects++
			err = each(row.Raw)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("section %s, reading what was collected before: %w", id, err)
		}
	}
	return sw, sw.committed.Done, nil
}

// Anew starts writing a section from nothing, whatever was committed of it before.
// What an earlier attempt left is replaced when the section is finished.
func (w *Writer) Anew(id SectionID) (*SectionWriter, error) {
	sw, err := w.Section(id)
	if err != nil {
		return nil, err
	}
	entry := w.Entry(id)
	sw.begin(entry)
	return sw, nil
}

// begin takes note of an earlier attempt.
func (sw *SectionWriter) begin(entry SectionEntry) {
	if entry.State.HasRows() {
		sw.before = &entry
	}
	for _, seg := range entry.stored() {
		sw.number = max(sw.number, segmentNumber(seg.File))
	}
}

// segmentNumber is that in the name of a compressed segment, 0 for other files.
func segmentNumber(file string) int {
	_, number, _ := strings.Cut(strings.TrimSuffix(path.Base(file), segmentSuffix), "-")
	n, err := strconv.Atoi(number)
	if err != nil {
		return 0
	}
	return n
}

// Commit makes sure of the rows that were appended so far: a run that is
// interrupted, even by a loss of power, can go on after the slice that is named.
// Readers see the section only once it is finished. A section of one file, which
// cannot be continued, commits nothing.
func (sw *SectionWriter) Commit(done ...string) error {
	if sw.w.enc != Zstd || sw.spec.Shape != Collection {
		return nil
	}
	if sw.err != nil {
		return sw.err
	}
	if sw.finished {
		return fmt.Errorf("section %s is finished", sw.spec.ID)
	}
	if err := errors.Join(sw.closeSegment(), sw.w.syncDir(sectionsDir)); err != nil {
		return err
	}
	sw.committed.Done = append(sw.committed.Done, done...)
	sw.committed.Segments = slices.Clone(sw.segments)
	entry := sw.w.Entry(sw.spec.ID)
	entry.Unfinished = sw.Committed()
	return sw.w.setEntry(sw.spec.ID, entry)
}

// Committed is what was committed, for the entry of a section that is finished
// but may be gone on with.
func (sw *SectionWriter) Committed() *Unfinished {
	return &Unfinished{Done: slices.Clone(sw.committed.Done), Segments: slices.Clone(sw.committed.Segments)}
}

// Suspend ends the writing of a section that is not finished. What was committed
// stays for a later run, the rest goes.
func (sw *SectionWriter) Suspend() error {
	if sw.finished {
		return fmt.Errorf("section %s is already finished", sw.spec.ID)
	}
	sw.finished = true
	defer sw.w.forget(sw.spec.ID)
	err := sw.closeSegment()
	entry := sw.w.Entry(sw.spec.ID)
	return errors.Join(err, sw.w.remove(sw.written(), entry.stored()))
}

// Before is the entry of an earlier attempt at the section that left rows, and nil
// if there was none.
func (sw *SectionWriter) Before() *SectionEntry { return sw.before }

// written lists the files of this attempt and of those before it.
func (sw *SectionWriter) written() []Segment {
	all := slices.Clone(sw.segments)
	if sw.before != nil {
		for _, seg := range sw.before.stored() {
			if !slices.ContainsFunc(all, func(s Segment) bool { return s.File == seg.File }) {
				all = append(all, seg)
			}
		}
	}
	return all
}
