package snapshot

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"slices"

	"github.com/klauspost/compress/zstd"
)

// A compressed segment is a row of zstd frames, each of about frameText of text that
// begins and ends with a row. So a reader that knows where frames begin gets at a row
// without decompressing what is before it, and decompresses frames whole, straight into
// the memory where the rows are read. Segments of one long frame, and of frames that
// break rows, are read as well.
const (
	frameText = 1 << 20
	// maxFrameText is the most text that a frame written here has: a row that is longer
	// takes several. Readers decompress larger frames bit by bit.
	maxFrameText = 4 << 20
)

// framedText decompresses a segment.
type framedText struct {
	stored  *bufio.Reader
	decoder *zstd.Decoder // of whole frames
	frame   []byte        // as stored
	window  uint64        // limit

	// at is where the next frame is stored.
	at int64
	// stream reads the rest, once there is a frame that is not to be decompressed whole.
	stream *zstd.Decoder
	rest   readerText
}

// wholeDecoders decompress whole frames, for as many goroutines at a time as there are
// processors, and keep nothing from one frame to the next: by whether checksums of frames
// are ignored. Rows of a file of which the digest is checked need none beside it.
var wholeDecoders = map[bool]*zstd.Decoder{false: wholeDecoder(false), true: wholeDecoder(true)}

func wholeDecoder(ignoreChecksum bool) *zstd.Decoder {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderLowmem(true), zstd.IgnoreChecksum(ignoreChecksum))
	if err != nil {
		panic(err) // options that contradict each other
	}
	return d
}

// more implements textSource.
func (t *framedText) more(buf []byte) ([]byte, error) {
	if t.stream == nil {
		size, is, err := t.next()
		if err != nil {
			return buf, err
		}
		if is {
			if free := cap(buf) - len(buf); free < size {
				buf = slices.Grow(buf, size+size/4)
			}
			return t.decoder.DecodeAll(t.frame, buf)
		}
		// What was taken of the frame comes before the rest of it.
		t.stream, err = zstd.NewReader(io.MultiReader(bytes.NewReader(t.frame), t.stored), zstd.WithDecoderConcurrency(1),
			zstd.WithDecoderMaxWindow(t.window), zstd.WithDecoderLowmem(true))
		if err != nil {
			return buf, err
		}
		t.rest = readerText{t.stream}
	}
	return t.rest.more(buf)
}

// next takes the next frame, if it tells how much text it has and that is not too much
// to be held. is is false for all others, also for what is no frame: frame then has
// what was taken of it. The error is io.EOF at the end.
func (t *framedText) next() (size int, is bool, err error) {
	t.frame = t.frame[:0]
	start, err := t.stored.Peek(zstd.HeaderMaxSize)
	if len(start) == 0 {
		return 0, false, err
	}
	var h zstd.Header
	if h.Decode(start) != nil || h.Skippable || !h.HasFCS || h.FrameContentSize > maxFrameText || h.DictionaryID != 0 || h.WindowSize > t.window {
		return 0, false, nil
	}
	if !t.take(h.HeaderSize) {
		return 0, false, nil
	}
	for last := false; !last; {
		if !t.take(3) {
			return 0, false, nil
		}
		// A block says in its first bit whether it is the last, in the next two of which
		// type it is, and then how long (RFC 8878, 3.1.1.2).
		head := binary.LittleEndian.Uint32(append(t.frame[len(t.frame)-3:len(t.frame):len(t.frame)], 0))
		length := int(head >> 3)
		if head>>1&3 == 1 { // one byte, repeated
			length = 1
		}
		if len(t.frame)+length > maxFrameText+maxFrameText/8 || !t.take(length) {
			return 0, false, nil
		}
		last = head&1 == 1
	}
	if h.HasCheckSum && !t.take(4) {
		return 0, false, nil
	}
	t.at += int64(len(t.frame))
	return int(h.FrameContentSize), true, nil
}

// take moves stored bytes to the frame; false where the file ends before or cannot be
// read.
func (t *framedText) take(n int) bool {
	from := len(t.frame)
	t.frame = slices.Grow(t.frame, n)[:from+n]
	got, err := io.ReadFull(t.stored, t.frame[from:])
	t.frame = t.frame[:from+got]
	return err == nil
}

func (t *framedText) close() {
	if t.stream != nil {
		t.stream.Close()
	}
}

// frameStart is where a frame begins that begins with a row.
type frameStart struct {
	stored int64 // offset in the file
	row    int   // number among the rows that are yielded, from 0
	line   int   // its number, from 1
}
