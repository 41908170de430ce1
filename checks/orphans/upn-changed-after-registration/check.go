// Package upnchangedafterregistration finds people whose passkey was registered under
// a former user principal name.
package upnchangedafterregistration

import (
	"context"
	_ "embed"
	"fmt"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/activity"
	"passkeyaudit/audit/facts/lifecycle"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-ORPH-003.
var Check = &audit.Check{
	ID:       "PK-ORPH-003",
	Slug:     "upn-changed-after-registration",
	Doc:      audit.MustDoc(doc),
	Problem:  5,
	Severity: audit.Medium,
	Reads: []audit.Read{
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.DirectoryAudits, Gap: audit.Hides},
		{Section: snapshot.AuthenticationMethods, Gap: audit.Hides},
		// The report has no times of registration.
		{Section: snapshot.UserRegistrationDetails, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, activity.Changes, methods.Holdings, lifecycle.RenamedSince},
	Run:   run,
}

func run(ctx context.Context, p *audit.Pass) error {
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return err
	}
	changes, err := audit.Get(ctx, p, activity.Changes)
	if err != nil {
		return err
	}
	held, err := audit.Get(ctx, p, methods.Holdings)
	if err != nil {
		return err
	}
	renames, err := audit.Get(ctx, p, lifecycle.RenamedSince)
	if err != nil {
		return err
	}
	if !changes.Names {
		p.Lacks(snapshot.DirectoryAudits, audit.Hides, "changes of user principal names were not collected; collect one person with --user, whose log is read in full, or the tenant again")
	}
	renamed := renames.Renamed.And(dir.People)
	if unknown := renamed.Minus(held.Known()).Or(renamed.And(held.Of(methods.Passkey)).Minus(held.Asked)); !unknown.Empty() {
		p.Lacks(snapshot.AuthenticationMethods, audit.Hides, fmt.Sprintf("when passkeys of %s with a new name were registered was not read", audit.PeoplePhrase(unknown.Count())))
	}
	people := renames.With(lifecycle.Renamed).And(dir.People)
	if unsure := renames.Undated.And(dir.People).Minus(people); !unsure.Empty() {
		p.Lacks(snapshot.AuthenticationMethods, audit.Hides, fmt.Sprintf("when passkeys of %s with a new name were registered is not told", audit.PeoplePhrase(unsure.Count())))
	}
	if people.Empty() {
		return nil
	}
	evidence, err := lifecycle.QuoteSome(ctx, p, renames.All(lifecycle.Renamed), people)
	if err != nil {
		return err
	}
	p.Report(audit.Finding{
		Message: fmt.Sprintf("%s a passkey registered before their user principal name was changed. A passkey cannot be updated with the new name: it has to be deleted and registered again (PF, 2026-03-08).",
			audit.PeopleDo(people.Count(), "holds", "hold")),
		Subject:  audit.Subject{Type: audit.SubjectTenant},
		Affected: audit.People(people, dir),
		Evidence: evidence,
		Fix: []audit.Step{audit.Do("Have them register a new passkey, and then delete the old one in Entra and on the device. " +
			"Somebody without another strong method needs a Temporary Access Pass first.")},
	})
	return nil
}
