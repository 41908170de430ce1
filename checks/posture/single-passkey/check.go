// Package singlepasskey finds people with one usable passkey and no other
// phishing-resistant method.
package singlepasskey

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

// Check is PK-POST-004.
var Check = &audit.Check{
	ID:       "PK-POST-004",
	Slug:     "single-passkey",
	Doc:      audit.MustDoc(doc),
	Problem:  0,
	Severity: audit.Info,
	Reads: []audit.Read{
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.AuthenticationMethodsPolicy, Gap: audit.Hides},
		{Section: snapshot.AuthenticationMethods, Gap: audit.Hides},
		// Whose passkeys may be used hangs on groups; the check says where it could not
		// tell.
		{Section: snapshot.Groups, Gap: audit.Refines},
		{Section: snapshot.GroupMembers, Gap: audit.Refines},
		{Section: snapshot.UserRegistrationDetails, Gap: audit.Refines},
		{Section: snapshot.Domains, Gap: audit.Refines},
		// Roles raise the severity.
		{Section: snapshot.RoleAssignments, Gap: audit.Refines},
		{Section: snapshot.RoleEligibility, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, privilege.Privileged, methods.Policy, methods.Holdings, methods.Usable, methods.Modes, methods.PhoneBound},
	Run:   run,
}

func run(ctx context.Context, p *audit.Pass) error {
	policy, dir, err := methods.EnabledPasskeys(ctx, p)
	if err != nil || policy == nil {
		return err
	}
	held, err := audit.Get(ctx, p, methods.Holdings)
	if err != nil {
		return err
	}
	strong, err := audit.Get(ctx, p, methods.Usable)
	if err != nil {
		return err
	}
	modes, err := audit.Get(ctx, p, methods.Modes)
	if err != nil {
		return err
	}
	bound, err := audit.Get(ctx, p, methods.PhoneBound)
	if err != nil {
		return err
	}
	admins, err := audit.Get(ctx, p, privilege.Privileged)
	if err != nil {
		return err
	}
	second := modes["windowsHelloForBusiness"].Or(modes["x509CertificateMultiFactor"])
	candidates := dir.People.And(held.Of(methods.Passkey)).Minus(second.Yes)
	scope := policy.Passkeys.InScope()
	var found, reported, unsure audit.Builder
	for n := range candidates.All() {
		yes, maybe := policy.UsablePasskeys(held, scope.Has(n), n)
		switch {
		case len(yes) > 1 || len(yes)+len(maybe) == 0:
		case !held.Asked.Has(n):
			reported.Add(n)
		case len(yes) == 1 && len(maybe) == 0 && second.Has(n) == audit.No:
			found.Add(n)
		default:
			unsure.Add(n)
		}
	}
	if set := reported.Set(); !set.Empty() {
		p.Lacks(snapshot.AuthenticationMethods, audit.Hides, fmt.Sprintf("how many passkeys %s is not known: the registration report does not tell", audit.PeopleDo(set.Count(), "has", "have")))
	}
	strong.LackingResistant(p, unsure.Set(), dir, policy, held, audit.PeoplePhrase)
	people := found.Set().Minus(bound.Yes)
	usable := func(n uint32, k methods.RegisteredPasskey) bool {
		allowed, _, _ := policy.Passkeys.SignIn(n, k.Credential)
		return allowed == audit.Yes
	}

	report := func(people audit.Set, severity audit.Severity, blocker, who, whoMany string) error {
		if people.Empty() {
			return nil
		}
		evidence, err := methods.QuotePasskeys(ctx, p, dir, held, people, "a passkey; no other that the person may use, and nothing else that is phishing-resistant", usable)
		if err != nil {
			return err
		}
		p.Report(audit.Finding{
			Severity: severity,
			Message: fmt.Sprintf("%s one usable passkey and no second phishing-resistant method: whoever loses it needs an administrator, or falls back to something that can be phished.",
				audit.PeopleDo(people.Count(), who, whoMany)),
			Subject:  policy.Passkeys.Subject(),
			Affected: audit.People(people, dir),
			Evidence: evidence,
			Blockers: []string{blocker},
			Fix:      []audit.Step{audit.Do("Have them register a second passkey on something else: a spare security key, or a passkey in Authenticator.")},
		})
		return nil
	}
	privileged := people.And(admins.Accounts.Yes)
	if err := report(privileged, audit.Medium, "privileged", "with a privileged role has", "with a privileged role have"); err != nil {
		return err
	}
	return report(people.Minus(privileged), audit.Info, "others", "has", "have")
}
