// Package syncedallowedbutunreachable finds passkey profiles that list synced passkeys
// and admit no model that keeps any.
package syncedallowedbutunreachable

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

// Check is PK-SYNC-002.
var Check = &audit.Check{
	ID:       "PK-SYNC-002",
	Slug:     "synced-allowed-but-unreachable",
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
	// Settings from before profiles say nothing about types.
	if policy.Passkeys.Mode != methods.Profiles {
		p.NotApplicable("the tenant has no passkey profiles, and so no list of types")
		return nil
	}
	for i := range applied {
		a := &applied[i]
		switch reach := a.ListsSynced().And(withoutProvider(p.Catalogue(), a)); reach {
		case audit.No:
			continue
		case audit.Unsure:
			methods.LacksRule(p, a, "a passkey type, or whether one of the AAGUIDs is that of a provider of synced passkeys,")
			continue
		}
		methods.LacksPeople(p, a.People.Maybe, a.Label())
		people := a.People.Yes
		if people.Empty() {
			continue
		}
		certainty, note := a.Inference(people)
		if certainty == audit.Confirmed {
			certainty = audit.Likely
		}
		attested := ""
		if a.Attests() == audit.Yes {
			attested = " It enforces attestation as well, which by itself rules them out (PK-ATT-001)."
		}
		p.Report(audit.Finding{
			Certainty: certainty,
			Message: fmt.Sprintf("Synced passkeys are listed in %s, but its allow list has no provider of synced passkeys among its %s: none can be registered or used through it. It applies to %s.%s%s",
				a.Label(), audit.CountPhrase(len(a.AAGUIDs().Listed), "model", "models"), audit.PeoplePhrase(people.Count()), attested, note),
			Subject:  a.Subject(policy.Passkeys),
			Affected: audit.People(people, dir),
			Evidence: []audit.Evidence{
				policy.Quote(a.Pointer+"/passkeyTypes", "synced passkeys are listed"),
				policy.Quote(a.Pointer+"/keyRestrictions/aaGuids", "models that are bound to a device, all of them"),
			},
			Fix: fixes(a),
		})
	}
	return nil
}

func fixes(a *methods.Applied) []audit.Step {
	list := []audit.Step{audit.Edit("If people shall have synced passkeys, add the AAGUIDs of the providers that are wanted, such as iCloud Keychain and Google Password Manager, here or in a profile of their own.",
		a.Admit(catalogue.ICloudKeychain, catalogue.GooglePasswordManager))}
	if off, ok := a.ListTypes(methods.DeviceBound); ok {
		list = append(list, audit.Edit("If not, take the type off this profile.", off))
	}
	return list
}

// withoutProvider tells whether an allow list is enforced that has entries and no
// provider of synced passkeys among them. An empty list admits nothing at all, which is
// another check's. A model that is not known may be a provider; a block list never
// names all there are.
func withoutProvider(known *catalogue.Catalogue, a *methods.Applied) audit.Tri {
	ids := a.AAGUIDs()
	switch {
	case !ids.Known:
		return audit.Unsure
	case !ids.Enforced, ids.Block, len(ids.Listed) == 0:
		return audit.No
	}
	answer := audit.Yes
	for _, id := range ids.Listed {
		m := known.ModelOf(id)
		if m == nil {
			answer = answer.And(audit.Unsure)
			continue
		}
		answer = answer.And(m.Synced().Not())
	}
	return answer
}
