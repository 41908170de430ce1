package snapshot

import (
	"errors"
	"fmt"
	"path"
	"slices"

	"passkeyaudit/audit/entra"
)

// SegmentRows is the most rows a segment holds.
const SegmentRows = 50_000

// SectionWriter writes the rows of one section. It is for one goroutine.
type SectionWriter struct {
	w        *Writer
	spec     SectionSpec
	segments []Segment
	number   int // of the last compressed segment
	open     *openSegment
	digest   digester
	objects  int
	finished bool
	err      error

	// committed is what an interruption leaves; before is the entry of an earlier
	// attempt that came to an end.
	committed Unfinished
	before    *SectionEntry
}

// Append adds rows, compacted. A page should be given in one call: a caller
// whose page broke off half way appends none of it.
func (sw *SectionWriter) Append(rows ...entra.Raw) error {
	for _, raw := range rows {
		if sw.err == nil {
			sw.err = sw.append(raw)
		}
	}
	return sw.err
}

func (sw *SectionWriter) append(raw entra.Raw) error {
	if sw.finished {
		return fmt.Errorf("section %s is finished", sw.spec.ID)
	}
	if sw.spec.Shape == Singleton && sw.objects == 1 {
		return fmt.Errorf("section %s holds one object", sw.spec.ID)
	}
	if err := entra.CheckSyntax(raw); err != nil {
		return fmt.Errorf("section %s, object %d: %w", sw.spec.ID, sw.objects+1, err)
	}
	row, err := entra.Compact(raw)
	if err != nil {
		return fmt.Errorf("section %s, object %d: %w", sw.spec.ID, sw.objects+1, err)
	}
	if limit := formatLimits().line; len(row) > limit {
		return fmt.Errorf("section %s, object %d: longer than %s, which no reader accepts", sw.spec.ID, sw.objects+1, size(limit))
	}
	if sw.open == nil || sw.w.enc == Zstd && sw.open.objects == SegmentRows {
		if err := sw.rotate(); err != nil {
			return err
		}
	}
	sw.digest.add(row)
	sw.objects++
	return sw.open.write(row)
}

func (sw *SectionWriter) rotate() error {
	if err := sw.closeSegment(); err != nil {
		return err
	}
	name := string(sw.spec.ID) + sw.spec.extension()
	compressed := sw.w.enc == Zstd && sw.spec.Shape == Collection
	if compressed {
		sw.number++
		name = fmt.Sprintf("%s-%05d%s", sw.spec.ID, sw.number, segmentSuffix)
	}
	var err error
	sw.open, err = createSegment(sw.w.root, path.Join(sectionsDir, name), compressed)
	return err
}

func (sw *SectionWriter) closeSegment() error {
	if sw.open == nil {
		return nil
	}
	seg, err := sw.open.close()
	sw.open = nil
	if err != nil {
		return fmt.Errorf("section %s: %w", sw.spec.ID, err)
	}
	sw.segments = append(sw.segments, seg)
	return nil
}

// Objects is the number of rows appended so far.
func (sw *SectionWriter) Objects() int { return sw.objects }

// Finish makes the rows part of the snapshot under the state and the notes of
// entry; objects, segments and digest are filled in. A section finished in a
// state that has no rows drops what was appended. A section is finished once.
func (sw *SectionWriter) Finish(entry SectionEntry) error {
	if sw.finished {
		return fmt.Errorf("section %s is already finished", sw.spec.ID)
	}
	err := errors.Join(checkState(sw.spec.ID, entry.State), sw.closeSegment())
	if entry.State.HasRows() {
		err = errors.Join(sw.err, err)
	}
	if err == nil && entry.State == Complete && sw.spec.Shape == Singleton && sw.objects == 0 {
		err = fmt.Errorf("section %s: complete, but its object is missing", sw.spec.ID)
	}
	if err == nil && entry.State.HasRows() {
		err = sw.w.syncDir(sectionsDir)
	}
	if err != nil {
		return err
	}
	sw.finished = true
	if !entry.State.HasRows() {
		defer sw.w.forget(sw.spec.ID)
		// The manifest goes first: after a crash the files are left over, which is
		// better than named and not there.
		err := sw.w.setEntry(sw.spec.ID, entry)
		return errors.Join(err, sw.w.remove(sw.written(), nil))
	}
	objects := sw.objects
	entry.Objects = &objects
	entry.Segments = slices.Clone(sw.segments)
	entry.Digest = sw.digest.sum()
	sw.digest = digester{}
	return errors.Join(sw.w.setEntry(sw.spec.ID, entry), sw.w.remove(sw.written(), entry.stored()))
}
