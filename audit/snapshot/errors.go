package snapshot

import "fmt"

// BrokenError reports a snapshot that cannot be trusted: a missing or damaged
// file. No verdict may be made from such a snapshot.
type BrokenError struct {
	Section SectionID // empty for the manifest
	File    string    // path inside the snapshot
	Line    int       // 1-based; 0 if the error is not about a line
	Err     error
}

func (e *BrokenError) Error() string {
	section := ""
	if e.Section != "" {
		section = fmt.Sprintf("section %s, ", e.Section)
	}
	return fmt.Sprintf("snapshot is broken: %s%s: %v", section, e.place(), e.Err)
}

func (e *BrokenError) place() string { return place{e.File, e.Line}.String() }

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
	return fmt.Sprintf("section %s, %s: %v", u.Section, u.place(), u.Err)
}

func (u Unreadable) place() string {
	where := place{u.File, u.Line}.String()
	if u.Object != "" {
		where += ", object " + u.Object
	}
	return where
}

// place is a line of a file; line 0 is the file.
type place struct {
	file string
	line int
}

func (p place) String() string {
	if p.line == 0 {
		return p.file
	}
	return fmt.Sprintf("%s, line %d", p.file, p.line)
}
