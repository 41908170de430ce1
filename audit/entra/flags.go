package entra

import "strings"

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
