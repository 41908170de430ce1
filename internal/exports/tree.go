package exports

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"passkeyaudit/audit/entra"
)

// value is a JSON value whose members keep their order and whose texts and numbers
// keep their spelling, so that what is not changed on purpose leaves as it came.
type value struct {
	kind    jsontext.Kind // '{', '[', '"', '0', 't', 'f', 'n'
	scalar  jsontext.Value
	members []member
	items   []*value
}

type member struct {
	name  string
	value *value
}

// errDepth reports JSON that is nested deeper than any export of Graph is.
var errDepth = errors.New("nested too deeply")

// parse reads the next value of d; io.EOF if there is none.
func parse(d *jsontext.Decoder, depth int) (*value, error) {
	if depth < 0 {
		return nil, errDepth
	}
	kind := d.PeekKind()
	switch kind {
	case '{', '[':
		if _, err := d.ReadToken(); err != nil {
			return nil, err
		}
	default:
		text, err := d.ReadValue()
		if err != nil {
			return nil, err
		}
		return &value{kind: text.Kind(), scalar: text.Clone()}, nil
	}
	v := &value{kind: kind}
	for {
		switch d.PeekKind() {
		case '}', ']':
			_, err := d.ReadToken()
			return v, err
		}
		var name string
		if kind == '{' {
			token, err := d.ReadToken()
			if err != nil {
				return nil, unexpected(err)
			}
			name = token.String()
		}
		child, err := parse(d, depth-1)
		if err != nil {
			return nil, unexpected(err)
		}
		if kind == '{' {
			v.members = append(v.members, member{name, child})
		} else {
			v.items = append(v.items, child)
		}
	}
}

// unexpected tells the end of the text inside a value from the end of the file.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// documents reads every value of a text: one, or several as in NDJSON.
func documents(text []byte, depth int) ([]*value, error) {
	d := jsontext.NewDecoder(bytes.NewBuffer(text))
	var all []*value
	for {
		v, err := parse(d, depth)
		switch {
		case errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
			return all, nil
		case errors.Is(err, errDepth):
			return nil, fmt.Errorf("nested deeper than %d levels", depth)
		case err != nil:
			line := 1 + bytes.Count(text[:min(int(d.InputOffset()), len(text))], []byte("\n"))
			return nil, fmt.Errorf("not JSON: line %d: %w", line, plainSyntax(err))
		}
		all = append(all, v)
	}
}

// plainSyntax drops the decoder's package name and position from an error.
func plainSyntax(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the text ends in the middle of a value")
	}
	if se, ok := errors.AsType[*jsontext.SyntacticError](err); ok && se.Err != nil {
		return se.Err
	}
	return err
}

// raw writes the value without insignificant white space.
func (v *value) raw() entra.Raw { return entra.Raw(v.appendTo(nil)) }

func (v *value) appendTo(b []byte) []byte {
	switch v.kind {
	case '{':
		b = append(b, '{')
		for i, m := range v.members {
			if i > 0 {
				b = append(b, ',')
			}
			// Names come from a decoder, which took only valid UTF-8.
			b, _ = jsontext.AppendQuote(b, m.name)
			b = m.value.appendTo(append(b, ':'))
		}
		return append(b, '}')
	case '[':
		b = append(b, '[')
		for i, item := range v.items {
			if i > 0 {
				b = append(b, ',')
			}
			b = item.appendTo(b)
		}
		return append(b, ']')
	default:
		return append(b, v.scalar...)
	}
}

// text is the content of a string, or empty.
func (v *value) text() string {
	if v == nil || v.kind != '"' {
		return ""
	}
	b, err := jsontext.AppendUnquote(nil, v.scalar)
	if err != nil {
		return ""
	}
	return string(b)
}

func (v *value) isNull() bool { return v == nil || v.kind == 'n' }

// get finds a member by its name in any letter case, so that it works before the
// names of a PowerShell export are put right. An exact match wins.
func (v *value) get(name string) *value {
	if v == nil || v.kind != '{' {
		return nil
	}
	var found *value
	for i := range v.members {
		if v.members[i].name == name {
			return v.members[i].value
		}
		if found == nil && strings.EqualFold(v.members[i].name, name) {
			found = v.members[i].value
		}
	}
	return found
}

// has tells whether all the named members are there, null or not.
func (v *value) has(names ...string) bool {
	for _, name := range names {
		if v.get(name) == nil {
			return false
		}
	}
	return true
}

// hasAny tells whether one of the named members is there.
func (v *value) hasAny(names ...string) bool {
	for _, name := range names {
		if v.get(name) != nil {
			return true
		}
	}
	return false
}

// withoutAnnotations is the value without OData's annotations, save the types.
func (v *value) withoutAnnotations() *value {
	plain := &value{kind: v.kind, scalar: v.scalar}
	for _, m := range v.members {
		if m.name == "@odata.type" || !strings.Contains(m.name, "@odata.") {
			plain.members = append(plain.members, member{m.name, m.value.withoutAnnotations()})
		}
	}
	for _, item := range v.items {
		plain.items = append(plain.items, item.withoutAnnotations())
	}
	return plain
}

func quoted(text string) *value {
	b, _ := jsontext.AppendQuote(nil, text)
	return &value{kind: '"', scalar: b}
}

func null() *value { return &value{kind: 'n', scalar: jsontext.Value("null")} }

func list(items ...*value) *value { return &value{kind: '[', items: items} }
