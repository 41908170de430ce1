package collect

import (
	"context"
	"fmt"
	"strings"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient"
)

// job is the reading of one section.
type job struct {
	r    *run
	spec Section
	sw   *snapshot.SectionWriter

	entry snapshot.SectionEntry
	// gaps say why a section is partial that was read to its end otherwise.
	gaps []string
	// notes go into the reason without changing the state.
	notes []string
}

// append makes rows part of the section.
func (j *job) append(rows ...entra.Raw) error {
	if len(rows) == 0 {
		return nil
	}
	if err := j.sw.Append(rows...); err != nil {
		return fatal(fmt.Errorf("collect: %w", err))
	}
	j.r.emit(Event{Kind: Rows, Section: j.spec.ID, Rows: j.sw.Objects()})
	return nil
}

func (j *job) gap(format string, args ...any) { j.gaps = append(j.gaps, fmt.Sprintf(format, args...)) }
func (j *job) note(format string, args ...any) {
	j.notes = append(j.notes, fmt.Sprintf(format, args...))
}

// get reads one object.
func (j *job) get(ctx context.Context, req graphclient.Request) (entra.Raw, error) {
	j.entry.Request = req.String()
	return j.r.client.Get(ctx, req)
}

// settle turns what became of the reading into the section's entry.
func (j *job) settle(ctx context.Context, err error) snapshot.SectionEntry {
	e := j.entry
	if err != nil {
		c := j.r.classify(ctx, j.spec, err, j.sw.Objects())
		e.State, e.Reason, e.Status, e.Code, e.Needs = c.State, c.Reason, c.Status, c.Code, c.Needs
		return e
	}
	if e.State != "" {
		return e // decided by the reader itself
	}
	e.State = snapshot.Complete
	var why []string
	if spec, _ := snapshot.Spec(j.spec.ID); spec.PerUser && j.r.opts.Scope.narrowed() {
		e.State, why = snapshot.Partial, []string{snapshot.ReasonScope}
	}
	if len(j.gaps) > 0 {
		e.State, why = snapshot.Partial, append(why, j.gaps...)
	}
	e.Reason = strings.Join(append(why, j.notes...), "; ")
	return e
}
