// Package unattestedprivilegedkeys finds administrators whose device-bound passkeys
// were registered without attestation.
package unattestedprivilegedkeys

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/facts/privilege"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-ATT-006.
var Check = &audit.Check{
	ID:       "PK-ATT-006",
	Slug:     "unattested-privileged-keys",
	Doc:      audit.MustDoc(doc),
	Problem:  7,
	Severity: audit.Low,
	Reads: []audit.Read{
		{Section: snapshot.Users, Gap: audit.Hides},
		// Roles may be held through groups.
		{Section: snapshot.Groups, Gap: audit.Hides},
		{Section: snapshot.GroupMembers, Gap: audit.Hides},
		{Section: snapshot.AuthenticationMethods, Gap: audit.Hides},
		// The report only tells who should have been asked for their passkeys.
		{Section: snapshot.UserRegistrationDetails, Gap: audit.Refines},
		// Roles matter for those only who hold a passkey that was not attested: the check
		// says itself where there are such people and roles were not read.
		{Section: snapshot.RoleAssignments, Gap: audit.Refines},
		{Section: snapshot.RoleEligibility, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, methods.Policy, methods.Holdings, privilege.Privileged},
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
	admins, err := audit.Get(ctx, p, privilege.Privileged)
	if err != nil {
		return err
	}
	passkeys := policy.Passkeys
	who := admins.Accounts.Within(dir.People)
	if unknown := who.Yes.Minus(held.Known()); !unknown.Empty() {
		p.Lacks(snapshot.UserRegistrationDetails, audit.Hides,
			fmt.Sprintf("whether %s with a privileged role a passkey is not known", audit.PeopleDo(unknown.Count(), "has", "have")))
	}
	var found, unsure, unranked audit.Builder
	for n := range held.Of(methods.Passkey).And(who.Possible()).All() {
		answer := audit.No
		for _, k := range held.Passkeys(n) {
			answer = answer.Or(unattested(p.Catalogue(), k))
		}
		switch {
		case answer == audit.No:
		case !who.Yes.Has(n):
			unranked.Add(n)
		case answer == audit.Yes:
			found.Add(n)
		default:
			unsure.Add(n)
		}
	}
	if set := unsure.Set(); !set.Empty() {
		p.Lacks(snapshot.AuthenticationMethods, audit.Hides,
			fmt.Sprintf("whether passkeys of %s with a privileged role were attested is not told", audit.PeoplePhrase(set.Count())))
	}
	if set := unranked.Set().Or(who.Maybe.Minus(held.Known())); !set.Empty() {
		sections := admins.Unread
		if len(sections) == 0 {
			sections = []snapshot.SectionID{snapshot.RoleAssignments}
		}
		for _, section := range sections {
			p.Lacks(section, audit.Hides, fmt.Sprintf("whether %s a privileged role is not known, and their passkeys may not be attested",
				audit.PeopleDo(set.Count(), "has", "have")))
		}
	}

	people := found.Set()
	enforced := people.And(passkeys.InScope().Yes).And(bound(passkeys))
	proof := func(_ uint32, k methods.RegisteredPasskey) bool { return unattested(p.Catalogue(), k) == audit.Yes }
	report := func(people audit.Set, severity audit.Severity, blockers []string, evidence []audit.Evidence, message string) error {
		if people.Empty() {
			return nil
		}
		keys, err := methods.QuotePasskeyMember(ctx, p, dir, held, people, "attestationLevel", "a passkey registered without attestation", proof)
		if err != nil {
			return err
		}
		p.Report(audit.Finding{
			Severity: severity,
			Message: fmt.Sprintf("%s without attestation: nothing proves the make, nor that the private key cannot be copied.%s",
				audit.PeopleDo(people.Count(), "with a privileged role holds a device-bound passkey registered", "with a privileged role hold device-bound passkeys registered"), message),
			Subject:  passkeys.Subject(),
			Affected: audit.People(people, dir),
			Evidence: append(keys, evidence...),
			Blockers: blockers,
			Fix: []audit.Step{audit.Do("Have them register a key that attests, through a profile that enforces attestation, and then delete the other one. " +
				"Enforcing attestation does not remove what is registered.")},
		})
		return nil
	}
	var rules []audit.Evidence
	for i := range passkeys.Profiles {
		if pr := &passkeys.Profiles[i]; pr.Attests() == audit.Yes && !pr.Reach.Yes.And(enforced).Empty() {
			rules = append(rules, policy.Quote(pr.AttestationPointer(), pr.Label()+" enforces attestation now"))
		}
	}
	if err := report(enforced, audit.Medium, []string{"enforced"}, rules,
		" Every profile that applies to them enforces attestation today: they could not register these again."); err != nil {
		return err
	}
	return report(people.Minus(enforced), audit.Low, nil, nil, "")
}

// unattested tells whether a passkey was registered without attestation, leaving out
// synced ones, which never attest and are another check's. Where Graph does not tell
// the type, the model does.
func unattested(known *catalogue.Catalogue, k methods.RegisteredPasskey) audit.Tri {
	m := known.ModelOf(k.AAGUID)
	if strings.EqualFold(k.Type, "synced") || k.Type == "" && m != nil && m.Synced() == audit.Yes {
		return audit.No
	}
	return k.Attest.Not()
}

// bound are the accounts of which every profile that applies, or may, enforces
// attestation, and one certainly applies.
func bound(passkeys *methods.Passkeys) audit.Set {
	var yes, other audit.Set
	for i := range passkeys.Profiles {
		if pr := &passkeys.Profiles[i]; pr.Attests() == audit.Yes {
			yes = yes.Or(pr.Reach.Yes)
		} else {
			other = other.Or(pr.Reach.Possible())
		}
	}
	return yes.Minus(other)
}
