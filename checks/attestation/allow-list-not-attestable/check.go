// Package allowlistnotattestable finds models that an allow list admits and that
// attestation, enforced beside it, refuses.
package allowlistnotattestable

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-ATT-010.
var Check = &audit.Check{
	ID:       "PK-ATT-010",
	Slug:     "allow-list-not-attestable",
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
		list := a.AAGUIDs()
		names, ids, evidence := refused(p.Catalogue(), policy, a)
		allowed := audit.TriOf(list.Enforced && !list.Block && len(ids) > 0)
		if !list.Known && !list.Block && len(ids) > 0 {
			allowed = audit.Unsure
		}
		switch allowed.And(a.Attests()) {
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
		_, note := a.Inference(people)
		are, they, none := "are", "They cannot be registered through it, unless they were", ""
		if len(ids) == 1 {
			are, they = "is", "It cannot be registered through it, unless it was"
		}
		if len(ids) == len(list.Listed) {
			none = " Nothing on the list remains: no passkey can be registered through it."
		}
		p.Report(audit.Finding{
			// The list is of one day, and Microsoft takes up new models later than others.
			Certainty: audit.Likely,
			Message: fmt.Sprintf("Attestation is enforced in %s, but %d of %s on its allow list %s not on %s of models that can be attested: %s. "+
				"%s taken up since; new models follow up to four weeks late. The rule applies to %s.%s%s",
				a.Label(), len(ids), audit.CountPhrase(len(list.Listed), "model", "models"), are, p.Catalogue().AttestationListPhrase(), names, they, audit.PeoplePhrase(people.Count()), none, note),
			Subject:  a.Subject(policy.Passkeys),
			Affected: audit.People(people, dir),
			Evidence: append([]audit.Evidence{policy.Quote(a.AttestationPointer(), "attestation is enforced at registration")}, evidence...),
			Blockers: ids,
			Fix: []audit.Step{
				audit.Edit("Take the models off the list if nobody signs in with one; whoever does would be locked out.",
					a.Keep(func(id string) bool { return !slices.Contains(ids, id) })),
				audit.Edit("Or, if they shall be registered, stop enforcing attestation for who gets them, in a profile of their own or in this one.", a.Attest(false)),
			},
		})
	}
	return nil
}

// refused lists the models of a list that are not known to pass attestation, with
// their places. Authenticator is not on Microsoft's list and does attest, by services
// of the phone's platform. Source: AUT (how-to-enable-authenticator-passkey,
// 2026-07-05).
func refused(known *catalogue.Catalogue, policy *methods.Effective, a *methods.Applied) (names string, ids []string, evidence []audit.Evidence) {
	if a.KeyRestrictions == nil {
		return "", nil, nil
	}
	const most = 4
	seen := map[string]bool{}
	var parts []string
	for i, id := range a.KeyRestrictions.AAGUIDs {
		m := known.ModelOf(id)
		key := strings.ToLower(id)
		if seen[key] || m != nil && m.Attestable() == audit.Yes {
			continue
		}
		seen[key] = true
		ids = append(ids, key)
		if len(ids) > most {
			continue
		}
		parts = append(parts, known.Label(id))
		evidence = append(evidence, policy.Quote(a.Pointer+"/keyRestrictions/aaGuids"+entra.Pointer(i), "an admitted model that is not known to be attested"))
	}
	if len(ids) > most {
		parts = append(parts, audit.CountPhrase(len(ids)-most, "other", "others"))
	}
	return strings.Join(parts, ", "), ids, evidence
}
