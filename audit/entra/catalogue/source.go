package catalogue

import (
	"embed"
	"fmt"

	"passkeyaudit/audit/entra"
)

//go:embed data
var data embed.FS

// Source is where an entry comes from.
type Source struct {
	Key      string `json:"-"` // as reports cite it, such as "HWV"
	Document string `json:"document"`
	// Date is the edition of the document, "2026-10-06" or "2026-08"; empty if the
	// copy was undated.
	Date   string `json:"date"`
	Weight Weight `json:"weight"`
	// Stale: a newer edition exists that was not read. Such an entry explains; it
	// is never enough for a finding.
	Stale bool `json:"stale"`
	// Via names the project a control was read from, with its commit.
	Via     string `json:"via"`
	Licence string `json:"licence"`
}

// Weight says how much a source is worth.
type Weight string

const (
	Documented Weight = "documented" // by Microsoft, or by the owner of the benchmark
	Community  Weight = "community"  // lists and notes of others
	Unverified Weight = "unverified" // by analogy
)

// origin is the part every catalogue file has.
type origin struct {
	Edition  string            `json:"edition"`
	Compiled string            `json:"compiled"`
	Sources  map[string]Source `json:"sources"`
}

// source resolves the key of an entry.
func (o *origin) source(key string) Source {
	s, ok := o.Sources[key]
	if !ok {
		panic(fmt.Sprintf("catalogue: no source %q", key))
	}
	s.Key = key
	return s
}

// read decodes a file of this package. The files are part of the program, so one
// that does not decode is a mistake of its author.
func read(name string, into any) {
	text, err := data.ReadFile("data/" + name)
	if err == nil {
		err = entra.Decode(text, into)
	}
	if err != nil {
		panic(fmt.Sprintf("catalogue: %s: %v", name, err))
	}
}

// decode decodes a file that was found to be in order.
func decode(text []byte, into any) {
	if err := entra.Decode(text, into); err != nil {
		panic(fmt.Sprintf("catalogue: a file that was in order: %v", err))
	}
}
