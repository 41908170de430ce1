// Package phoneonlynosecondway finds people who lose every way to sign in with their
// phone.
package phoneonlynosecondway

import (
	"context"
	_ "embed"
	"fmt"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/facts/privilege"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-POST-008.
var Check = &audit.Check{
	ID:       "PK-POST-008",
	Slug:     "phone-only-no-second-way",
	Doc:      audit.MustDoc(doc),
	Problem:  0,
	Severity: audit.Info,
	Reads: []audit.Read{
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.AuthenticationMethodsPolicy, Gap: audit.Hides},
		{Section: snapshot.AuthenticationMethods, Gap: audit.Hides},
		// Who may use a phone hangs on groups.
		{Section: snapshot.Groups, Gap: audit.Hides},
		{Section: snapshot.GroupMembers, Gap: audit.Hides},
		{Section: snapshot.UserRegistrationDetails, Gap: audit.Refines},
		{Section: snapshot.Domains, Gap: audit.Refines},
		// Roles raise the severity.
		{Section: snapshot.RoleAssignments, Gap: audit.Refines},
		{Section: snapshot.RoleEligibility, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, privilege.Privileged, methods.Holdings, methods.PhoneBound},
	Run:   run,
}

func run(ctx context.Context, p *audit.Pass) error {
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return err
	}
	held, err := audit.Get(ctx, p, methods.Holdings)
	if err != nil {
		return err
	}
	phones, err := audit.Get(ctx, p, methods.PhoneBound)
	if err != nil {
		return err
	}
	admins, err := audit.Get(ctx, p, privilege.Privileged)
	if err != nil {
		return err
	}
	bound := phones.Within(dir.People)
	unknown := bound.Maybe.Or(dir.People.Minus(held.Known()))
	if !unknown.Empty() {
		p.Lacks(snapshot.AuthenticationMethods, audit.Hides, fmt.Sprintf("whether everything that %s on one phone is not known", audit.PeopleDo(unknown.Count(), "has is", "have is")))
	}
	people := bound.Yes
	report := func(people audit.Set, severity audit.Severity, blocker, one, many string) error {
		if people.Empty() {
			return nil
		}
		evidence, err := methods.QuoteHoldings(ctx, p, dir, held, people, "all that counts is on one phone")
		if err != nil {
			return err
		}
		p.Report(audit.Finding{
			Severity: severity,
			Message: fmt.Sprintf("%s every strong method on one phone: whoever loses it loses everything and needs an administrator, or a Temporary Access Pass, to sign in again.",
				audit.PeopleDo(people.Count(), one, many)),
			Subject:  audit.Subject{Type: audit.SubjectTenant, Name: "Phones"},
			Affected: audit.People(people, dir),
			Evidence: evidence,
			Blockers: []string{blocker},
			Fix:      []audit.Step{audit.Do("Have them register something that is not on the phone: a security key, Windows Hello or a platform credential on their computer.")},
		})
		return nil
	}
	privileged := people.And(admins.Accounts.Yes)
	if err := report(privileged, audit.Medium, "privileged", "with a privileged role has", "with a privileged role have"); err != nil {
		return err
	}
	return report(people.Minus(privileged), audit.Info, "others", "has", "have")
}
