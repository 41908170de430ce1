package collect

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient"
)

// run is one collection.
type run struct {
	client    *graphclient.Client
	opts      Options
	catalogue []Section
	asked     map[snapshot.SectionID]bool
	w         *snapshot.Writer
	licences  *licences

	began   time.Time // by Options.Now
	beganAt time.Time // the same by Graph
	takenAt time.Time // by Graph; of the first of several runs
	from    time.Time // where events begin
	tenant  snapshot.Tenant
	org     answer
	people  *people // nil for a whole tenant

	done map[snapshot.SectionID]chan struct{} // closed when a section is settled

	// What one section leaves for another; read after the first is done.
	refs     references
	groups   []string // found, in order
	accounts accounts
	report   report
	skus     []entra.Raw
	sizeOnce sync.Once
	total    int          // accounts, by Graph's count
	counted  bool         // total is known
	expected atomic.Int64 // total, for the report's progress; 0 until it is known
	refused  int          // accounts whose methods were refused

	// before are the entries that this run found; changed are sections that came out otherwise than in an earlier run.
	before  map[snapshot.SectionID]snapshot.SectionEntry
	changed map[snapshot.SectionID]bool

	mu      sync.Mutex
	entries map[snapshot.SectionID]snapshot.SectionEntry
	lost    error // why no further request can succeed

	eventMu sync.Mutex
}

// answer is an object that was read before its section was begun.
type answer struct {
	raw entra.Raw
	err error
}

// Run reads a tenant into a new snapshot. Sections that cannot be read are
// recorded as such and are no error. The errors are: Graph cannot be reached or
// does not take the token at all, the user or group asked for is not there (a
// *[NotFoundError]), the snapshot cannot be written, and the end of ctx. After the
// last of these the snapshot holds the sections that were finished. The result is
// not nil once there is a snapshot.
func Run(ctx context.Context, client *graphclient.Client, opts Options) (*Result, error) {
	if err := opts.settle(); err != nil {
		return nil, err
	}
	r := &run{
		client: client, opts: opts, catalogue: Catalogue(), began: opts.Now(),
		licences: &licences{client: client}, refs: references{}, report: report{listed: &idSet{}, strong: &idSet{}},
		before: map[snapshot.SectionID]snapshot.SectionEntry{}, changed: map[snapshot.SectionID]bool{},
		entries: map[snapshot.SectionID]snapshot.SectionEntry{},
		done:    map[snapshot.SectionID]chan struct{}{},
	}
	for _, s := range r.catalogue {
		r.done[s.ID] = make(chan struct{})
	}
	if opts.Resume {
		if finished, err := r.resume(); err != nil {
			return nil, err
		} else if finished {
			return r.result(), nil
		}
	}
	if err := r.begin(ctx); err != nil {
		if r.w != nil {
			err = errors.Join(err, r.w.Close())
		}
		return nil, err
	}
	err := r.collect(ctx)
	if cerr := r.w.Close(); cerr != nil && err == nil {
		err = fmt.Errorf("collect: %w", cerr)
	}
	return r.result(), err
}

func (r *run) result() *Result {
	return &Result{Tenant: r.tenant, TakenAt: r.takenAt, Sections: maps.Clone(r.entries), Requests: r.client.Requests()}
}

// begin sends the first requests, which tell time and tenant, and makes the
// snapshot.
func (r *run) begin(ctx context.Context) error {
	r.org.raw, r.org.err = firstRow(ctx, r.client, graphclient.Organization())
	if err := r.org.err; err != nil {
		var guard *graphclient.GuardError
		var host *graphclient.HostError
		_, answered := r.client.Now()
		switch {
		case ctx.Err() != nil:
			return fmt.Errorf("collect: %w", context.Cause(ctx))
		case lostToken(err):
			return fmt.Errorf("collect: Graph does not take the token; check the cloud and the credentials: %w", err)
		case !answered, errors.As(err, &guard), errors.As(err, &host):
			return fmt.Errorf("collect: %w", err)
		}
	}
	r.beganAt = r.began
	if t, ok := r.client.Now(); ok {
		r.beganAt = t
	}
	r.beganAt = r.beganAt.UTC().Truncate(time.Second)
	tenant := tenantOf(r.org.raw, r.opts.TenantID)
	if r.w != nil {
		if err := r.same(tenant); err != nil {
			return err
		}
		return r.resolveScope(ctx)
	}
	r.asked = r.opts.wanted(r.catalogue)
	r.tenant, r.takenAt = tenant, r.beganAt
	r.from = r.takenAt.Add(-r.opts.Since).Truncate(time.Second)
	if err := r.resolveScope(ctx); err != nil {
		return err
	}
	m := snapshot.Manifest{
		Tenant: r.tenant, Cloud: r.opts.Cloud, Scope: r.people.scope(),
		StartedAt: stamp(r.takenAt), TakenAt: stamp(r.takenAt), Plan: r.plan(),
	}
	if r.opts.Tool != (snapshot.Tool{}) {
		m.Tool = &r.opts.Tool
	}
	var err error
	if r.w, err = snapshot.Create(r.opts.Dir, m, r.opts.Encoding); err != nil {
		return fmt.Errorf("collect: %w", err)
	}
	return nil
}

