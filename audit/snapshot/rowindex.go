package snapshot

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"sync"

	"passkeyaudit/audit/entra"
)

// rowIndex says in which segment, and where in it, rows with some key may be: for each
// row a hash of its key in lower case. A million rows take 4 MiB, and quoting somebody
// takes reading a few segments, up to the row, instead of all.
type rowIndex struct {
	once     sync.Once
	segments [][]uint32
	err      error
}

// FindAll returns the rows of a section whose key equals one of some keys, in any
// letter case, in order. The first call reads the whole section; later ones only the
// segments that matter.
func (s *Snapshot) FindAll(ctx context.Context, id SectionID, keys []string) ([]Row, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	wanted, hashes := map[string]bool{}, map[uint32]bool{}
	for _, k := range keys {
		k = strings.ToLower(k)
		wanted[k], hashes[keyHash(k)] = true, true
	}
	if s.focus.active() {
		return s.findIn(ctx, id, keys, wanted)
	}
	index, err := s.indexOf(ctx, id)
	if err != nil {
		return nil, err
	}
	var found []Row
	for i, seg := range s.files[id] {
		rows, err := s.rowsAt(ctx, id, seg, positions(index[i], hashes), wanted)
		if err != nil {
			return nil, err
		}
		found = append(found, rows...)
	}
	return found, nil
}

// findIn reads the whole section once: a view of one user is not searched often.
func (s *Snapshot) findIn(ctx context.Context, id SectionID, keys []string, wanted map[string]bool) (found []Row, err error) {
	spec, _ := Spec(id)
	for row, err := range s.Focus(keys...).Rows(ctx, id) {
		if err != nil {
			return nil, err
		}
		if wanted[strings.ToLower(keyOf(row.Raw, spec.Key))] {
			row.Raw = row.Raw.Clone()
			found = append(found, row)
		}
	}
	return found, nil
}

// positions are the places, from 0, of the hashes that are wanted.
func positions(hashes []uint32, wanted map[uint32]bool) (at []int) {
	var few [8]uint32 // most calls are about a handful, for whom a map is slow
	list := few[:0]
	for h := range wanted {
		list = append(list, h)
	}
	for i, h := range hashes {
		if len(list) <= len(few) && slices.Contains(list, h) || len(list) > len(few) && wanted[h] {
			at = append(at, i)
		}
	}
	return at
}

// rowsAt reads a segment up to the last of some places.
func (s *Snapshot) rowsAt(ctx context.Context, id SectionID, seg Segment, at []int, wanted map[string]bool) (found []Row, err error) {
	if len(at) == 0 {
		return nil, nil
	}
	spec, _ := Spec(id)
	n := 0
	var ignored tally
	for row, err := range s.segmentRows(ctx, id, seg, &ignored) {
		if err != nil {
			return nil, err
		}
		if n == at[0] {
			if wanted[strings.ToLower(keyOf(row.Raw, spec.Key))] {
				row.Raw = row.Raw.Clone()
				found = append(found, row)
			}
			if at = at[1:]; len(at) == 0 {
				return found, nil
			}
		}
		n++
	}
	return found, nil
}

// indexOf gives the hashes of a section's rows by segment. A cancelled read is not
// remembered.
func (s *Snapshot) indexOf(ctx context.Context, id SectionID) ([][]uint32, error) {
	s.mu.Lock()
	if s.indexes == nil {
		s.indexes = map[SectionID]*rowIndex{}
	}
	index := s.indexes[id]
	if index == nil {
		index = &rowIndex{}
		s.indexes[id] = index
	}
	s.mu.Unlock()
	index.once.Do(func() { index.segments, index.err = s.hashRows(ctx, id) })
	if index.err != nil {
		s.mu.Lock()
		if s.indexes[id] == index {
			delete(s.indexes, id)
		}
		s.mu.Unlock()
	}
	return index.segments, index.err
}

func (s *Snapshot) hashRows(ctx context.Context, id SectionID) ([][]uint32, error) {
	segs := s.files[id]
	spec, _ := Spec(id)
	all, errs := make([][]uint32, len(segs)), make([]error, len(segs))
	var total tally
	queue := make(chan int)
	var wg sync.WaitGroup
	for range min(decoders(), len(segs)) {
		wg.Go(func() {
			for i := range queue {
				for row, err := range s.segmentRows(ctx, id, segs[i], &total) {
					if err != nil {
						errs[i] = err
						break
					}
					all[i] = append(all[i], keyHash(strings.ToLower(keyOf(row.Raw, spec.Key))))
				}
			}
		})
	}
	for i := range segs {
		queue <- i
	}
	close(queue)
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return all, s.checkTotal(id, &total)
}

// keyOf is the key of a row. Most rows begin with it.
func keyOf(raw entra.Raw, key string) string {
	if rest, ok := bytes.CutPrefix(raw, []byte(`{"`)); ok && len(rest) > len(key)+3 &&
		string(rest[:len(key)]) == key && string(rest[len(key):len(key)+3]) == `":"` {
		rest = rest[len(key)+3:]
		end := bytes.IndexByte(rest, '"')
		if end >= 0 && bytes.IndexByte(rest[:end], '\\') < 0 {
			return string(rest[:end])
		}
	}
	return rowKey(raw, key)
}

// keyHash is FNV-1a.
func keyHash(key string) uint32 {
	h := uint32(2166136261)
	for i := range len(key) {
		h = (h ^ uint32(key[i])) * 16777619
	}
	return h
}
