package collect

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient"
)

// job is the reading of one section.
type job struct {
	r    *run
	spec Section
	sw   *snapshot.SectionWriter
	// learn takes of a row what later sections need.
	learn func(*run, entra.Raw)

	entry snapshot.SectionEntry
	// gaps say why a section is partial that was read to its end otherwise.
	gaps []string
	// notes go into the reason without changing the state.
	notes []string

	// done names the slices that earlier runs read to their end, old holds the keys of
	// the rows they left that may come again.
	done  map[string]bool
	old   *idSet
	edges map[string]bool // of the slices of a log
	// ended names the slices that were read to their end since the last commit.
	ended     []string
	committed time.Time
	rows      int // at the last commit
	// most bounds the rows of a listing that would not end.
	most bound
	// announced tells that the total was said.
	announced bool
	// retry marks a section that a later run should go on with although it was settled.
	retry bool
}

// end says that a slice was read to its end. Now and then what was read so far is
// made sure of, so that an interrupted run goes on from there. After a gap nothing
// more is: a later run is to fill it.
func (j *job) end(slice ...string) error {
	j.ended = append(j.ended, slice...)
	now := j.r.opts.Now()
	if j.retry || now.Sub(j.committed) < j.r.opts.Checkpoint && j.sw.Objects()-j.rows < snapshot.SegmentRows {
		return nil
	}
	if err := j.sw.Commit(j.ended...); err != nil {
		return fatal(fmt.Errorf("collect: %w", err))
	}
	j.ended, j.committed, j.rows = nil, now, j.sw.Objects()
	return nil
}

// append makes rows part of the section.
func (j *job) append(rows ...entra.Raw) error {
	if len(rows) == 0 {
		return nil
	}
	if err := j.sw.Append(rows...); err != nil {
		return fatal(fmt.Errorf("collect: %w", err))
	}
	if j.learn != nil {
		for _, row := range rows {
			j.learn(j.r, row)
		}
	}
	j.r.emit(Event{Kind: Rows, Section: j.spec.ID, Rows: j.sw.Objects()})
	if n := j.r.expected.Load(); n > 0 && !j.announced && j.spec.ID == snapshot.UserRegistrationDetails && j.r.people == nil {
		j.announced = true
		j.total(int(n)) // a row for each enabled account
	}
	return nil
}

// total says how many rows the section will have, about.
func (j *job) total(n int) { j.r.emit(Event{Kind: Total, Section: j.spec.ID, Rows: n}) }

// counted is a number with what is counted.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func (j *job) gap(format string, args ...any) { j.gaps = append(j.gaps, fmt.Sprintf(format, args...)) }
func (j *job) note(format string, args ...any) {
	j.notes = append(j.notes, fmt.Sprintf(format, args...))
}

// lacking takes note of a part of a row that could not be read. Where it is not offered
// at all nothing is missing that could be had; otherwise a later run is to try again.
func (j *job) lacking(err error, format string, args ...any) {
	if refusedWith(err, http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented) {
		j.note(format, args...)
		return
	}
	j.retry = true
	j.gap(format, args...)
}

// bound is how many rows there can be when so many were read; 0 if that is not known.
func (j *job) bound(ctx context.Context, rows int) int {
	if j.most == nil {
		return 0
	}
	return j.most(ctx, j, rows)
}

// get reads one object.
func (j *job) get(ctx context.Context, req graphclient.Request) (entra.Raw, error) {
	j.entry.Request = req.String()
	raw, err := j.r.client.Get(ctx, req)
	if err != nil {
		return nil, err
	}
	return whole(raw)
}

// settle turns what became of the reading into the section's entry.
func (j *job) settle(ctx context.Context, err error) snapshot.SectionEntry {
	e := j.entry
	if err != nil {
		c := j.r.classify(ctx, j.spec, err, j.sw.Objects())
		e.State, e.Reason, e.Status, e.Code, e.Needs = c.State, c.Reason, c.Status, c.Code, c.Needs
		if e.State == snapshot.Partial {
			e.Unfinished = j.sw.Committed()
		}
		return e
	}
	if e.State != "" {
		return e // decided by the reader itself
	}
	e.State = snapshot.Complete
	var why []string
	if spec, _ := snapshot.Spec(j.spec.ID); spec.PerUser && j.r.opts.Scope.narrowed() {
		e.State, why = snapshot.Partial, []string{snapshot.ReasonScope}
		if j.spec.ID != snapshot.AuthenticationMethods && j.r.cutPeople() { // which says so itself
			j.gap("the people of the groups were not read to the end")
		}
	}
	if len(j.gaps) > 0 {
		e.State, why = snapshot.Partial, append(why, j.gaps...)
		if j.retry {
			e.Unfinished = j.sw.Committed()
		}
	}
	e.Reason = strings.Join(append(why, j.notes...), "; ")
	return e
}
