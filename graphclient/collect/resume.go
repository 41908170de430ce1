package collect

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
)

// longestPause is how much later a snapshot may be gone on with: what was read of a
// tenant at very different times does not fit together.
const longestPause = 72 * time.Hour

// plan is what the manifest says a run set out to read.
func (r *run) plan() *snapshot.Plan {
	p := &snapshot.Plan{From: stamp(r.from)}
	for _, s := range r.catalogue {
		if r.asked[s.ID] {
			p.Sections = append(p.Sections, s.ID)
		}
	}
	return p
}

// resume opens the snapshot of an earlier run. It is not there yet if that run came
// to nothing: then this run begins it. finished tells that nothing is left to read.
func (r *run) resume() (finished bool, err error) {
	r.w, err = snapshot.Resume(r.opts.Dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case errors.Is(err, snapshot.ErrNoManifest):
		return false, r.sweep()
	case err != nil:
		return false, fmt.Errorf("collect: resume %s: %w", r.opts.Dir, err)
	}
	m := r.w.Manifest()
	if m.Plan == nil {
		return false, errors.Join(fmt.Errorf("collect: %s was not made by 'collect', so there is nothing to resume", r.opts.Dir), r.w.Close())
	}
	r.asked = map[snapshot.SectionID]bool{}
	for _, id := range m.Plan.Sections {
		r.asked[id] = true
	}
	r.takenAt, err = time.Parse(time.RFC3339, m.TakenAt)
	if err == nil {
		r.from, err = time.Parse(time.RFC3339, m.Plan.From)
	}
	if err != nil {
		return false, errors.Join(fmt.Errorf("collect: resume %s: %w", r.opts.Dir, err), r.w.Close())
	}
	r.tenant = m.Tenant
	r.opts.Scope = Scope{}
	switch m.Scope.Kind {
	case snapshot.ScopeUser:
		r.opts.Scope.User = m.Scope.IDs[0]
	case snapshot.ScopeGroups:
		r.opts.Scope.Groups = m.Scope.IDs
	}
	for id := range r.asked {
		if !over(r.w.Entry(id)) {
			return false, nil
		}
	}
	for _, s := range r.catalogue {
		r.entries[s.ID] = r.w.Entry(s.ID)
	}
	return true, r.w.Close()
}

// sweep removes what a run leaves that was killed before there was a manifest.
func (r *run) sweep() error {
	entries, err := os.ReadDir(r.opts.Dir)
	if err != nil {
		return fmt.Errorf("collect: %w", err)
	}
	for _, e := range entries {
		if e.Name() != "sections" && e.Name() != "manifest.json.new" {
			return fmt.Errorf("collect: %s is no snapshot and not empty; name a new folder, or remove what is there", r.opts.Dir)
		}
	}
	root, err := os.OpenRoot(r.opts.Dir)
	if err != nil {
		return fmt.Errorf("collect: %w", err)
	}
	for _, e := range entries {
		err = errors.Join(err, root.Remove(e.Name())) // fails for a folder that is not empty
	}
	if err = errors.Join(err, root.Close()); err != nil {
		return fmt.Errorf("collect: %w", err)
	}
	return nil
}

// same refuses to go on with a snapshot of another tenant or of long ago.
func (r *run) same(tenant snapshot.Tenant) error {
	if r.org.err == nil && !strings.EqualFold(tenant.ID, r.tenant.ID) {
		return fmt.Errorf("collect: %s is a snapshot of tenant %s, but this is tenant %s", r.opts.Dir, r.tenant.ID, tenant.ID)
	}
	if age := r.beganAt.Sub(r.takenAt); age > longestPause {
		return fmt.Errorf("collect: %s was begun %d hours ago; what was read so far apart does not fit together, so collect into a new folder",
			r.opts.Dir, int(age.Hours()))
	}
	return nil
}

