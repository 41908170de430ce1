package graphsim

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

var errNotObject = errors.New("not an object")

// eachMember calls f for every member of an object, name and value spelled as
// they were recorded, until f returns false. An object that is read to its end
// has been checked: it is one JSON value without duplicate names.
func eachMember(raw jsontext.Value, f func(name, value jsontext.Value) bool) error {
	d := jsontext.NewDecoder(bytes.NewBuffer(raw))
	if d.PeekKind() != '{' {
		if err := d.SkipValue(); err != nil {
			return endOfText(err)
		}
		return errNotObject
	}
	if _, err := d.ReadToken(); err != nil {
		return endOfText(err)
	}
	for d.PeekKind() != '}' {
		name, err := readValue(d, raw)
		if err != nil {
			return err
		}
		value, err := readValue(d, raw)
		if err != nil {
			return err
		}
		if !f(name, value) {
			return nil
		}
	}
	if _, err := d.ReadToken(); err != nil {
		return endOfText(err)
	}
	if _, err := d.ReadToken(); err != io.EOF {
		return errors.New("text after the end of the object")
	}
	return nil
}

// readValue returns the next value as a part of raw, which unlike the decoder's
// own buffer stays as it is.
func readValue(d *jsontext.Decoder, raw jsontext.Value) (jsontext.Value, error) {
	v, err := d.ReadValue()
	if err != nil {
		return nil, endOfText(err)
	}
	end := int(d.InputOffset())
	return raw[end-len(v) : end], nil
}

// eachElement calls f for every element of a list until f returns false.
// Anything but a list has no elements.
func eachElement(raw jsontext.Value, f func(value jsontext.Value) bool) error {
	d := jsontext.NewDecoder(bytes.NewBuffer(raw))
	if d.PeekKind() != '[' {
		return nil
	}
	if _, err := d.ReadToken(); err != nil {
		return endOfText(err)
	}
	for d.PeekKind() != ']' {
		v, err := readValue(d, raw)
		if err != nil {
			return err
		}
		if !f(v) {
			return nil
		}
	}
	return nil
}

// elements lists the values of a member that is a list; any other has none.
func elements(raw jsontext.Value, member string) ([]jsontext.Value, error) {
	var all []jsontext.Value
	list, _ := lookup(raw, member)
	err := eachElement(list, func(v jsontext.Value) bool {
		all = append(all, v)
		return true
	})
	return all, err
}

func endOfText(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the text ends in the middle of a value")
	}
	return err
}

// lookup finds a member by its path. Graph's own names are matched exactly.
func lookup(raw jsontext.Value, path ...string) (jsontext.Value, bool) {
	for _, step := range path {
		var next jsontext.Value
		err := eachMember(raw, func(name, value jsontext.Value) bool {
			if unquote(name) == step {
				next = value
			}
			return next == nil
		})
		if err != nil || next == nil {
			return nil, false
		}
		raw = next
	}
	return raw, true
}

// textMember is the string at path, or "" if there is none.
func textMember(raw jsontext.Value, path ...string) string {
	v, ok := lookup(raw, path...)
	if !ok || v.Kind() != '"' {
		return ""
	}
	return unquote(v)
}

// numberMember is the whole number at path, or 0 if there is none.
func numberMember(raw jsontext.Value, path ...string) int {
	v, _ := lookup(raw, path...)
	n, err := strconv.Atoi(string(v))
	if err != nil {
		return 0
	}
	return n
}

// texts lists the strings of a list; an element that is an object stands for its
// id.
func texts(list jsontext.Value) []string {
	var all []string
	_ = eachElement(list, func(v jsontext.Value) bool { // rows are checked when they are read
		switch v.Kind() {
		case '"':
			all = append(all, unquote(v))
		case '{':
			if id := textMember(v, "id"); id != "" {
				all = append(all, id)
			}
		}
		return true
	})
	return all
}

// unquote is the text of a JSON string that is known to be valid.
func unquote(v jsontext.Value) string {
	if len(v) >= 2 && bytes.IndexByte(v, '\\') < 0 {
		return string(v[1 : len(v)-1])
	}
	text, _ := jsontext.AppendUnquote(nil, v)
	return string(text)
}

// quote writes a JSON string.
func quote(text string) string {
	b, err := jsontext.AppendQuote(nil, text)
	if err != nil { // invalid UTF-8, which AppendQuote has replaced
		b, _ = jsontext.AppendQuote(nil, strings.ToValidUTF8(text, "\uFFFD"))
	}
	return string(b)
}
