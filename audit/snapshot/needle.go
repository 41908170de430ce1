package snapshot

import (
	"bytes"
	"io"

	"github.com/go-json-experiment/json/jsontext"
	"passkeyaudit/audit/entra"
)

// needle finds an id in the text of rows, in any case of its ASCII letters.
type needle struct {
	id []byte
	// anchor is the longest part of the id that has no letters, so that it can be
	// searched for byte by byte. A GUID always has one: it has hyphens.
	anchor []byte
	at     int // where the anchor starts in the id
}

func newNeedle(id string) needle {
	n := needle{id: []byte(id)}
	start := 0
	for i := 0; i <= len(id); i++ {
		if i < len(id) && !letter(id[i]) {
			continue
		}
		if i-start > len(n.anchor) {
			n.anchor, n.at = n.id[start:i], start
		}
		start = i + 1
	}
	return n
}

func letter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80 }

// in tells whether the id occurs in a string of the row.
func (n needle) in(raw entra.Raw) bool {
	if n.inText(raw) {
		return true
	}
	// JSON may spell any character as an escape; Graph hardly does so in ids.
	return bytes.IndexByte(raw, '\\') >= 0 && n.inStrings(raw)
}

func (n needle) inText(text []byte) bool {
	if len(n.anchor) == 0 {
		return bytes.Contains(bytes.ToLower(text), bytes.ToLower(n.id))
	}
	for from := 0; ; {
		i := bytes.Index(text[from:], n.anchor)
		if i < 0 {
			return false
		}
		start := from + i - n.at
		end := start + len(n.id)
		if start >= 0 && end <= len(text) && bytes.EqualFold(text[start:end], n.id) {
			return true
		}
		from += i + 1
	}
}

// inStrings looks into the unescaped strings of a row. Text that is not JSON
// ends the search.
func (n needle) inStrings(raw entra.Raw) bool {
	d := jsontext.NewDecoder(bytes.NewBuffer(raw))
	for {
		token, err := d.ReadToken()
		if err != nil {
			// A broken row is kept, so that whoever decodes it says so.
			return err != io.EOF
		}
		if token.Kind() == '"' && n.inText([]byte(token.String())) {
			return true
		}
	}
}
