package graphsim

import (
	"bytes"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// selection removes members from rows. What stays is spelled and ordered as it
// was recorded, and nothing is added: a member that was not recorded is unknown,
// and null would say something else.
type selection map[string]bool // lower case; nil selects all

func newSelection(q query) selection {
	if q.selected == nil {
		return nil
	}
	s := selection{}
	for _, name := range q.selected {
		s[strings.ToLower(name)] = true
	}
	for _, name := range q.expand {
		s[strings.ToLower(name)] = true
	}
	return s
}

// has tells whether a member stays. Annotations of the object stay, those of a
// member (`member@odata.type`) go with it.
func (s selection) has(name string) bool {
	if s == nil || strings.HasPrefix(name, "@") {
		return true
	}
	name, _, _ = strings.Cut(name, "@")
	return s[strings.ToLower(name)]
}

// only tells whether nothing but the named member is selected.
func (s selection) only(name string) bool { return len(s) == 1 && s[name] }

func (s selection) apply(row jsontext.Value) (jsontext.Value, error) {
	if s == nil {
		return row, nil
	}
	var b bytes.Buffer
	b.WriteByte('{')
	err := eachMember(row, func(name, value jsontext.Value) bool {
		if s.has(unquote(name)) {
			if b.Len() > 1 {
				b.WriteByte(',')
			}
			b.Write(name)
			b.WriteByte(':')
			b.Write(value)
		}
		return true
	})
	b.WriteByte('}')
	return b.Bytes(), err
}
