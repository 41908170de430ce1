package snapshot

import (
	"fmt"
	"strings"
)

// BrokenError reports a snapshot that cannot be trusted: a missing or damaged
// file. No verdict may be made from such a snapshot.
type BrokenError struct {
	Section SectionID // empty for the manifest
	File    string    // path inside the snapshot
	Line    int       // 1-based; 0 if the error is not about a line
	Err     error
}

func (e *BrokenError) Error() string {
	var b strings.Builder
	b.WriteString("snapshot is broken: ")
	if e.Section != "" {
		fmt.Fprintf(&b, "section %s, ", e.Section)
	}
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ", line %d", e.Line)
	}
	fmt.Fprintf(&b, ": %v", e.Err)
	return b.String()
}

func (e *BrokenError) Unwrap() error { return e.Err }

func broken(id SectionID, file string, line int, err error) error {
	return &BrokenError{Section: id, File: file, Line: line, Err: err}
}

// Unreadable is a row that is JSON but has a modelled member of the wrong type.
// It was left out, and its section counts as partial.
type Unreadable struct {
	Section SectionID
	File    string
	Line    int
	Object  string // the row's key, if it has one
	Err     error
}

func (u Unreadable) String() string {
	where := fmt.Sprintf("%s, line %d", u.File, u.Line)
	if u.Line == 0 {
		where = u.File
	}
	if u.Object != "" {
		where += ", object " + u.Object
	}
	return fmt.Sprintf("section %s, %s: %v", u.Section, where, u.Err)
}
