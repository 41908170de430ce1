package entra

import (
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

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

// UnmarshalJSONFrom takes the text, and the list of texts that some versions of
// Graph and some exports write instead. The bit mask of diagnostic logs becomes
// the text of its number: a member nobody knows.
func (f *Flags) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	switch d.PeekKind() {
	case '0':
		number, err := d.ReadValue()
		*f = Flags(number)
		return err
	case '[':
	default:
		var text string
		err := json.UnmarshalDecode(d, &text)
		*f = Flags(text)
		return err
	}
	var list []string
	err := json.UnmarshalDecode(d, &list)
	*f = Flags(strings.Join(list, ","))
	return err
}
