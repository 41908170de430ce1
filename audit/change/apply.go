package change

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
)

// Applied is a snapshot with a change made in it.
type Applied struct {
	// Snapshot is the tenant as it would be.
	Snapshot *snapshot.Snapshot
	// Steps says of every request what it changes, in words.
	Steps []string
	// Notes are what was taken for granted because neither Graph's pages nor the
	// snapshot settle it.
	Notes []string
}

// Error is a request that cannot be carried out on the snapshot, or is not
// understood.
type Error struct {
	Request string
	Err     error
}

func (e *Error) Error() string { return e.Request + ": " + e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// Apply makes the requests one after the other. The error is an *Error, a snapshot's
// or ctx's.
func Apply(ctx context.Context, snap *snapshot.Snapshot, requests []Request) (*Applied, error) {
	e := &editor{ctx: ctx, stored: snap, edits: map[snapshot.SectionID]snapshot.Edits{}}
	for _, r := range requests {
		e.request = r.Name
		step, err := e.do(r)
		if err != nil {
			return nil, wrap(r.Name, err)
		}
		e.steps = append(e.steps, step)
	}
	if err := e.checkNames(); err != nil {
		return nil, err
	}
	out := &Applied{Snapshot: snap, Steps: e.steps, Notes: e.notes}
	for _, spec := range snapshot.Sections() {
		edits, edited := e.edits[spec.ID]
		if !edited {
			continue
		}
		var err error
		if out.Snapshot, err = out.Snapshot.With(spec.ID, edits); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// wrap names the request in errors that are about it.
func wrap(request string, err error) error {
	_, broken := errors.AsType[*snapshot.BrokenError](err)
	if broken || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return &Error{request, err}
}

// editor is a change in the making.
type editor struct {
	ctx     context.Context
	stored  *snapshot.Snapshot
	edits   map[snapshot.SectionID]snapshot.Edits
	request string
	steps   []string
	notes   []string
	names   []reference
}

// reference is an object that a changed object names.
type reference struct {
	request string
	kind    referenceKind
	id      string
	from    string // which object names it, in words
}

func (e *editor) note(format string, args ...any) {
	text := e.request + ": " + fmt.Sprintf(format, args...)
	if !slices.Contains(e.notes, text) {
		e.notes = append(e.notes, text)
	}
}

// rows are those of a section with a key, as changed so far.
func (e *editor) rows(id snapshot.SectionID, key string) ([]entra.Raw, error) {
	if rows, edited := e.edits[id][strings.ToLower(key)]; edited {
		return rows, nil
	}
	found, err := e.stored.FindAll(e.ctx, id, []string{key})
	if err != nil {
		return nil, err
	}
	list := make([]entra.Raw, len(found))
	for i, row := range found {
		if err := entra.CheckSyntax(row.Raw); err != nil {
			return nil, fmt.Errorf("the row of %s in %s: %w", key, id, err)
		}
		list[i] = row.Raw
	}
	return list, nil
}

// row is the row with a key; nil where there is none.
func (e *editor) row(id snapshot.SectionID, key string) (entra.Raw, error) {
	rows, err := e.rows(id, key)
	if len(rows) == 0 || err != nil {
		return nil, err
	}
	return rows[len(rows)-1], nil
}

// all are the rows of a section of few rows, as changed so far.
func (e *editor) all(id snapshot.SectionID) ([]entra.Raw, error) {
	spec, _ := snapshot.Spec(id)
	var list []entra.Raw
	for row, err := range e.stored.Rows(e.ctx, id) {
		if err != nil {
			return nil, err
		}
		if err := entra.CheckSyntax(row.Raw); err != nil {
			return nil, fmt.Errorf("line %d of %s: %w", row.Line, row.File, err)
		}
		if _, edited := e.edits[id][strings.ToLower(entra.Text(row.Raw, entra.Pointer(spec.Key)))]; !edited {
			list = append(list, row.Raw.Clone())
		}
	}
	for _, key := range slices.Sorted(maps.Keys(e.edits[id])) {
		list = append(list, e.edits[id][key]...)
	}
	return list, nil
}

// complete tells whether every row there is of a section is known.
func (e *editor) complete(id snapshot.SectionID) bool {
	return e.stored.Status(id).State == snapshot.Complete
}

// put sets the rows with a key.
func (e *editor) put(id snapshot.SectionID, key string, rows ...entra.Raw) error {
	if state := e.stored.Status(id); !state.State.HasRows() {
		return fmt.Errorf("the snapshot has no %s (%s), so a change to them cannot be judged; collect them first", id, state.State)
	}
	if e.edits[id] == nil {
		e.edits[id] = snapshot.Edits{}
	}
	e.edits[id][strings.ToLower(key)] = rows
	return nil
}

// newID makes an id for an object that Graph would give one: a GUID of version 8 made
// of what the object holds and how many requests came before, so that the same change
// gives the same ids.
func (e *editor) newID(body entra.Raw) string {
	h := sha256.Sum256(fmt.Appendf(nil, "%d %s", len(e.steps), body))
	h[6], h[8] = h[6]&0x0f|0x80, h[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[0:4], h[4:6], h[6:8], h[8:10], h[10:16])
}

// allowed refuses members that a kind of object does not have. Annotations of OData
// say nothing to Graph; links, which do, are taken out before.
func allowed(body entra.Raw, names ...string) error {
	for _, name := range parseObject(body).names {
		annotation := strings.Contains(name, "@odata.") && !strings.HasSuffix(name, "@odata.bind") || strings.HasPrefix(name, "#")
		if !annotation && !slices.Contains(names, name) {
			return fmt.Errorf("the member %q is not understood here; what is: %s", name, strings.Join(names, ", "))
		}
	}
	return nil
}

// allowedBeside is allowed for an object that takes the place of another one: what that
// one has is understood, or is at least nothing new.
func allowedBeside(body, old entra.Raw, names ...string) error {
	return allowed(body, append(parseObject(old).names, names...)...)
}

// link is the last step of a URL, as references are written.
func link(text string) string {
	if path, err := pathOf(text); err == nil {
		return path[len(path)-1]
	}
	return ""
}

func label(kind, name, id string) string {
	if name == "" {
		return kind + " " + id
	}
	return fmt.Sprintf("%s %q", kind, name)
}

// checked refuses an object that this program could not read.
func checked[T any](raw entra.Raw) (*T, error) {
	v := new(T)
	if err := entra.Decode(raw, v); err != nil {
		return nil, err
	}
	return v, nil
}