// over tells whether an earlier run came to the end of a section, as far as it can
// be told: what was refused may be granted by now.
func over(e snapshot.SectionEntry) bool {
	switch e.State {
	case snapshot.Complete:
		return true
	case snapshot.Partial:
		return e.Unfinished == nil
	}
	return false
}

// settled tells whether a section need not be read again.
func (r *run) settled(st step) bool { return over(r.w.Entry(st.id)) && !r.stale(st) }

// stale tells whether something changed that decides what is read of a section.
func (r *run) stale(st step) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(st.uses, func(id snapshot.SectionID) bool { return r.changed[id] })
}

// note remembers that a section which an earlier run had come to an end with came
// out otherwise. Sections that were in the middle of it change nothing: what rests
// on them was not read before.
func (r *run) note(id snapshot.SectionID, entry snapshot.SectionEntry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	before := r.before[id]
	unfinished := before.State == snapshot.NotCollected && before.Reason == snapshot.ReasonUnfinished
	if r.opts.Resume && !unfinished && (before.State != entry.State || before.State.HasRows()) {
		r.changed[id] = true
	}
}

// gotMore tells whether an earlier run read more of a section than this one. Rows that
// tell of nothing but a refusal are not counted.
func (r *run) gotMore(ctx context.Context, st step, j *job) (bool, error) {
	before := j.sw.Before()
	if before == nil || j.sw.Objects() >= *before.Objects {
		return false, nil
	}
	if st.id != snapshot.AuthenticationMethods {
		return true, nil
	}
	got := *before.Objects
	for row, err := range r.w.Rows(ctx, st.id) {
		if ctx.Err() != nil {
			return false, context.Cause(ctx)
		}
		if err != nil {
			return false, fmt.Errorf("collect: read what was collected before: %w", err)
		}
		if tellsRefusal(row.Raw) {
			got--
		}
	}
	return j.sw.Objects()-r.refused < got, nil
}

// open starts or goes on with a section.
func (r *run) open(ctx context.Context, st step, spec Section) (*job, error) {
	entry := r.w.Entry(st.id)
	r.mu.Lock()
	r.before[st.id] = entry
	r.mu.Unlock()
	j := &job{r: r, spec: spec, learn: st.learn, done: map[string]bool{}, old: &idSet{}, committed: r.opts.Now()}
	j.entry.Request = spec.Requests[0]
	if st.anew && r.stale(st) {
		var err error
		if j.sw, err = r.w.Anew(st.id); err != nil {
			return nil, fmt.Errorf("collect: %w", err)
		}
		return j, nil
	}
	if entry.Unfinished != nil {
		for _, name := range entry.Unfinished.Done {
			j.done[name] = true
		}
	}
	format, _ := snapshot.Spec(st.id)
	log := st.id == snapshot.SignIns || st.id == snapshot.DirectoryAudits
	var err error
	j.sw, _, err = r.w.Continue(ctx, st.id, func(row entra.Raw) error {
		if st.learn != nil {
			st.learn(r, row)
		}
		if !log || r.people.oneUser() || j.atEdge(row) {
			if id := entra.Text(row, entra.Pointer(format.Key)); id != "" {
				j.old.add(id)
			}
		}
		return ctx.Err()
	})
	if err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, fmt.Errorf("collect: %w", err)
	}
	j.rows = j.sw.Objects()
	return j, nil
}

// recall takes from a section of an earlier run what later ones need.
func (r *run) recall(ctx context.Context, st step) error {
	entry := r.w.Entry(st.id)
	if st.learn != nil {
		for row, err := range r.w.Rows(ctx, st.id) {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err != nil {
				return fmt.Errorf("collect: read what was collected before: %w", err)
			}
			st.learn(r, row.Raw)
		}
	}
	switch st.id {
	case snapshot.SubscribedSkus:
		r.licences.learn(r.skus, entry.State == snapshot.Complete)
	case snapshot.UserRegistrationDetails:
		r.report.readable = true
	}
	r.record(st.id, entry)
	return nil
}
