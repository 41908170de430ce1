package collect

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient"
)

// DefaultSince is how far back events are read.
const DefaultSince = 30 * 24 * time.Hour

// DefaultCheckpoint is how often at least a run makes sure of what it has.
const DefaultCheckpoint = 10 * time.Second

// DefaultPartition is from how many accounts on they are read in parts.
const DefaultPartition = 100_000

// DefaultLogTime is how long one log is read at most.
const DefaultLogTime = 30 * time.Minute

// Options says what to collect and where to put it. Only Dir is needed.
type Options struct {
	// Dir is the snapshot's folder; it must be empty or absent, unless Resume is set.
	Dir string
	// Resume goes on with the snapshot in Dir where an earlier run was interrupted or
	// refused; scope, sections and the span of events are then those of that run. A
	// snapshot that was not begun yet is begun.
	Resume bool
	// Checkpoint is how long a run may work on what an interruption undoes; 0 stands
	// for DefaultCheckpoint. Slices of a section are never cut for it.
	Checkpoint time.Duration
	// LogTime bounds how long sign-ins, and how long audits, are read; 0 stands for
	// DefaultLogTime. What was not read of them by then is the oldest part.
	LogTime time.Duration

	Encoding snapshot.Encoding
	Tool     snapshot.Tool

	// Partition is from how many accounts on they are read in parts, each of which is a
	// slice; 0 stands for DefaultPartition.
	Partition int

	// Cloud is recorded. TenantID names the tenant where the organization cannot be
	// read.
	Cloud    string
	TenantID string

	// Scope narrows the run; the zero value is the whole tenant.
	Scope Scope
	// Since is how far back sign-ins and audits are read; 0 stands for DefaultSince.
	Since time.Duration

	// Sections are the sections to read, together with those they require. nil
	// stands for all but the optional ones. Optional adds all the optional ones.
	Sections []snapshot.SectionID
	Optional bool

	// BetaSignIns reads sign-ins from Graph's beta version, which tells by which methods
	// people signed in, and which Microsoft may change at any time. The default is v1.0,
	// and beta where that does not have them.
	BetaSignIns bool

	// Events is told what happens, by one call at a time. It must not block.
	Events func(Event)

	// Now is the clock for how long things took, and the whole clock where Graph
	// sends no Date. nil stands for time.Now.
	Now func() time.Time
}

// Scope is the part of a tenant to collect: one user by user principal name or
// id, or the people of some groups by id, or everything.
type Scope struct {
	User   string
	Groups []string
	// NamedGroups are ids of groups that policies name which this run may not be able to
	// read: they are read as if the policies were.
	NamedGroups []string
}

func (s Scope) narrowed() bool { return s.User != "" || len(s.Groups) > 0 }

// EventKind tells events apart.
type EventKind string

const (
	Started EventKind = "started" // a section is being read
	Total   EventKind = "total"   // so many rows are expected, about
	Rows    EventKind = "rows"    // so many rows of it were read so far
	Waiting EventKind = "waiting" // Graph asked to wait, or a read is tried again
	Done    EventKind = "done"    // a section is settled
)

// Event is progress. It names no people.
type Event struct {
	Kind    EventKind
	Section snapshot.SectionID // empty for waits, which concern a bucket
	Rows    int
	State   snapshot.State     // of Done
	Reason  string             // of Done
	Bucket  graphclient.Bucket // of Started and Waiting
	Wait    time.Duration
}

// WaitEvent makes an event of what a client's OnWait is told, so that waits can
// be shown beside the rest.
func WaitEvent(b graphclient.Bucket, d time.Duration, _ error) Event {
	return Event{Kind: Waiting, Bucket: b, Wait: d}
}

// Result is what became of a run.
type Result struct {
	Tenant  snapshot.Tenant
	TakenAt time.Time
	// Sections holds the manifest's entries; sections that a cancelled run did not
	// come to are missing.
	Sections map[snapshot.SectionID]snapshot.SectionEntry
	// Requests counts what was sent to Graph.
	Requests int64
}

// NotFoundError says that what a run was to be narrowed to is not in the tenant.
// It does not repeat the name, which may be a person's.
type NotFoundError struct {
	What string // "user" or "group"
	ID   string // the group's id; empty for users
	// Near are user principal names that begin like the one that was asked for. They are
	// not part of the error's text.
	Near []string
	Err  error
}

func (e *NotFoundError) Error() string {
	if e.ID != "" {
		return "no " + e.What + " " + e.ID + " in this tenant"
	}
	return "no such " + e.What + " in this tenant"
}

func (e *NotFoundError) Unwrap() error { return e.Err }

// settle checks options and fills in defaults.
func (o *Options) settle() error {
	if o.Dir == "" {
		return errors.New("collect: no folder to write to")
	}
	// A folder that cannot be used is better known before the first request.
	entries, err := os.ReadDir(o.Dir)
	switch {
	case o.Resume:
	case err == nil && len(entries) > 0:
		return fmt.Errorf("collect: %s is not empty; name a new folder, remove what is there, or go on with it by --resume", o.Dir)
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("collect: %w", err)
	}
	return o.check()
}

// check is settle but for the folder.
func (o *Options) check() error {
	if o.Since < 0 {
		return fmt.Errorf("collect: events since %s ago lie in the future", o.Since)
	}
	if o.Since == 0 {
		o.Since = DefaultSince
	}
	if o.Checkpoint == 0 {
		o.Checkpoint = DefaultCheckpoint
	}
	if o.Partition == 0 {
		o.Partition = DefaultPartition
	}
	if o.LogTime == 0 {
		o.LogTime = DefaultLogTime
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Scope.User != "" && len(o.Scope.Groups) > 0 {
		return errors.New("collect: narrow to one user or to groups, not to both")
	}
	for _, g := range o.Scope.Groups {
		if _, ok := parseGUID(g); !ok {
			return errors.New("collect: groups are named by their object id")
		}
	}
	for _, id := range o.Sections {
		if _, ok := snapshot.Spec(id); !ok {
			return fmt.Errorf("collect: there is no section %q", id)
		}
	}
	return nil
}

// wanted settles which sections are read.
func (o *Options) wanted(catalogue []Section) map[snapshot.SectionID]bool {
	all := map[snapshot.SectionID]bool{}
	var add func(id snapshot.SectionID)
	add = func(id snapshot.SectionID) {
		if all[id] {
			return
		}
		all[id] = true
		if s, ok := section(catalogue, id); ok {
			for _, r := range s.Requires {
				add(r)
			}
		}
	}
	for _, s := range catalogue {
		asked := o.Sections == nil && !s.Optional || slices.Contains(o.Sections, s.ID)
		if asked || s.Optional && o.Optional {
			add(s.ID)
		}
	}
	if o.Scope.narrowed() {
		// Who is in scope decides what is read of every other per-user section.
		add(snapshot.Users)
	}
	return all
}
