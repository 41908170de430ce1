// Package strandedpasskeys finds registered passkeys whose AAGUID today's
// passkey profiles no longer admit.
package strandedpasskeys

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/change"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-ATT-003.
var Check = &audit.Check{
	ID:       "PK-ATT-003",
	Slug:     "stranded-passkeys",
	Doc:      audit.MustDoc(doc),
	Problem:  2,
	Severity: audit.High,
	Reads: []audit.Read{
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.Groups, Gap: audit.Hides},
		{Section: snapshot.GroupMembers, Gap: audit.Hides},
		{Section: snapshot.AuthenticationMethods, Gap: audit.Hides},
		// The report only tells who should have been asked for their passkeys.
		{Section: snapshot.UserRegistrationDetails, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, methods.Policy, methods.Holdings},
	Run:   run,
}

// model is one kind of rejected passkey.
type model struct {
	aaguid, name string
	people       audit.Builder
	count        int
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
	passkeys := policy.Passkeys
	scope := passkeys.InScope().Within(dir.People)
	if unknown := scope.Yes.Minus(held.Known()); !unknown.Empty() {
		p.Lacks(snapshot.UserRegistrationDetails, audit.Hides,
			fmt.Sprintf("whether %s a passkey is not known", audit.PeopleDo(unknown.Count(), "has", "have")))
	}

	models := map[string]*model{}
	var stranded, inferred, unsure, unasked, unplaced audit.Builder
	rejecting := map[int]bool{}
	for n := range held.Of(methods.Passkey).And(scope.Possible()).All() {
		for _, k := range held.Passkeys(n) {
			allowed, why, guessed := passkeys.SignIn(n, k.Credential)
			switch {
			case allowed == audit.Yes, allowed == audit.No && why != methods.RejectedAAGUID:
				continue
			case !held.Asked.Has(n):
				unasked.Add(n)
				continue
			case allowed != audit.No:
				unsure.Add(n)
				continue
			case !scope.Yes.Has(n):
				unplaced.Add(n)
				continue
			}
			m := models[strings.ToLower(k.AAGUID)]
			if m == nil {
				m = &model{aaguid: k.AAGUID, name: k.Model}
				models[strings.ToLower(k.AAGUID)] = m
			}
			m.people.Add(n)
			stranded.Add(n)
			if guessed {
				inferred.Add(n)
			}
			for i := range passkeys.Profiles {
				if passkeys.Profiles[i].Reach.Yes.Has(n) {
					rejecting[i] = true
				}
			}
		}
	}
	if set := unasked.Set(); !set.Empty() {
		p.Lacks(snapshot.AuthenticationMethods, audit.Hides,
			fmt.Sprintf("the model of passkeys of %s was not read", audit.PeoplePhrase(set.Count())))
	}
	if set := unsure.Set(); !set.Empty() {
		p.Lacks(snapshot.AuthenticationMethodsPolicy, audit.Hides,
			fmt.Sprintf("whether the profiles admit passkeys of %s is not known", audit.PeoplePhrase(set.Count())))
	}
	if set := unplaced.Set(); !set.Empty() {
		p.Lacks(snapshot.GroupMembers, audit.Hides,
			fmt.Sprintf("whether %s in scope is not known", audit.PeopleDo(set.Count(), "is", "are")))
	}
	people := stranded.Set()
	if people.Empty() {
		return nil
	}
	rejected := func(n uint32, k methods.RegisteredPasskey) bool {
		allowed, why, _ := passkeys.SignIn(n, k.Credential)
		return allowed == audit.No && why == methods.RejectedAAGUID
	}
	proof, err := methods.QuotePasskeys(ctx, p, dir, held, people, "a registered passkey that no profile of its owner admits", rejected)
	if err != nil {
		return err
	}
	list, ids := describe(p.Catalogue(), models)
	var evidence []audit.Evidence
	var again []change.Request
	for i := range passkeys.Profiles {
		if rejecting[i] {
			pr := &passkeys.Profiles[i]
			if pr.AAGUIDs().Enforced {
				again = append(again, pr.Admit(ids...))
			}
			evidence = append(evidence, policy.Quote(pr.Pointer+"/keyRestrictions", fmt.Sprintf("the key restrictions of %s do not admit it", pr.Label())))
		}
	}
	certainty, note := audit.Confirmed, ""
	if !inferred.Set().Empty() {
		certainty = audit.Likely
		note = " Some of them are in a target that names no profile; that such a target means the Default profile is not documented."
	}
	p.Report(audit.Finding{
		Certainty: certainty,
		Message: fmt.Sprintf("%s a registered passkey that today's profiles reject at sign-in because of its model: %s.%s",
			audit.PeopleDo(people.Count(), "holds", "hold"), list, note),
		Subject:  passkeys.Subject(),
		Affected: audit.People(people, dir),
		Evidence: append(evidence, proof...),
		Blockers: ids,
		Fix: []audit.Step{
			audit.Edit("Admit these AAGUIDs again in the profiles that apply to the people.", again...),
			audit.Do("Or give them a passkey that is admitted before the old one is deleted."),
		},
	})
	return nil
}

// describe lists the models, the most people first.
func describe(known *catalogue.Catalogue, models map[string]*model) (text string, ids []string) {
	list := make([]*model, 0, len(models))
	for id, m := range models {
		m.count = m.people.Set().Count()
		list, ids = append(list, m), append(ids, id)
	}
	slices.SortFunc(list, func(a, b *model) int {
		return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.aaguid, b.aaguid))
	})
	const most = 4
	var parts []string
	for i, m := range list {
		if i == most {
			parts = append(parts, audit.CountPhrase(len(list)-most, "other model", "other models"))
			break
		}
		part := m.aaguid + known.Note(m.aaguid)
		if m.name != "" {
			part = fmt.Sprintf("%s (%s)", m.name, part)
		}
		parts = append(parts, fmt.Sprintf("%s: %d", part, m.count))
	}
	slices.Sort(ids)
	return strings.Join(parts, ", "), ids
}
