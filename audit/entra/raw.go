package entra

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Raw is one JSON value as Graph sent it. It is an alias so that packages which
// only carry JSON about need not know the JSON library.
type Raw = jsontext.Value

// ErrSyntax reports that a text is not JSON at all: cut off, not UTF-8, a name
// given twice in one object. Decode wraps it; a value that is JSON but has a
// modelled member of another type yields an error that is not ErrSyntax.
var ErrSyntax = errors.New("not valid JSON")

// Decode reads one JSON object into v. Members v does not model are ignored.
func Decode(raw Raw, v any) error {
	err := json.Unmarshal(raw, v)
	if err == nil {
		return nil
	}
	// A wrong type stops the decoder before the end of the text, so whether the
	// rest is JSON has to be asked separately.
	if serr := CheckSyntax(raw); serr != nil {
		return serr
	}
	return fmt.Errorf("a member has an unexpected type: %w", plainSemantic(err))
}

// CheckSyntax returns nil if raw is exactly one JSON value in valid UTF-8
// without duplicate names, and otherwise an error that wraps ErrSyntax.
func CheckSyntax(raw Raw) error {
	d := jsontext.NewDecoder(bytes.NewReader(raw))
	if err := d.SkipValue(); err != nil {
		return fmt.Errorf("%w: %w", ErrSyntax, endOfText(err))
	}
	if _, err := d.ReadToken(); err != io.EOF {
		return fmt.Errorf("%w: text after the end of the value", ErrSyntax)
	}
	return nil
}

// Compact returns raw without insignificant whitespace, in a new slice. Strings
// and numbers keep the spelling Graph used.
func Compact(raw Raw) (Raw, error) {
	out := Raw(bytes.Clone(raw))
	if err := out.Compact(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSyntax, endOfText(err))
	}
	return out, nil
}

// Encode writes v as JSON with members in the order of its fields and map keys
// sorted, so that equal values give equal bytes.
func Encode(v any) (Raw, error) {
	b, err := json.Marshal(v, json.Deterministic(true))
	return Raw(b), err
}

// MustEncode is Encode for values that cannot fail: strings, numbers, booleans
// and lists of them.
func MustEncode(v any) Raw {
	raw, err := Encode(v)
	if err != nil {
		panic(fmt.Sprintf("encoding a plain value: %v", err))
	}
	return raw
}

func endOfText(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the text ends in the middle of a value")
	}
	return err
}

// plainSemantic drops Go type names from a decoding error: administrators read it.
func plainSemantic(err error) error {
	var se *json.SemanticError
	if !errors.As(err, &se) {
		return err
	}
	where := string(se.JSONPointer)
	if where == "" {
		where = "the object"
	}
	kind := "value"
	switch se.JSONKind {
	case 'n':
		kind = "null"
	case 'f', 't':
		kind = "true or false"
	case '"':
		kind = "text"
	case '0':
		kind = "number"
	case '{':
		kind = "object"
	case '[':
		kind = "list"
	}
	return fmt.Errorf("%s cannot be a %s", where, kind)
}

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
	return cur, true
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

func child(raw Raw, name string) (Raw, bool) {
	d := jsontext.NewDecoder(bytes.NewReader(raw))
	switch raw.Kind() {
	case '{':
		if _, err := d.ReadToken(); err != nil {
			return nil, false
		}
		for d.PeekKind() != '}' {
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
				return v.Clone(), true
			}
		}
	case '[':
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
				return v.Clone(), true
			}
		}
	}
	return nil, false
}

// Flags is a Graph flags enumeration: one text with members joined by commas,
// such as "deviceBound,synced".
type Flags string

// Members splits the text. Order and spelling stay as sent.
func (f Flags) Members() []string {
	if f == "" {
		return nil
	}
	parts := strings.Split(string(f), ",")
	for i, p := range parts {
		parts[i] = strings.TrimSpace(p)
	}
	return parts
}

// Has tells whether name is one of the members, in any letter case.
func (f Flags) Has(name string) bool {
	for _, m := range f.Members() {
		if strings.EqualFold(m, name) {
			return true
		}
	}
	return false
}

// The keys that identify rows of a collection in evidence and messages.

func (u *User) Key() string                         { return u.ID }
func (g *Group) Key() string                        { return g.ID }
func (g *GroupMembers) Key() string                 { return g.GroupID }
func (a *RoleAssignment) Key() string               { return a.ID }
func (d *Domain) Key() string                       { return d.ID }
func (m *UserMethods) Key() string                  { return m.UserID }
func (d *UserRegistrationDetails) Key() string      { return d.ID }
func (p *ConditionalAccessPolicy) Key() string      { return p.ID }
func (s *AuthenticationStrengthPolicy) Key() string { return s.ID }
