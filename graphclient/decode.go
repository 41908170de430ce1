package graphclient

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// envelope is one page of a collection.
type envelope struct {
	rows  []jsontext.Value
	next  string
	count *int64
}

// byteOrderMark starts some answers, of gateways in front of Graph mostly. RFC 8259
// forbids it there, and lets readers pass it over.
const byteOrderMark = "\uFEFF"

// newDecoder reads JSON while it arrives.
func newDecoder(r io.Reader) *jsontext.Decoder {
	b := bufio.NewReader(r)
	if start, _ := b.Peek(len(byteOrderMark)); string(start) == byteOrderMark {
		_, _ = b.Discard(len(byteOrderMark)) // it is in the buffer
	}
	return jsontext.NewDecoder(b)
}

func unmarked(b []byte) []byte { return bytes.TrimPrefix(b, []byte(byteOrderMark)) }

// decodePage reads a collection while it arrives. Rows are copies, so that they
// outlive the decoder's buffer.
func decodePage(r io.Reader) (envelope, error) {
	var page envelope
	d := newDecoder(r)
	if k := d.PeekKind(); k != jsontext.KindBeginObject && k != jsontext.KindInvalid {
		return envelope{}, fmt.Errorf("want an object, got %s", k)
	}
	if _, err := d.ReadToken(); err != nil {
		return envelope{}, short(err)
	}
	seen := false
	for d.PeekKind() != jsontext.KindEndObject {
		name, err := d.ReadToken()
		if err != nil {
			return envelope{}, short(err)
		}
		switch name.String() {
		case "value":
			seen = true
			page.rows, err = decodeRows(d)
		case "@odata.nextLink":
			page.next, err = decodeLink(d)
		case "@odata.count":
			page.count, err = decodeTotal(d)
		case "error":
			// An answer that began as 200 and broke while it was made ends like
			// this (OData JSON format, in-stream errors).
			v, rerr := d.ReadValue()
			if rerr != nil {
				return envelope{}, short(rerr)
			}
			return envelope{}, &inStreamError{body: fmt.Appendf(nil, `{"error":%s}`, v)}
		default:
			err = d.SkipValue()
		}
		if err != nil {
			return envelope{}, short(err)
		}
	}
	if _, err := d.ReadToken(); err != nil {
		return envelope{}, short(err)
	}
	if err := atEnd(d); err != nil {
		return envelope{}, err
	}
	if !seen {
		return envelope{}, errors.New("the answer is not a collection: it has no member value")
	}
	return page, nil
}

func decodeRows(d *jsontext.Decoder) ([]jsontext.Value, error) {
	if k := d.PeekKind(); k != jsontext.KindBeginArray && k != jsontext.KindInvalid {
		return nil, fmt.Errorf("member value is %s, want an array", k)
	}
	if _, err := d.ReadToken(); err != nil {
		return nil, err
	}
	var rows []jsontext.Value
	for d.PeekKind() != jsontext.KindEndArray {
		v, err := d.ReadValue()
		if err != nil {
			return nil, err
		}
		rows = append(rows, v.Clone())
	}
	_, err := d.ReadToken()
	return rows, err
}

func decodeLink(d *jsontext.Decoder) (string, error) {
	t, err := d.ReadToken()
	if err != nil {
		return "", err
	}
	switch t.Kind() {
	case jsontext.KindNull:
		return "", nil
	case jsontext.KindString:
		return t.String(), nil
	}
	return "", errors.New("the next link is not text")
}

// decodeTotal takes numbers and, as OData allows for 64-bit ones, text.
func decodeTotal(d *jsontext.Decoder) (*int64, error) {
	t, err := d.ReadToken()
	if err != nil {
		return nil, err
	}
	switch t.Kind() {
	case jsontext.KindNull:
		return nil, nil
	case jsontext.KindNumber, jsontext.KindString:
		if n, err := strconv.ParseInt(t.String(), 10, 64); err == nil && n >= 0 {
			return &n, nil
		}
	}
	return nil, errors.New("the count is not a number")
}

// decodeValue reads one JSON value and nothing after it.
func decodeValue(r io.Reader) (jsontext.Value, error) {
	d := newDecoder(r)
	v, err := d.ReadValue()
	if err != nil {
		return nil, short(err)
	}
	v = v.Clone()
	if err := atEnd(d); err != nil {
		return nil, err
	}
	return v, nil
}

// onlyError tells an error object that came in the place of an answer from an answer.
func onlyError(v jsontext.Value) error {
	m := members(v)
	inner, there := m["error"]
	if !there || inner.Kind() != jsontext.KindBeginObject {
		return nil
	}
	for name := range m {
		if name != "error" && !strings.HasPrefix(name, "@odata.") {
			return nil
		}
	}
	return &inStreamError{body: v}
}

// decodeCount reads the plain-text answer of $count, which some services start
// with a byte order mark.
func decodeCount(r io.Reader) (int64, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return 0, err
	}
	b = unmarked(b)
	n, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
	if err != nil || n < 0 {
		return 0, errors.New("the answer is not a count")
	}
	return n, nil
}

func atEnd(d *jsontext.Decoder) error {
	_, err := d.ReadToken()
	switch err {
	case io.EOF:
		return nil
	case nil:
		return errors.New("something follows the answer")
	}
	return err
}

// short makes the end of the input, which is an error anywhere inside a document,
// look the same wherever it comes.
func short(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// inStreamError is an error object found in an answer with status 200.
type inStreamError struct{ body []byte }

func (e *inStreamError) Error() string { return "the answer ends in an error" }
