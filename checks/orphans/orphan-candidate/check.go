// Package orphancandidate finds people who go on using a passkey that was deleted in
// Entra and is left on their device.
package orphancandidate

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/activity"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-ORPH-001.
var Check = &audit.Check{
	ID:       "PK-ORPH-001",
	Slug:     "orphan-candidate",
	Doc:      audit.MustDoc(doc),
	Problem:  5,
	Severity: audit.Low,
	Reads: []audit.Read{
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.SignIns, Gap: audit.Hides},
		{Section: snapshot.DirectoryAudits, Gap: audit.Hides},
	},
	Facts: []audit.AnyFact{population.Users, activity.SignIns, activity.Changes},
	Run:   run,
}

func run(ctx context.Context, p *audit.Pass) error {
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return err
	}
	log, err := audit.Get(ctx, p, activity.SignIns)
	if err != nil {
		return err
	}
	changes, err := audit.Get(ctx, p, activity.Changes)
	if err != nil {
		return err
	}
	var people audit.Builder
	var tries []activity.Event
	var deletions []activity.Change
	last, undated, unnamed := uint32(0), 0, 0
	for e := range log.Events(activity.KeyUnknown) {
		if !activity.KeyNotFound(e.Code) || !dir.People.Has(e.Account) || len(tries) > 0 && e.Account == last {
			continue
		}
		deleted, found := changes.Last(e.Account, func(c activity.Change) bool { return c.IsPasskey(activity.Deleted) && !c.At.After(e.At) })
		if e.At.IsZero() || found && deleted.At.IsZero() {
			undated++
			continue
		}
		if _, some := changes.Last(e.Account, func(c activity.Change) bool {
			return c.What == activity.Deleted && c.Method == activity.UnknownMethod && !c.At.After(e.At)
		}); some && !found {
			unnamed++
		}
		if found {
			last = e.Account
			people.Add(e.Account)
			tries, deletions = append(tries, e), append(deletions, deleted)
		}
	}
	if undated > 0 {
		p.Lacks(snapshot.SignIns, audit.Hides, "some sign-ins or deletions do not say when they were")
	}
	if unnamed > 0 {
		p.Lacks(snapshot.DirectoryAudits, audit.Hides, "deletions before a key was not found do not say which method was deleted")
	}
	if len(tries) == 0 {
		return nil
	}
	quoted := min(len(tries), methods.QuotedPeople)
	evidence, err := activity.QuoteChanges(ctx, p, deletions[:quoted], func(_ activity.Change, row audit.KeyedRow) []audit.Evidence {
		return []audit.Evidence{
			audit.Quote(snapshot.DirectoryAudits, row.Key, row.Raw, "/activityDisplayName", "a passkey of the person was deleted in Entra"),
			audit.Quote(snapshot.DirectoryAudits, row.Key, row.Raw, "/activityDateTime", "when it was deleted"),
		}
	})
	if err != nil {
		return err
	}
	tried, err := activity.QuoteEvents(ctx, p, tries[:quoted], func(_ activity.Event, row audit.KeyedRow) []audit.Evidence {
		return []audit.Evidence{
			audit.Quote(snapshot.SignIns, row.Key, row.Raw, entra.Pointer("status", "errorCode"), "a sign-in with a key that is not registered for the person"),
			audit.Quote(snapshot.SignIns, row.Key, row.Raw, "/createdDateTime", "when it was tried, after the deletion"),
		}
	})
	if err != nil {
		return err
	}
	set := people.Set()
	newest := tries[0].At
	for _, e := range tries {
		if e.At.After(newest) {
			newest = e.At
		}
	}
	p.Report(audit.Finding{
		Certainty: audit.Likely,
		Message: fmt.Sprintf("%s a key that Entra does not have (135010, 135001), last on %s, after a passkey of theirs had been deleted in Entra: "+
			"the copy on the device is probably still there. The sign-in log names no key, so it may have been another one. Ask them: which passkeys does the device "+
			"still list for this account?",
			audit.PeopleDo(set.Count(), "tried to sign in with", "tried to sign in with"), newest.Format(time.DateOnly)),
		Subject:  audit.Subject{Type: audit.SubjectTenant},
		Affected: audit.People(set, dir),
		Evidence: append(evidence, tried...),
		Fix: []audit.Step{{Change: "Have them delete the old passkey on the device, in Authenticator, the password manager or the key's own settings, " +
			"and register a new one if they have no other."}},
	})
	return nil
}