// collect reads all sections. Reports have a limit of their own, of five requests
// in ten seconds, so they are read beside the rest.
func (r *run) collect(outer context.Context) error {
	for _, s := range r.catalogue {
		if !r.asked[s.ID] {
			if err := r.skip(s.ID, snapshot.SectionEntry{State: snapshot.NotCollected, Reason: ReasonNotAsked}); err != nil {
				return err
			}
		}
	}
	ctx, cancel := context.WithCancelCause(outer)
	defer cancel(nil)
	lanes := map[bool][]step{}
	for _, st := range steps {
		s, _ := section(r.catalogue, st.id)
		reports := s.Bucket == graphclient.BucketReports
		lanes[reports] = append(lanes[reports], st)
	}
	errs := make([]error, len(lanes))
	var wg sync.WaitGroup
	for i, reports := range []bool{false, true} {
		wg.Go(func() {
			if errs[i] = r.lane(ctx, lanes[reports]); errs[i] != nil {
				cancel(errs[i]) // the other lane waits for sections that will not come
			}
		})
	}
	wg.Wait()
	switch err := errors.Join(errs...); {
	case err == nil:
		return nil
	case outer.Err() != nil:
		return fmt.Errorf("collect: %w", context.Cause(outer))
	default:
		return context.Cause(ctx) // what failed first; the rest followed from it
	}
}

// lane reads sections one after the other.
func (r *run) lane(ctx context.Context, lane []step) error {
	for _, st := range lane {
		if !r.asked[st.id] {
			continue
		}
		before := st.after
		if r.people != nil {
			before = slices.Concat(before, st.narrowed)
		}
		for _, id := range before {
			select {
			case <-r.done[id]:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		if err := r.section(ctx, st); err != nil {
			return err
		}
	}
	return nil
}

// section reads one section and records what became of it.
func (r *run) section(ctx context.Context, st step) error {
	spec, _ := section(r.catalogue, st.id)
	if lost := r.lostToken(); lost != nil && !r.w.Entry(st.id).State.HasRows() && r.w.Entry(st.id).Unfinished == nil {
		return r.skip(st.id, r.classify(ctx, spec, lost, 0))
	}
	if st.id == snapshot.Users {
		r.accounts.keys = &idSet{}
	}
	if r.settled(st) {
		return r.recall(ctx, st)
	}
	j, err := r.open(ctx, st, spec)
	if err != nil {
		return err
	}
	r.emit(Event{Kind: Started, Section: st.id, Bucket: spec.Bucket, Rows: j.sw.Objects()})
	started := r.now()
	err = st.read(ctx, j)
	var stop *fatalError
	switch {
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	case errors.As(err, &stop):
		err = stop.err
	default:
		if err != nil && lostToken(err) {
			r.lose(err)
		}
		entry := j.settle(ctx, err)
		if ctx.Err() != nil { // while asking for licences
			err = context.Cause(ctx)
			break
		}
		entry.StartedAt, entry.CompletedAt = stamp(started), stamp(r.now())
		return r.finish(ctx, st, j, entry)
	}
	// What was read of an unfinished section stays as far as it was committed.
	return errors.Join(err, j.sw.Suspend())
}

// finish makes what was read of a section part of the snapshot.
func (r *run) finish(ctx context.Context, st step, j *job, entry snapshot.SectionEntry) error {
	more, err := r.gotMore(ctx, st, j)
	if err != nil {
		return errors.Join(err, j.sw.Suspend())
	}
	if before := j.sw.Before(); more && entry.State != snapshot.Complete {
		if err := j.sw.Suspend(); err != nil {
			return fmt.Errorf("collect: %w", err)
		}
		r.record(st.id, *before)
		return nil
	}
	if err := j.sw.Finish(entry); err != nil {
		return fmt.Errorf("collect: %w", err)
	}
	if entry.State.HasRows() {
		rows := j.sw.Objects()
		entry.Objects = &rows
	}
	r.note(st.id, entry)
	r.record(st.id, entry)
	return nil
}

// skip records a section that is not read.
func (r *run) skip(id snapshot.SectionID, entry snapshot.SectionEntry) error {
	if err := r.w.Skip(id, entry); err != nil {
		return fmt.Errorf("collect: %w", err)
	}
	r.record(id, entry)
	return nil
}

func (r *run) record(id snapshot.SectionID, entry snapshot.SectionEntry) {
	r.mu.Lock()
	r.entries[id] = entry
	r.mu.Unlock()
	close(r.done[id])
	rows := 0
	if entry.Objects != nil {
		rows = *entry.Objects
	}
	r.emit(Event{Kind: Done, Section: id, Rows: rows, State: entry.State, Reason: entry.Reason})
}

// entryOf is the entry of a section that is done.
func (r *run) entryOf(id snapshot.SectionID) snapshot.SectionEntry {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.entries[id]
}

func (r *run) lose(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lost == nil {
		r.lost = err
	}
}

func (r *run) lostToken() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lost
}

func (r *run) emit(e Event) {
	if r.opts.Events == nil {
		return
	}
	r.eventMu.Lock()
	defer r.eventMu.Unlock()
	r.opts.Events(e)
}

// now is Graph's clock, carried on by ours.
func (r *run) now() time.Time { return r.beganAt.Add(r.opts.Now().Sub(r.began)) }

func stamp(t time.Time) string { return t.UTC().Truncate(time.Second).Format(time.RFC3339) }
