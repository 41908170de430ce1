package snapshot

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"io/fs"
	"strings"
	"sync"
)

// segmentFile reads a segment and hashes its stored bytes on the way.
type segmentFile struct {
	stored io.Reader
	sum    hash.Hash
	want   string
	close  []func()

	text   textSource
	framed *framedText // the same, of a compressed file
	buf    []byte      // text; from is where the next line starts
	from   int
	line   int // number of the first line
	// fresh: the line that was read last is the first of what is stored from began on.
	fresh bool
	began int64
}

// storedBuffer is how many stored bytes of a compressed segment are read at once.
const storedBuffer = 64 << 10

// textBuffers are the buffers of files that were closed.
var textBuffers = sync.Pool{New: func() any { return new([]byte) }}

func (s *Snapshot) openSegment(ctx context.Context, id SectionID, seg Segment) (*segmentFile, error) {
	return s.openSegmentAt(ctx, id, seg, frameStart{line: 1})
}

// openSegmentAt opens a segment at a frame. The digest of a file that is not read from
// its start is not checked.
func (s *Snapshot) openSegmentAt(ctx context.Context, id SectionID, seg Segment, start frameStart) (*segmentFile, error) {
	f, err := s.fsys.Open(seg.File)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = errors.New("the file is not there")
		}
		return nil, broken(id, seg.File, 0, err)
	}
	sf := &segmentFile{stored: contextReader{ctx, f}, want: strings.ToLower(seg.SHA256), close: []func(){func() { f.Close() }}, line: start.line}
	digested := false
	switch {
	case start.stored > 0:
		// Frames are known of files only that could be sought in.
		if _, err := f.(io.Seeker).Seek(start.stored, io.SeekStart); err != nil {
			sf.Close()
			return nil, broken(id, seg.File, 0, err)
		}
	case sf.want != "":
		sf.sum = sha256.New()
		sf.stored = io.TeeReader(sf.stored, sf.sum)
		digested = true
	}
	buf := textBuffers.Get().(*[]byte)
	sf.buf = (*buf)[:0]
	sf.close = append(sf.close, func() {
		if cap(sf.buf) <= 2*maxFrameText {
			*buf = sf.buf
			textBuffers.Put(buf)
		}
	})
	if !strings.HasSuffix(seg.File, ".zst") {
		sf.text = readerText{sf.stored}
		return sf, nil
	}
	stored := bufio.NewReaderSize(sf.stored, storedBuffer)
	if _, err := stored.Peek(1); err == io.EOF && (seg.Objects == nil || *seg.Objects > 0) {
		sf.Close()
		return nil, broken(id, seg.File, 0, errors.New("the compressed file is empty"))
	}
	sf.framed = &framedText{stored: stored, decoder: wholeDecoders[digested], window: uint64(s.limits.window), at: start.stored}
	sf.close = append(sf.close, sf.framed.close)
	sf.text = sf.framed
	return sf, nil
}

// storedAt is where the next frame of a compressed file is stored.
func (f *segmentFile) storedAt() int64 {
	if f.framed == nil || f.framed.stream != nil {
		return 0
	}
	return f.framed.at
}

// start gives where a frame begins whose first row was read last; ok is false in the
// middle of frames and in files without.
func (f *segmentFile) start(row Row, number int) (s frameStart, ok bool) {
	if !f.fresh || f.framed == nil || f.framed.stream != nil {
		return s, false
	}
	return frameStart{stored: f.began, row: number, line: row.Line}, true
}

func (f *segmentFile) Close() {
	for i := len(f.close) - 1; i >= 0; i-- {
		f.close[i]()
	}
}

// finish reads what is left of the stored bytes and compares the digest.
func (f *segmentFile) finish() error {
	if f.sum == nil {
		return nil
	}
	if _, err := io.Copy(io.Discard, f.stored); err != nil {
		return err
	}
	if got := hex.EncodeToString(f.sum.Sum(nil)); got != f.want {
		return changedError(got, f.want)
	}
	return nil
}

// checkedFiles are the stored files whose digest was found to be that of the manifest.
// All views of a snapshot share them.
type checkedFiles struct{ files sync.Map }

func (c *checkedFiles) has(seg Segment) bool {
	seg.Objects = nil
	_, is := c.files.Load(seg)
	return is
}

// noteChecked notes that a file was read to its end.
func (s *Snapshot) noteChecked(seg Segment) {
	if seg.SHA256 != "" {
		seg.Objects = nil
		s.checked.files.Store(seg, true)
	}
}

func storedError(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the compressed file is cut off")
	}
	return err
}
