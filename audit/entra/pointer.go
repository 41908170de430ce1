package entra

import (
	"bytes"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Lookup resolves a JSON pointer (RFC 6901) inside raw. found is false if a
// parent is there but the last member or element is not, and also if a parent is
// missing; ParentFound tells the two apart.
func Lookup(raw Raw, pointer string) (value Raw, found bool) {
	if pointer == "" {
		return raw, len(raw) > 0
	}
	if pointer[0] != '/' {
		return nil, false
	}
	cur := raw
	for part := range strings.SplitSeq(pointer[1:], "/") {
		name := strings.ReplaceAll(strings.ReplaceAll(part, "~1", "/"), "~0", "~")
		next, ok := child(cur, name)
		if !ok {
			return nil, false
		}
		cur = next
	}
	return cur.Clone(), true
}

// Text is the string at a pointer, or empty if there is none.
func Text(raw Raw, pointer string) string {
	v, found := Lookup(raw, pointer)
	if !found || v.Kind() != '"' {
		return ""
	}
	var text string
	if Decode(v, &text) != nil {
		return ""
	}
	return text
}

// ParentFound tells whether everything of pointer but its last step resolves to
// an object or list inside raw.
func ParentFound(raw Raw, pointer string) bool {
	i := strings.LastIndexByte(pointer, '/')
	if i < 0 {
		return false
	}
	parent, ok := Lookup(raw, pointer[:i])
	if !ok {
		return false
	}
	k := parent.Kind()
	return k == '{' || k == '['
}

// Pointer joins names and indexes to a JSON pointer.
func Pointer(steps ...any) string {
	var b strings.Builder
	for _, s := range steps {
		b.WriteByte('/')
		switch s := s.(type) {
		case int:
			b.WriteString(strconv.Itoa(s))
		case string:
			b.WriteString(strings.ReplaceAll(strings.ReplaceAll(s, "~", "~0"), "/", "~1"))
		default:
			panic(fmt.Sprintf("entra.Pointer: step of type %T", s))
		}
	}
	return b.String()
}

// child returns one member or element of raw, as part of raw.
func child(raw Raw, name string) (Raw, bool) {
	// Over a *bytes.Buffer the decoder reads in place.
	d := jsontext.NewDecoder(bytes.NewBuffer(raw))
	switch raw.Kind() {
	case '{':
		return member(d, name)
	case '[':
		return element(d, name)
	}
	return nil, false
}

func member(d *jsontext.Decoder, name string) (Raw, bool) {
	if _, err := d.ReadToken(); err != nil {
		return nil, false
	}
	for d.PeekKind() == '"' {
		k, err := d.ReadToken()
		if err != nil {
			return nil, false
		}
		hit := k.String() == name
		v, err := d.ReadValue()
		if err != nil {
			return nil, false
		}
		if hit {
			return v, true
		}
	}
	return nil, false
}

func element(d *jsontext.Decoder, name string) (Raw, bool) {
	want, err := strconv.Atoi(name)
	if err != nil || want < 0 || strconv.Itoa(want) != name {
		return nil, false
	}
	if _, err := d.ReadToken(); err != nil {
		return nil, false
	}
	for i := 0; d.PeekKind() != ']'; i++ {
		v, err := d.ReadValue()
		if err != nil {
			return nil, false
		}
		if i == want {
			return v, true
		}
	}
	return nil, false
}

// Members yields the names and values of an object, in order; nothing for another
// value.
func Members(raw Raw) iter.Seq2[string, Raw] {
	return func(yield func(string, Raw) bool) {
		if raw.Kind() != '{' {
			return
		}
		d := jsontext.NewDecoder(bytes.NewBuffer(raw))
		if _, err := d.ReadToken(); err != nil {
			return
		}
		for d.PeekKind() == '"' {
			k, err := d.ReadToken()
			if err != nil {
				return
			}
			name := k.String()
			v, err := d.ReadValue()
			if err != nil || !yield(name, v.Clone()) {
				return
			}
		}
	}
}

// Elements yields the elements of a list, in order; nothing for another value.
func Elements(raw Raw) iter.Seq[Raw] {
	return func(yield func(Raw) bool) {
		if raw.Kind() != '[' {
			return
		}
		d := jsontext.NewDecoder(bytes.NewBuffer(raw))
		if _, err := d.ReadToken(); err != nil {
			return
		}
		for d.PeekKind() != ']' {
			v, err := d.ReadValue()
			if err != nil || !yield(v.Clone()) {
				return
			}
		}
	}
}
