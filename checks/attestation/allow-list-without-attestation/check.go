// Package allowlistwithoutattestation finds AAGUID lists that are enforced where
// attestation is not.
package allowlistwithoutattestation

import (
	"context"
	_ "embed"
	"fmt"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-ATT-004.
var Check = &audit.Check{
	ID:       "PK-ATT-004",
	Slug:     "allow-list-without-attestation",
	Doc:      audit.MustDoc(doc),
	Problem:  7,
	Severity: audit.Low,
	Reads: []audit.Read{
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.Groups, Gap: audit.Hides},
		{Section: snapshot.GroupMembers, Gap: audit.Hides},
	},
	Facts: []audit.AnyFact{population.Users, methods.Policy},
	Run:   run,
}

func run(ctx context.Context, p *audit.Pass) error {
	policy, dir, applied, err := methods.AppliedProfiles(ctx, p)
	if err != nil || policy == nil {
		return err
	}
	for i := range applied {
		a := &applied[i]
		list := a.AAGUIDs()
		listed := audit.TriOf(list.Enforced && len(list.Listed) > 0)
		if !list.Known && len(list.Listed) > 0 {
			listed = audit.Unsure
		}
		switch listed.And(a.Attests().Not()) {
		case audit.No:
			continue
		case audit.Unsure:
			methods.LacksRule(p, a, "attestation or key restrictions")
			continue
		}
		methods.LacksPeople(p, a.People.Maybe, a.Label())
		people := a.People.Yes
		if people.Empty() {
			continue
		}
		kind := "an allow list"
		if list.Block {
			kind = "a block list"
		}
		certainty, note := a.Inference(people)
		p.Report(audit.Finding{
			Certainty: certainty,
			Message: fmt.Sprintf("In %s %s of %s is enforced without attestation. An authenticator then names its own AAGUID, so the list guides %s and stops nobody who means to get round it.%s",
				a.Label(), kind, audit.CountPhrase(len(list.Listed), "AAGUID", "AAGUIDs"), audit.PeoplePhrase(people.Count()), note),
			Subject:  a.Subject(policy.Passkeys),
			Affected: audit.People(people, dir),
			Evidence: []audit.Evidence{
				policy.Quote(a.Pointer+"/keyRestrictions/isEnforced", "the key restrictions are enforced, as "+kind),
				policy.Quote(a.AttestationPointer(), "attestation is not enforced"),
			},
			Fix: []audit.Step{fix(p.Catalogue(), a, list)},
		})
	}
	return nil
}

// fix depends on whether the listed models could be registered with attestation.
func fix(known *catalogue.Catalogue, a *methods.Applied, list methods.AAGUIDs) audit.Step {
	const enforce = "Enforce attestation in the profile. Registered passkeys go on working"
	if list.Block {
		return audit.Edit(enforce+"; synced passkeys, and device-bound ones that do not attest, can then no longer be registered.", a.Attest(true))
	}
	never := 0
	for _, id := range list.Listed {
		if m := known.ModelOf(id); m == nil || m.Attestable() != audit.Yes {
			never++
		}
	}
	switch never {
	case 0:
		return audit.Edit(enforce+", and every model on the list can attest.", a.Attest(true))
	case len(list.Listed):
		return audit.Decide("None of the listed models is known to attest, so keep the list as guidance. Where the model matters, use a profile with " +
			"attestation and models that attest.")
	default:
		return audit.Decide(fmt.Sprintf("Put the models that attest into a profile that enforces attestation, and keep the other %d in one that does not, as guidance.", never))
	}
}
