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

	"github.com/klauspost/compress/zstd"
)

// segmentFile reads a segment and hashes its stored bytes on the way.
type segmentFile struct {
	io.Reader
	stored io.Reader
	sum    hash.Hash
	want   string
	close  []func()
}

// storedBuffer is how many stored bytes of a compressed segment are read at once.
const storedBuffer = 64 << 10

func (s *Snapshot) openSegment(ctx context.Context, id SectionID, seg Segment) (*segmentFile, error) {
	f, err := s.fsys.Open(seg.File)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = errors.New("the file is not there")
		}
		return nil, broken(id, seg.File, 0, err)
	}
	sf := &segmentFile{stored: contextReader{ctx, f}, want: strings.ToLower(seg.SHA256), close: []func(){func() { f.Close() }}}
	if sf.want != "" {
		sf.sum = sha256.New()
		sf.stored = io.TeeReader(sf.stored, sf.sum)
	}
	sf.Reader = sf.stored
	if strings.HasSuffix(seg.File, ".zst") {
		stored := bufio.NewReaderSize(sf.stored, storedBuffer)
		if _, err := stored.Peek(1); err == io.EOF && (seg.Objects == nil || *seg.Objects > 0) {
			sf.Close()
			return nil, broken(id, seg.File, 0, errors.New("the compressed file is empty"))
		}
		z, err := zstd.NewReader(stored, zstd.WithDecoderConcurrency(1),
			zstd.WithDecoderMaxWindow(uint64(s.limits.window)), zstd.WithDecoderLowmem(true))
		if err != nil {
			sf.Close()
			return nil, broken(id, seg.File, 0, err)
		}
		sf.Reader = z
		sf.close = append(sf.close, z.Close)
	}
	return sf, nil
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

func storedError(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the compressed file is cut off")
	}
	return err
}
