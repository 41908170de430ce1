// Package phonegone finds passkeys in Authenticator whose phone may be gone.
package phonegone

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/lifecycle"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-ORPH-004.
var Check = &audit.Check{
	ID:       "PK-ORPH-004",
	Slug:     "phone-gone",
	Doc:      audit.MustDoc(doc),
	Problem:  5,
	Severity: audit.Medium,
	Reads: []audit.Read{
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.AuthenticationMethods, Gap: audit.Hides},
		{Section: snapshot.DirectoryAudits, Gap: audit.Hides},
		{Section: snapshot.SignIns, Gap: audit.Hides},
		// Without the list of devices nothing follows from one that is not on it.
		{Section: snapshot.Devices, Gap: audit.Hides},
		// The report names neither model nor time.
		{Section: snapshot.UserRegistrationDetails, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, lifecycle.GoneFromDevice},
	Run:   run,
}

func run(ctx context.Context, p *audit.Pass) error {
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return err
	}
	gone, err := audit.Get(ctx, p, lifecycle.GoneFromDevice)
	if err != nil {
		return err
	}
	deleted := gone.With(lifecycle.AppDeleted).And(dir.People)
	missing := gone.With(lifecycle.PhoneMissing).And(dir.People).Minus(deleted)
	people := deleted.Or(missing)
	if unsure := gone.Undated.And(dir.People).Minus(people); !unsure.Empty() {
		p.Lacks(snapshot.AuthenticationMethods, audit.Hides, fmt.Sprintf("when passkeys of %s were registered is not told", audit.PeoplePhrase(unsure.Count())))
	}
	if people.Empty() {
		return nil
	}
	evidence, err := lifecycle.QuoteSome(ctx, p, gone.All(lifecycle.AppDeleted, lifecycle.PhoneMissing), people)
	if err != nil {
		return err
	}
	var said []string
	if !deleted.Empty() {
		said = append(said, "of "+audit.PeoplePhrase(deleted.Count())+" an Authenticator entry was deleted after the passkey had been registered")
	}
	if !missing.Empty() {
		said = append(said, "of "+audit.PeoplePhrase(missing.Count())+" a registered phone that signed in is no longer among the tenant's devices")
	}
	p.Report(audit.Finding{
		Certainty: audit.Possible,
		Message: fmt.Sprintf("%s a passkey in Authenticator on a phone that may be gone: %s. Such a passkey is never restored on another phone, and Entra goes on listing it. "+
			"Ask them: do you still have the phone on which you registered it, with the same Authenticator?",
			audit.PeopleDo(people.Count(), "has", "have"), strings.Join(said, "; ")),
		Subject:  audit.Subject{Type: audit.SubjectTenant},
		Affected: audit.People(people, dir),
		Evidence: evidence,
		Fix: []audit.Step{audit.Do("If the phone is gone, have a passkey registered on the new one, and delete the old one in Entra. Delete it before a Temporary Access Pass is " +
			"issued: while it is registered Entra may insist on it.")},
	})
	return nil
}
