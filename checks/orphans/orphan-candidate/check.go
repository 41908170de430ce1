// Package orphancandidate finds people who go on using a passkey that was deleted in
// Entra and is left on their device.
package orphancandidate

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/lifecycle"
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
	Facts: []audit.AnyFact{population.Users, lifecycle.LeftOnDevice},
	Run:   run,
}

func run(ctx context.Context, p *audit.Pass) error {
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return err
	}
	left, err := audit.Get(ctx, p, lifecycle.LeftOnDevice)
	if err != nil {
		return err
	}
	if !left.Undated.And(dir.People).Empty() {
		p.Lacks(snapshot.SignIns, audit.Hides, "some sign-ins or deletions do not say when they were")
	}
	if !left.Unnamed.And(dir.People).Empty() {
		p.Lacks(snapshot.DirectoryAudits, audit.Hides, "deletions before a key was not found do not say which method was deleted")
	}
	people := left.With(lifecycle.Deleted).And(dir.People)
	if people.Empty() {
		return nil
	}
	var newest time.Time
	for c := range left.All(lifecycle.Deleted) {
		if !people.Has(c.Account) {
			continue
		}
		if c.Newest().After(newest) {
			newest = c.Newest()
		}
	}
	evidence, err := lifecycle.QuoteSome(ctx, p, left.All(lifecycle.Deleted), people)
	if err != nil {
		return err
	}
	p.Report(audit.Finding{
		Certainty: audit.Likely,
		Message: fmt.Sprintf("%s a key that Entra does not have (135010, 135001), last on %s, after a passkey of theirs had been deleted in Entra: "+
			"the copy on the device is probably still there. The sign-in log names no key, so it may have been another one. Ask them: which passkeys does the device "+
			"still list for this account?",
			audit.PeopleDo(people.Count(), "tried to sign in with", "tried to sign in with"), newest.Format(time.DateOnly)),
		Subject:  audit.Subject{Type: audit.SubjectTenant},
		Affected: audit.People(people, dir),
		Evidence: evidence,
		Fix: []audit.Step{audit.Do("Have them delete the old passkey on the device, in Authenticator, the password manager or the key's own settings, " +
			"and register a new one if they have no other.")},
	})
	return nil
}
