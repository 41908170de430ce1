package snapshot

import (
	"bytes"
	"context"
	"encoding/binary"
	"slices"
	"sort"
	"strings"
	"sync"
	"sync/atomic"

	"passkeyaudit/audit/entra"
)

// rowIndex says in which segment, and where in it, rows with some key may be: for each
// row a hash of its key in lower case. A million rows take 4 MiB, and quoting somebody
// takes reading a few segments, up to the row, instead of all. Whoever decodes a whole
// section leaves its index behind.
type rowIndex struct {
	once     sync.Once
	segments []segmentIndex
	err      error
	left     atomic.Bool // by whoever decoded the section
}

// segmentIndex is what is known of the rows of a segment.
type segmentIndex struct {
	hashes []uint32     // of the keys
	starts []frameStart // in order; none where there are no frames to be read alone
}

// before is the last start that is not after a row.
func (x *segmentIndex) before(row int) frameStart {
	n := sort.Search(len(x.starts), func(i int) bool { return x.starts[i].row > row })
	if n == 0 {
		return frameStart{line: 1}
	}
	return x.starts[n-1]
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
		wanted[k], hashes[keyHash([]byte(k))] = true, true
	}
	if s.focus.active() {
		return s.findIn(ctx, id, keys, wanted)
	}
	index, err := s.indexOf(ctx, id)
	if err != nil {
		return nil, err
	}
	segs := s.files[id]
	rows, errs := make([][]Row, len(segs)), make([]error, len(segs))
	inParallel(len(segs), func(i int) {
		rows[i], errs[i] = s.rowsAt(ctx, id, segs[i], &index[i], positions(index[i].hashes, hashes), wanted)
	})
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return slices.Concat(rows...), nil
}

// inParallel calls f for the numbers below n, several at a time.
func inParallel(n int, f func(int)) {
	queue := make(chan int)
	var wg sync.WaitGroup
	for range min(decoders(), n) {
		wg.Go(func() {
			for i := range queue {
				f(i)
			}
		})
	}
	for i := range n {
		queue <- i
	}
	close(queue)
	wg.Wait()
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

// rowsAt reads the rows of a segment at some places, in order: of a segment in frames
// the frames that have them, of another all up to the last.
func (s *Snapshot) rowsAt(ctx context.Context, id SectionID, seg Segment, index *segmentIndex, at []int, wanted map[string]bool) (found []Row, err error) {
	spec, _ := Spec(id)
	for len(at) > 0 {
		start := index.before(at[0])
		n, left := start.row, len(at)
		for row, err := range s.segmentRowsFrom(ctx, id, seg, start) {
			if err != nil {
				return nil, err
			}
			if n == at[0] {
				if wanted[strings.ToLower(keyOf(row.Raw, spec.Key))] {
					row.Raw = row.Raw.Clone()
					found = append(found, row)
				}
				if at = at[1:]; len(at) == 0 || index.before(at[0]).row > n {
					break
				}
			}
			n++
		}
		if len(at) == left { // the file was cut since
			break
		}
	}
	return found, nil
}

// indexOf gives what is known of a section's rows, by segment. A cancelled read is not
// remembered.
func (s *Snapshot) indexOf(ctx context.Context, id SectionID) ([]segmentIndex, error) {
	index := s.index(id)
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

func (s *Snapshot) index(id SectionID) *rowIndex {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.indexes == nil {
		s.indexes = map[SectionID]*rowIndex{}
	}
	index := s.indexes[id]
	if index == nil {
		index = &rowIndex{}
		s.indexes[id] = index
	}
	return index
}

// leaveIndex keeps the index that a reader of a whole section made on the way.
func (s *Snapshot) leaveIndex(id SectionID, segments []segmentIndex) {
	index := s.index(id)
	index.once.Do(func() {
		index.segments = segments
		index.left.Store(true)
	})
}

// firstRows has the number of each file's first row; nil where the section was not
// decoded as a whole.
func (s *Snapshot) firstRows(id SectionID) []int {
	index := s.index(id)
	if !index.left.Load() {
		return nil
	}
	first := make([]int, len(index.segments))
	for i := 1; i < len(first); i++ {
		first[i] = first[i-1] + len(index.segments[i-1].hashes)
	}
	return first
}

func (s *Snapshot) hashRows(ctx context.Context, id SectionID) ([]segmentIndex, error) {
	segs := s.files[id]
	spec, _ := Spec(id)
	all, errs := make([]segmentIndex, len(segs)), make([]error, len(segs))
	var total tally
	inParallel(len(segs), func(i int) {
		for row, err := range s.segmentRowsNoting(ctx, id, segs[i], &total, &all[i].starts) {
			if err != nil {
				errs[i] = err
				break
			}
			all[i].hashes = append(all[i].hashes, hashOfKey(row.Raw, spec.Key))
		}
	})
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return all, s.checkTotal(id, &total)
}

// keyOf is the key of a row.
func keyOf(raw entra.Raw, key string) string {
	if text := firstText(raw, key); text != nil {
		return string(text)
	}
	return rowKey(raw, key)
}

// firstText is the text of a row's first member, where that is its key, without escapes.
// Most rows begin with it.
func firstText(raw entra.Raw, key string) []byte {
	rest, ok := bytes.CutPrefix(raw, []byte(`{"`))
	if !ok || len(rest) <= len(key)+3 || string(rest[:len(key)]) != key || string(rest[len(key):len(key)+3]) != `":"` {
		return nil
	}
	rest = rest[len(key)+3:]
	end := bytes.IndexByte(rest, '"')
	if end < 0 || bytes.IndexByte(rest[:end], '\\') >= 0 {
		return nil
	}
	return rest[:end:end]
}

func hashOfKey(raw entra.Raw, key string) uint32 {
	if text := firstText(raw, key); text != nil {
		return keyHash(text)
	}
	return keyHash([]byte(rowKey(raw, key)))
}

// keyHash is the same for keys that differ in letter case only. It goes by eight
// characters at a time: there are millions of keys.
func keyHash(key []byte) uint32 {
	const lower, highs = 0x2020202020202020, 0x8080808080808080
	const odd, seed = 0x9e3779b97f4a7c15, 0xcbf29ce484222325
	all, h := key, uint64(seed)
	var seen uint64
	for ; len(key) >= 8; key = key[8:] {
		w := binary.LittleEndian.Uint64(key)
		seen |= w
		h = (h ^ (w | lower)) * odd
		h ^= h >> 29
	}
	var last [8]byte
	copy(last[:], key)
	w := binary.LittleEndian.Uint64(last[:])
	if seen |= w; seen&highs != 0 && !lowered(all) {
		// Beyond ASCII letter case is not a bit.
		return keyHash(bytes.ToLower(all))
	}
	h = (h ^ (w | lower)) * odd
	return uint32(h>>32) ^ uint32(h)
}

func lowered(text []byte) bool { return bytes.Equal(text, bytes.ToLower(text)) }
