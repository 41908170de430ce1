package snapshot

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync/atomic"

	"passkeyaudit/audit/entra"
)

// Row is one stored object.
type Row struct {
	Raw  entra.Raw
	File string
	Line int // 1-based; 0 for singletons
}

// Rows yields the stored objects of a section in order, without decoding them. A
// row's bytes are valid until the next row. The last element may be an error: a
// *BrokenError or ctx's. Text that is not JSON is found when a row is decoded.
func (s *Snapshot) Rows(ctx context.Context, id SectionID) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		var total tally
		for _, seg := range s.files[id] {
			for row, err := range s.segmentRows(ctx, id, seg, &total) {
				if !yield(row, err) || err != nil {
					return
				}
			}
		}
		if err := s.checkTotal(id, &total); err != nil {
			yield(Row{}, err)
		}
	}
}

// Find returns the rows of a section whose key equals object, in order.
func (s *Snapshot) Find(ctx context.Context, id SectionID, object string) ([]entra.Raw, error) {
	spec, _ := Spec(id)
	mentions := newNeedle(object)
	var found []entra.Raw
	for row, err := range s.Rows(ctx, id) {
		if err != nil {
			return nil, err
		}
		if !mentions.in(row.Raw) {
			continue
		}
		if err := entra.CheckSyntax(row.Raw); err != nil {
			return nil, broken(id, row.File, row.Line, err)
		}
		if rowKey(row.Raw, spec.Key) == object {
			found = append(found, row.Raw.Clone())
		}
	}
	return found, nil
}

func rowKey(raw entra.Raw, key string) string { return entra.Text(raw, entra.Pointer(key)) }

// tally counts the rows of all segments of a section.
type tally struct{ atomic.Int64 }

// checkTotal compares the rows of all files with the manifest, where it gives no
// numbers for the single files.
func (s *Snapshot) checkTotal(id SectionID, total *tally) error {
	entry := s.manifest.Sections[id]
	if entry == nil || entry.Objects == nil || len(s.files[id]) == 0 || int(total.Load()) == *entry.Objects {
		return nil
	}
	return broken(id, s.files[id][0].File, 0, countError(*entry.Objects, int(total.Load())))
}

func countError(want, got int) error {
	return fmt.Errorf("the manifest promises %d objects, there are %d", want, got)
}

// segmentRows yields the rows of one file and, at its end, checks the number of
// rows and the digest that the manifest gives.
func (s *Snapshot) segmentRows(ctx context.Context, id SectionID, seg Segment, total *tally) iter.Seq2[Row, error] {
	return s.segmentRowsNoting(ctx, id, seg, total, nil)
}

// segmentRowsNoting is segmentRows that notes in starts where frames begin.
func (s *Snapshot) segmentRowsNoting(ctx context.Context, id SectionID, seg Segment, total *tally, starts *[]frameStart) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		count, whole, err := s.readSegment(ctx, id, seg, frameStart{line: 1}, starts, yield)
		switch {
		case err != nil:
			yield(Row{}, orContext(ctx, err))
		case !whole:
		case seg.Objects != nil && count != *seg.Objects:
			yield(Row{}, broken(id, seg.File, 0, countError(*seg.Objects, count)))
		default:
			total.Add(int64(count))
			s.noteChecked(seg)
		}
	}
}

// segmentRowsFrom yields the rows of one file from a frame on. Nothing is checked at the
// end.
func (s *Snapshot) segmentRowsFrom(ctx context.Context, id SectionID, seg Segment, start frameStart) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		if _, _, err := s.readSegment(ctx, id, seg, start, nil, yield); err != nil {
			yield(Row{}, orContext(ctx, err))
		}
	}
}

// readSegment hands over the rows of a file from a frame on. whole tells that it came
// to the end; count is the rows there are, also those that a view leaves out.
func (s *Snapshot) readSegment(ctx context.Context, id SectionID, seg Segment, start frameStart, starts *[]frameStart, yield func(Row, error) bool) (count int, whole bool, err error) {
	spec, _ := Spec(id)
	file, err := s.openSegmentAt(ctx, id, seg, start)
	if err != nil {
		return 0, false, err
	}
	defer file.Close()
	read := lines
	if spec.Shape == Singleton {
		read = wholeFile
	}
	keep := s.focus.filter(spec)
	stays := s.stays(spec, seg)
	yielded := start.row
	for row, err := range read(file, s.limits.line) {
		if err != nil {
			line := 0
			if le, ok := errors.AsType[lineError](err); ok {
				line, err = le.line, le.err
			}
			return count, false, broken(id, seg.File, line, err)
		}
		if err := ctx.Err(); err != nil {
			return count, false, err
		}
		count++
		row.File = seg.File
		if starts != nil {
			if at, is := file.start(row, yielded); is {
				*starts = append(*starts, at)
			}
		}
		if !keep(row.Raw) || stays != nil && !stays(row.Raw) {
			continue
		}
		yielded++
		if !yield(row, nil) {
			return count, false, nil
		}
	}
	if err := file.finish(); err != nil {
		return count, false, broken(id, seg.File, 0, err)
	}
	return count, true, nil
}

// orContext prefers the context's error, so that a cancelled run is never taken
// for a broken snapshot.
func orContext(ctx context.Context, err error) error {
	if cerr := ctx.Err(); cerr != nil {
		return cerr
	}
	return err
}
