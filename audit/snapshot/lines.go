package snapshot

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"

	"passkeyaudit/audit/entra"
)

// lineError is an error at a line of a file.
type lineError struct {
	line int
	err  error
}

func (e lineError) Error() string { return fmt.Sprintf("line %d: %v", e.line, e.err) }

// lineBuffer is the longest line that is read without copying it.
const lineBuffer = 256 << 10

// space is what JSON takes for whitespace.
const space = " \t\r\n"

// lines splits NDJSON. Empty lines are skipped but counted.
func lines(f io.Reader, limit int) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		r := bufio.NewReaderSize(f, lineBuffer)
		var long []byte
		for n := 1; ; n++ {
			text, err := readLine(r, &long, limit)
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

// readLine returns the next line, valid until the next call. Most lines fit the
// reader's buffer and are not copied.
func readLine(r *bufio.Reader, long *[]byte, limit int) ([]byte, error) {
	text, err := r.ReadSlice('\n')
	if err == bufio.ErrBufferFull {
		*long = (*long)[:0]
		for err == bufio.ErrBufferFull && len(*long) <= limit {
			*long = append(*long, text...)
			text, err = r.ReadSlice('\n')
		}
		*long = append(*long, text...)
		text = *long
	}
	if len(bytes.TrimSuffix(text, []byte("\n"))) > limit {
		return nil, fmt.Errorf("the line is longer than %s", size(limit))
	}
	return text, err
}

func size(bytes int) string {
	if bytes < 1<<20 {
		return fmt.Sprintf("%d bytes", bytes)
	}
	return fmt.Sprintf("%d MiB", bytes>>20)
}

// wholeFile yields the single object of a NAME.json file.
func wholeFile(f io.Reader, limit int) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		text, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
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
