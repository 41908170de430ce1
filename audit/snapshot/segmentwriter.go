package snapshot

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"os"

	"github.com/klauspost/compress/zstd"
	"passkeyaudit/audit/entra"
)

// openSegment is a segment being written; its digest is of the stored bytes.
type openSegment struct {
	name    string
	file    *os.File
	sum     hash.Hash
	stored  *bufio.Writer
	rows    io.Writer
	zstd    *zstd.Encoder
	objects int
}

func createSegment(root *os.Root, name string, compressed bool) (*openSegment, error) {
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	seg := &openSegment{name: name, file: f, sum: sha256.New()}
	seg.stored = bufio.NewWriterSize(io.MultiWriter(f, seg.sum), 64<<10)
	seg.rows = seg.stored
	if compressed {
		// A small window keeps a section's encoder at 2.7 MiB instead of 18 for the
		// same ratio on rows of this size.
		seg.zstd, err = zstd.NewWriter(seg.stored, zstd.WithEncoderConcurrency(1),
			zstd.WithWindowSize(1<<20), zstd.WithLowerEncoderMem(true))
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		seg.rows = seg.zstd
	}
	return seg, nil
}

func (s *openSegment) write(row entra.Raw) error {
	s.objects++
	_, err := s.rows.Write(append(row, '\n'))
	return err
}

func (s *openSegment) close() (Segment, error) {
	var err error
	if s.zstd != nil {
		err = s.zstd.Close()
	}
	err = errors.Join(err, s.stored.Flush(), s.file.Sync(), s.file.Close())
	objects := s.objects // a pointer into s would keep its buffers
	return Segment{File: s.name, Objects: &objects, SHA256: hex.EncodeToString(s.sum.Sum(nil))}, err
}
