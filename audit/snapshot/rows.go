package snapshot

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"iter"
	"runtime"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/klauspost/compress/zstd"
	"passkeyaudit/audit/entra"
)

const (
	// maxLine bounds one row. A groupMembers row of a million ids has about 40 MiB.
	maxLine = 64 << 20
	// maxWindow bounds the memory a hostile zstd frame can ask for.
	maxWindow = 128 << 20
)

// segmentRows yields the rows of one file and, at its end, checks the number of
// rows and the digest that the manifest gives.
func (s *Snapshot) segmentRows(ctx context.Context, id SectionID, seg Segment) iter.Seq2[Row, error] {
	spec, _ := Spec(id)
	return func(yield func(Row, error) bool) {
		file, err := s.openSegment(id, seg)
		if err != nil {
			yield(Row{}, err)
			return
		}
		defer file.Close()
		read := lines
		if spec.Shape == Singleton {
			read = wholeFile
		}
		keep := s.focus.filter(spec)
		count := 0
		for row, err := range read(file) {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				var le lineError
				if errors.As(err, &le) {
					err = broken(id, seg.File, le.line, le.err)
				} else if ctx.Err() == nil {
					err = broken(id, seg.File, 0, err)
				}
				yield(Row{}, err)
				return
			}
			count++
			row.File = seg.File
			if keep(row.Raw) && !yield(row, nil) {
				return
			}
		}
		if err := file.finish(); err != nil {
			yield(Row{}, broken(id, seg.File, 0, err))
			return
		}
		if want := s.wantObjects(id, seg); want >= 0 && count != want {
			yield(Row{}, broken(id, seg.File, 0, fmt.Errorf("the manifest promises %d objects, the file has %d", want, count)))
		}
	}
}

// wantObjects is the number of rows promised for a file, or -1.
func (s *Snapshot) wantObjects(id SectionID, seg Segment) int {
	if seg.Objects != nil {
		return *seg.Objects
	}
	entry := s.manifest.Sections[id]
	if entry != nil && entry.Objects != nil && len(s.files[id]) == 1 {
		return *entry.Objects
	}
	return -1
}

// segmentFile reads a segment and hashes its stored bytes on the way.
type segmentFile struct {
	io.Reader
	stored io.Reader
	sum    hash.Hash
	want   string
	close  []func()
}

func (s *Snapshot) openSegment(id SectionID, seg Segment) (*segmentFile, error) {
	f, err := s.fsys.Open(seg.File)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = errors.New("the file is not there")
		}
		return nil, broken(id, seg.File, 0, err)
	}
	sf := &segmentFile{Reader: f, stored: f, want: strings.ToLower(seg.SHA256), close: []func(){func() { f.Close() }}}
	if sf.want != "" {
		sf.sum = sha256.New()
		sf.stored = io.TeeReader(f, sf.sum)
		sf.Reader = sf.stored
	}
	if strings.HasSuffix(seg.File, ".zst") {
		z, err := zstd.NewReader(sf.stored, zstd.WithDecoderConcurrency(1),
			zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true))
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

type lineError struct {
	line int
	err  error
}

func (e lineError) Error() string { return fmt.Sprintf("line %d: %v", e.line, e.err) }

// lines splits NDJSON. Empty lines are skipped but counted.
func lines(f *segmentFile) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		r := bufio.NewReaderSize(f, 256<<10)
		var long []byte
		for n := 1; ; n++ {
			text, err := readLine(r, &long)
			if err != nil && err != io.EOF {
				yield(Row{}, lineError{n, storedError(err)})
				return
			}
			atEnd := err == io.EOF
			if n == 1 {
				if text, err = withoutBOM(text); err != nil {
					yield(Row{}, lineError{n, err})
					return
				}
			}
			text = bytes.TrimSpace(text)
			if len(text) > 0 && !yield(Row{Raw: text, Line: n}, nil) {
				return
			}
			if atEnd {
				return
			}
		}
	}
}

var errLineTooLong = fmt.Errorf("the line is longer than %d MiB", maxLine>>20)

// readLine returns the next line, valid until the next call. Most lines fit the
// reader's buffer and are not copied.
func readLine(r *bufio.Reader, long *[]byte) ([]byte, error) {
	text, err := r.ReadSlice('\n')
	if err != bufio.ErrBufferFull {
		return text, err
	}
	*long = append((*long)[:0], text...)
	for {
		text, err = r.ReadSlice('\n')
		if len(*long)+len(text) > maxLine {
			return nil, errLineTooLong
		}
		*long = append(*long, text...)
		if err != bufio.ErrBufferFull {
			return *long, err
		}
	}
}

func storedError(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the compressed file is cut off")
	}
	return err
}

