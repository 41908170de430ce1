package snapshot

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"

	"passkeyaudit/audit/entra"
)

// lineError is an error at a line of a file.
type lineError struct {
	line int
	err  error
}

func (e lineError) Error() string { return fmt.Sprintf("line %d: %v", e.line, e.err) }

// lineBuffer is how much text is read at once of a file that is not compressed.
const lineBuffer = 256 << 10

// space is what JSON takes for whitespace.
const space = " \t\r\n"

// textSource gives a text piece by piece.
type textSource interface {
	// more adds the next piece to a buffer, which it may move. An error comes without a
	// piece; it is io.EOF at the end.
	more(buf []byte) ([]byte, error)
}

// readerText is the text of a reader.
type readerText struct{ io.Reader }

func (r readerText) more(buf []byte) ([]byte, error) {
	buf = slices.Grow(buf, lineBuffer)
	n, err := r.Read(buf[len(buf) : len(buf)+lineBuffer])
	for n == 0 && err == nil {
		n, err = r.Read(buf[len(buf) : len(buf)+lineBuffer])
	}
	if n > 0 {
		return buf[:len(buf)+n], nil // the error comes again
	}
	return buf, err
}

// lines splits NDJSON. Empty lines are skipped but counted. A row is good until the next.
func lines(f *segmentFile, limit int) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for n := f.line; ; n++ {
			text, err := f.readLine(limit)
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
			text = bytes.Trim(text, space)
			if len(text) > 0 && !yield(Row{Raw: text, Line: n}, nil) {
				return
			}
			if atEnd {
				return
			}
		}
	}
}

// readLine returns the next line, valid until the next call; with io.EOF what comes
// after the last newline.
func (f *segmentFile) readLine(limit int) ([]byte, error) {
	f.fresh = false
	for seen := f.from; ; {
		if i := bytes.IndexByte(f.buf[seen:], '\n'); i >= 0 {
			line := f.buf[f.from : seen+i]
			f.from = seen + i + 1
			if len(line) > limit {
				return nil, tooLong(limit)
			}
			return line, nil
		}
		begun := f.buf[f.from:]
		if len(begun) > limit {
			return nil, tooLong(limit)
		}
		// What the line has so far goes to the front.
		seen = copy(f.buf, begun)
		f.buf, f.from = f.buf[:seen], 0
		at := f.storedAt()
		var err error
		if f.buf, err = f.text.more(f.buf); err != nil {
			f.from = len(f.buf)
			return f.buf, err
		}
		if seen == 0 {
			f.fresh, f.began = true, at
		}
	}
}

func tooLong(limit int) error { return fmt.Errorf("the line is longer than %s", size(limit)) }

func size(bytes int) string {
	if bytes < 1<<20 {
		return fmt.Sprintf("%d bytes", bytes)
	}
	return fmt.Sprintf("%d MiB", bytes>>20)
}

// wholeFile yields the single object of a NAME.json file.
func wholeFile(f *segmentFile, limit int) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		text, err := f.buf, error(nil)
		for err == nil && len(text) <= limit {
			text, err = f.text.more(text)
		}
		f.buf = text
		if err == io.EOF {
			err = nil
		}
		if err == nil && len(text) > limit {
			err = fmt.Errorf("the file is larger than %s", size(limit))
		}
		if err == nil {
			text, err = withoutBOM(text)
		}
		if err == nil && len(bytes.Trim(text, space)) == 0 {
			err = errors.New("the file is empty")
		}
		if err == nil {
			err = atLine(text, entra.CheckSyntax(text))
		}
		if err != nil {
			yield(Row{}, err)
			return
		}
		yield(Row{Raw: bytes.Trim(text, space)}, nil)
	}
}

// atLine adds to a syntax error the line of a text of many lines.
func atLine(text []byte, err error) error {
	if se, ok := errors.AsType[*entra.SyntaxError](err); ok {
		return lineError{1 + bytes.Count(text[:min(se.Offset, len(text))], []byte("\n")), err}
	}
	return err
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
