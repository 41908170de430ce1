// Package attestationwithsynced finds passkey profiles that list synced passkeys
// and enforce attestation, which those cannot give.
package attestationwithsynced

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

// Check is PK-ATT-001.
var Check = &audit.Check{
	ID:       "PK-ATT-001",
	Slug:     "attestation-with-synced",
	Doc:      audit.MustDoc(doc),
	Problem:  7,
	Severity: audit.Medium,
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
		switch a.Attests().And(a.ListsSynced()) {
		case audit.No:
			continue
		case audit.Unsure:
			methods.LacksRule(p, a, "attestation or a passkey type")
			continue
		}
		methods.LacksPeople(p, a.People.Maybe, a.Label())
		people := a.People.Yes
		if people.Empty() {
			continue
		}
		certainty, note := a.Inference(people)
		p.Report(audit.Finding{
			Certainty: certainty,
			Message: fmt.Sprintf("Synced passkeys are listed in %s, which enforces attestation. They cannot attest, so none can ever be registered through it. It applies to %s%s.%s",
				a.Label(), audit.PeoplePhrase(people.Count()), otherWay(people, a, applied), note),
			Subject:  a.Subject(policy.Passkeys),
			Affected: audit.People(people, dir),
			Evidence: []audit.Evidence{
				policy.Quote(a.AttestationPointer(), "attestation is enforced at registration"),
				policy.Quote(a.Pointer+"/passkeyTypes", "synced passkeys are listed as well"),
			},
			Fix: fixes(a),
		})
	}
	return nil
}

func fixes(a *methods.Applied) []audit.Step {
	list := []audit.Step{audit.Edit("If people shall register synced passkeys, stop enforcing attestation for them, in a profile of their own or in this one.", a.Attest(false))}
	if off, ok := a.ListTypes(methods.DeviceBound); ok {
		list = append(list, audit.Edit("If not, take synced passkeys off this list; those that are registered already and rely on this profile then stop working.", off))
	}
	return list
}

// otherWay says for how many of the people another profile lets a synced passkey be
// registered, or may.
func otherWay(people audit.Set, this *methods.Applied, applied []methods.Applied) string {
	var other audit.Set
	for i := range applied {
		o := &applied[i]
		if o.Profile != this.Profile && o.Attests() != audit.Yes && o.ListsSynced() != audit.No {
			other = other.Or(o.People.Possible().And(people))
		}
	}
	if other.Empty() {
		return ""
	}
	return fmt.Sprintf(", of whom %d can use another profile for synced passkeys", other.Count())
}
