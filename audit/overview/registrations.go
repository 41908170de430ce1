package overview

import (
	"context"
	"maps"
	"slices"
	"time"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/activity"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

// Registrations is how registering went, day by day in UTC. Days without any event
// are not listed.
type Registrations struct {
	// From is the first day that both logs cover, as far as is known; empty where it
	// is not.
	From string `json:"from,omitzero"`
	Days []Day  `json:"days"`
}

// Day counts people, each once a day.
type Day struct {
	Date string `json:"date"`
	// Refused: a policy ended the sign-in by which they wanted to register security
	// information. Of one person the newest events of the log are kept, not all.
	Refused int `json:"refused"`
	// Registered: a passkey was registered for them. Nil where the audit log was not
	// read.
	Registered *int `json:"registered,omitzero"`
}

// registrations folds both logs. Without a sign-in log nobody knows what was refused.
func registrations(ctx context.Context, run *audit.Run, dir *population.Directory) (*Registrations, error) {
	if state := run.Snapshot().Status(snapshot.SignIns).State; !state.HasRows() {
		return nil, &audit.MissingError{Section: snapshot.SignIns, What: "the log was not read"}
	}
	log, err := audit.Evaluate(ctx, run, activity.SignIns)
	if err != nil {
		return nil, err
	}
	changes, err := audit.Evaluate(ctx, run, activity.Changes)
	if err != nil {
		return nil, err
	}
	refused, registered := byDay{}, byDay{}
	for e := range log.Events(activity.RegistrationRefused) {
		refused.add(dir, e.Account, e.At)
	}
	passkey := func(c activity.Change) bool { return c.IsPasskey(activity.Registered) }
	for n := range changes.With(passkey).All() {
		for _, c := range changes.Of(n) {
			if passkey(c) {
				registered.add(dir, n, c.At)
			}
		}
	}
	audited := run.Snapshot().Status(snapshot.DirectoryAudits).State.HasRows()
	out := &Registrations{From: log.Window.Since(), Days: []Day{}}
	if audited {
		out.From = max(out.From, changes.Window.Since())
	}
	dates := map[string]bool{}
	for _, days := range []byDay{refused, registered} {
		for date := range days {
			dates[date] = true
		}
	}
	for _, date := range slices.Sorted(maps.Keys(dates)) {
		day := Day{Date: date, Refused: len(refused[date])}
		if audited {
			n := len(registered[date])
			day.Registered = &n
		}
		out.Days = append(out.Days, day)
	}
	return out, nil
}

// byDay is people by the day on which something happened to them.
type byDay map[string]map[uint32]bool

func (d byDay) add(dir *population.Directory, account uint32, at time.Time) {
	if at.IsZero() || !dir.People.Has(account) {
		return
	}
	date := at.UTC().Format(time.DateOnly)
	if d[date] == nil {
		d[date] = map[uint32]bool{}
	}
	d[date][account] = true
}
