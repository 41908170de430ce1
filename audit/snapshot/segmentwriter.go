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
	objects int

	zstd  *zstd.Encoder // nil: not compressed
	text  []byte        // of the frame that is being collected
	frame []byte
}

func createSegment(root *os.Root, name string, compressed bool) (*openSegment, error) {
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	seg := &openSegment{name: name, file: f, sum: sha256.New()}
	seg.stored = bufio.NewWriterSize(io.MultiWriter(f, seg.sum), 64<<10)
	if compressed {
		// A window of one frame keeps a section's encoder small for the same ratio on
		// rows of this size.
		seg.zstd, err = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1),
			zstd.WithWindowSize(frameText), zstd.WithLowerEncoderMem(true))
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
	}
	return seg, nil
}

func (s *openSegment) write(row entra.Raw) error {
	s.objects++
	row = append(row, '\n')
	if s.zstd == nil {
		_, err := s.stored.Write(row)
		return err
	}
	if len(s.text)+len(row) > frameText {
		if err := s.flush(); err != nil {
			return err
		}
	}
	s.text = append(s.text, row...)
	return nil
}

// flush writes what was collected as a frame; only a row that is longer than any frame
// makes several.
func (s *openSegment) flush() error {
	for text := s.text; len(text) > 0; {
		n := min(len(text), maxFrameText)
		s.frame = s.zstd.EncodeAll(text[:n], s.frame[:0])
		text = text[n:]
		if _, err := s.stored.Write(s.frame); err != nil {
			return err
		}
	}
	if cap(s.text) > maxFrameText {
		s.text, s.frame = nil, nil
	}
	s.text = s.text[:0]
	return nil
}

func (s *openSegment) close() (Segment, error) {
	var err error
	if s.zstd != nil {
		err = s.flush()
	}
	err = errors.Join(err, s.stored.Flush(), s.file.Sync(), s.file.Close())
	objects := s.objects // a pointer into s would keep its buffers
	return Segment{File: s.name, Objects: &objects, SHA256: hex.EncodeToString(s.sum.Sum(nil))}, err
}
