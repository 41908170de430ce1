// Package emptyallowlist finds people to whom only profiles apply whose allow list
// is enforced and empty.
package emptyallowlist

import (
	"context"
	_ "embed"
	"fmt"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-ATT-011.
var Check = &audit.Check{
	ID:       "PK-ATT-011",
	Slug:     "empty-allow-list",
	Doc:      audit.MustDoc(doc),
	Problem:  7,
	Severity: audit.High,
	Reads: []audit.Read{
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.Groups, Gap: audit.Hides},
		{Section: snapshot.GroupMembers, Gap: audit.Hides},
		// Who holds a passkey is only counted.
		{Section: snapshot.AuthenticationMethods, Gap: audit.Refines},
		{Section: snapshot.UserRegistrationDetails, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, methods.Policy, methods.Holdings},
	Run:   run,
}

func run(ctx context.Context, p *audit.Pass) error {
	policy, dir, applied, err := methods.AppliedProfiles(ctx, p)
	if err != nil || policy == nil {
		return err
	}
	held, err := audit.Get(ctx, p, methods.Holdings)
	if err != nil {
		return err
	}
	barred := policy.Passkeys.Barred()
	var reported audit.Set
	for i := range applied {
		a := &applied[i]
		switch a.AAGUIDs().Nothing() {
		case audit.No:
			continue
		case audit.Unsure:
			if !a.People.And(barred).Possible().Empty() {
				methods.LacksRule(p, a, "the key restriction")
			}
			continue
		}
		hit := a.People.And(barred)
		methods.LacksPeople(p, hit.Maybe, a.Label()+", and no other profile,")
		// Somebody in two such profiles is freed by changing either.
		people := hit.Yes.Minus(reported)
		if people.Empty() {
			continue
		}
		reported = reported.Or(people)
		holders := ""
		if n := people.And(held.Of(methods.Passkey)).Count(); n > 0 {
			holders = fmt.Sprintf(" %d of them hold a registered passkey, which has stopped working.", n)
			if n == 1 {
				holders = " One of them holds a registered passkey, which has stopped working."
			}
		}
		certainty, note := a.Inference(people)
		p.Report(audit.Finding{
			Certainty: certainty,
			Message: fmt.Sprintf("The allow list of %s is enforced and empty: %s, to whom nothing else applies, can neither register nor use any passkey.%s%s",
				a.Label(), audit.PeoplePhrase(people.Count()), holders, note),
			Subject:  a.Subject(policy.Passkeys),
			Affected: audit.People(people, dir),
			Evidence: []audit.Evidence{
				policy.Quote(a.Pointer+"/keyRestrictions/isEnforced", "the key restrictions are enforced"),
				policy.Quote(a.Pointer+"/keyRestrictions/enforcementType", "only the AAGUIDs listed are admitted"),
				policy.Quote(a.Pointer+"/keyRestrictions/aaGuids", "none is listed"),
			},
			Fix: []audit.Step{
				audit.Edit("Switch the enforcement of key restrictions off, or list the AAGUIDs that are meant.", a.Restrict(false)),
				audit.Decide("If nobody is meant to use passkeys, exclude the group instead: that says so."),
			},
		})
	}
	return nil
}