// wholeFile yields the single object of a NAME.json file.
func wholeFile(f *segmentFile) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		text, err := io.ReadAll(io.LimitReader(f, maxLine+1))
		if err == nil && len(text) > maxLine {
			err = fmt.Errorf("the file is larger than %d MiB", maxLine>>20)
		}
		if err == nil {
			text, err = withoutBOM(text)
		}
		if err == nil && len(bytes.TrimSpace(text)) == 0 {
			err = errors.New("the file is empty")
		}
		if err == nil {
			if serr := entra.CheckSyntax(text); serr != nil {
				err = lineError{errorLine(text, serr), serr}
			}
		}
		if err != nil {
			yield(Row{}, err)
			return
		}
		yield(Row{Raw: bytes.TrimSpace(text)}, nil)
	}
}

func errorLine(text []byte, err error) int {
	var se *jsontext.SyntacticError
	if !errors.As(err, &se) {
		return 1 + bytes.Count(text, []byte("\n"))
	}
	return 1 + bytes.Count(text[:min(int(se.ByteOffset), len(text))], []byte("\n"))
}

// withoutBOM drops a UTF-8 byte order mark and refuses UTF-16, which Windows
// PowerShell writes unless told otherwise.
func withoutBOM(text []byte) ([]byte, error) {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	if bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")) {
		return nil, errors.New("the text is UTF-16; save it as UTF-8")
	}
	return text, nil
}

// decodeRow decodes a row into v. ok is false if the row is left out as
// unreadable; the error is a *BrokenError for text that is not JSON.
func decodeRow(s *Snapshot, id SectionID, row Row, v any) (ok bool, err error) {
	derr := entra.Decode(row.Raw, v)
	if derr == nil && row.Raw.Kind() != '{' {
		derr = errors.New("not an object")
	}
	spec, _ := Spec(id)
	if keyed, is := v.(interface{ Key() string }); derr == nil && is && keyed.Key() == "" {
		derr = fmt.Errorf("the member %q is missing", spec.Key)
	}
	if derr == nil {
		return true, nil
	}
	if errors.Is(derr, entra.ErrSyntax) || !utf8.Valid(row.Raw) {
		return false, broken(id, row.File, row.Line, derr)
	}
	s.setUnreadable(Unreadable{Section: id, File: row.File, Line: row.Line, Object: rowKey(row.Raw, spec.Key), Err: derr})
	return false, nil
}

// decodeSegments decodes segments in parallel and yields them in order. At most
// one segment more than there are processors is held at a time.
func decodeSegments[T any](ctx context.Context, s *Snapshot, id SectionID) iter.Seq2[[]Object[T], error] {
	return func(yield func([]Object[T], error) bool) {
		segs := s.files[id]
		if len(segs) <= 1 {
			for _, seg := range segs {
				for chunk, err := range decodeSegment[T](ctx, s, id, seg) {
					if !yield(chunk, err) || err != nil {
						return
					}
				}
			}
			return
		}
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		type result struct {
			rows []Object[T]
			err  error
		}
		queue := make(chan chan result, runtime.GOMAXPROCS(0))
		go func() {
			defer close(queue)
			for _, seg := range segs {
				out := make(chan result, 1)
				select {
				case queue <- out:
				case <-ctx.Done():
					return
				}
				go func() {
					var all []Object[T]
					for chunk, err := range decodeSegment[T](ctx, s, id, seg) {
						if err != nil {
							out <- result{err: err}
							return
						}
						all = append(all, chunk...)
					}
					out <- result{rows: all}
				}()
			}
		}()
		for out := range queue {
			r := <-out
			if !yield(r.rows, r.err) || r.err != nil {
				return
			}
		}
	}
}

// decodeChunk is how many decoded rows of an unsegmented file are held at once.
const decodeChunk = 4096

func decodeSegment[T any](ctx context.Context, s *Snapshot, id SectionID, seg Segment) iter.Seq2[[]Object[T], error] {
	return func(yield func([]Object[T], error) bool) {
		chunk := make([]Object[T], 0, decodeChunk)
		for row, err := range s.segmentRows(ctx, id, seg) {
			if err != nil {
				yield(nil, err)
				return
			}
			o := Object[T]{Row: Row{File: row.File, Line: row.Line}}
			ok, err := decodeRow(s, id, row, &o.Value)
			if err != nil {
				yield(nil, err)
				return
			}
			if !ok {
				continue
			}
			if chunk = append(chunk, o); len(chunk) == decodeChunk {
				if !yield(chunk, nil) {
					return
				}
				chunk = make([]Object[T], 0, decodeChunk)
			}
		}
		if len(chunk) > 0 {
			yield(chunk, nil)
		}
	}
}
