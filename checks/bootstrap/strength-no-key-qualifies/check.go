// Package strengthnokeyqualifies finds strengths that admit only passkeys which no
// profile of the people they are demanded of admits.
package strengthnokeyqualifies

import (
	"context"
	_ "embed"
	"fmt"
	"slices"

	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/facts/access"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-BOOT-013.
var Check = &audit.Check{
	ID:       "PK-BOOT-013",
	Slug:     "strength-no-key-qualifies",
	Doc:      audit.MustDoc(doc),
	Problem:  4,
	Severity: audit.High,
	Reads: []audit.Read{
		{Section: snapshot.ConditionalAccessPolicies, Gap: audit.Hides},
		{Section: snapshot.AuthenticationStrengths, Gap: audit.Hides},
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.Groups, Gap: audit.Hides},
		{Section: snapshot.GroupMembers, Gap: audit.Hides},
		// These tell only how many people a change would free.
		{Section: snapshot.NamedLocations, Gap: audit.Refines},
		{Section: snapshot.AuthenticationMethods, Gap: audit.Refines},
		{Section: snapshot.UserRegistrationDetails, Gap: audit.Refines},
		{Section: snapshot.Domains, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, methods.Policy, bootstrap.Reach},
	Run:   run,
}

func run(ctx context.Context, p *audit.Pass) error {
	policy, dir, applied, err := methods.AppliedProfiles(ctx, p)
	if err != nil || policy == nil {
		return err
	}
	r, err := audit.Get(ctx, p, bootstrap.Reach)
	if err != nil {
		return err
	}
	r.Policies.LacksStates(p)
	scope := policy.Passkeys.InScope().Within(dir.People)
	demands := r.Policies.StrengthDemands()
	for i := range demands {
		d := &demands[i]
		models, limited := qualifying(d)
		if limited == audit.Unsure {
			p.Lacks(snapshot.AuthenticationStrengths, audit.Hides, "which passkeys meet "+d.Label()+" is not known")
		}
		if limited != audit.Yes {
			continue
		}
		admitted, untold := admitting(p.Catalogue(), applied, models)
		stuck := r.Policies.Reached(d.Policies).And(scope).Minus(admitted)
		access.LacksReach(p, stuck.Maybe, d.Label()+", and no profile that admits its models,", audit.PeoplePhrase)
		people := stuck.Yes
		for _, a := range untold {
			if unsure := people.And(a.People.Possible()); !unsure.Empty() {
				methods.LacksRule(p, a, "a passkey type or the key restriction")
				people = people.Minus(unsure)
			}
		}
		if people.Empty() {
			continue
		}
		if err := report(ctx, p, policy, dir, r, applied, d, models, people); err != nil {
			return err
		}
	}
	return nil
}

// qualifying lists the models whose passkeys meet a strength that names passkeys and
// limits them to models. limited is no for other strengths.
func qualifying(d *access.StrengthDemand) (models []string, limited audit.Tri) {
	meets := func(aaguid string) audit.Tri {
		return d.Met(&conditionalaccess.SignIn{Using: []string{"fido2"}, AAGUID: conditionalaccess.Is(aaguid)})
	}
	listed := d.Models()
	if d.Definition == nil || !d.Passkeys() || len(listed) == 0 {
		return nil, audit.No
	}
	// A model that no list can name.
	switch meets("ffffffff-ffff-ffff-ffff-ffffffffffff") {
	case audit.Yes:
		return nil, audit.No
	case audit.Unsure:
		return nil, audit.Unsure
	}
	for _, m := range listed {
		if meets(m) != audit.No {
			models = append(models, m)
		}
	}
	return models, audit.Yes
}

// admitting are the people with a profile that admits a passkey of one of some models
// at sign-in, and the profiles of which that is not known. A model that is in no
// catalogue may keep passkeys of either type.
func admitting(known *catalogue.Catalogue, applied []methods.Applied, models []string) (who audit.Partly, untold []*methods.Applied) {
	for i := range applied {
		admits := audit.No
		for _, aaguid := range models {
			c := methods.Credential{AAGUID: aaguid}
			if m := known.ModelOf(aaguid); m != nil {
				switch m.Synced() {
				case audit.Yes:
					c.Type = "synced"
				case audit.No:
					c.Type = "deviceBound"
				}
			}
			admits = admits.Or(applied[i].AllowsSignIn(c))
		}
		switch admits {
		case audit.Yes:
			who = who.Or(applied[i].People)
		case audit.Unsure:
			untold = append(untold, &applied[i])
		}
	}
	return who, untold
}

func report(ctx context.Context, p *audit.Pass, policy *methods.Effective, dir *population.Directory, r *bootstrap.Result,
	applied []methods.Applied, d *access.StrengthDemand, models []string, people audit.Set) error {
	evidence, err := r.Policies.QuotePolicies(ctx, p, d.Policies, access.GrantPointer, "the policy demands the strength")
	if err != nil {
		return err
	}
	quoted, err := d.QuoteModels(ctx, p, "the strength takes passkeys of these models only")
	if err != nil {
		return err
	}
	evidence = append(evidence, quoted...)
	certainty, note := audit.Confirmed, ""
	blockers := []string{d.StrengthID()}
	var profiles []bootstrap.Blocker
	for i := range applied {
		a := &applied[i]
		these := a.People.Yes.And(people)
		if these.Empty() {
			continue
		}
		evidence = append(evidence, quoteProfile(policy, a))
		subject := a.Subject(policy.Passkeys)
		blockers = append(blockers, subject.ID)
		if subject.Type == audit.SubjectProfile {
			profiles = append(profiles, bootstrap.Blocker{Type: bootstrap.ProfileBlocker, ID: a.ID})
		}
		if c, n := a.Inference(these); c != audit.Confirmed {
			certainty, note = c, n
		}
	}
	var ids []string
	for _, i := range d.Policies {
		ids = append(ids, r.Policies.Definition(i).ID)
	}
	names := r.Policies.PolicyLabels(ids)
	other := ""
	if slices.ContainsFunc(d.Definition.AllowedCombinations, func(c string) bool { return c != "fido2" }) {
		other = " Other combinations of the strength may still be met."
	}
	more := ""
	if len(names) > 1 {
		more = fmt.Sprintf(" and %s", audit.CountPhrase(len(names)-1, "other policy", "other policies"))
	}
	p.Report(audit.Finding{
		Certainty: certainty,
		Message: fmt.Sprintf("%s can register no passkey that meets %s, which %s%s demands of them: it takes %s, and none of their passkey profiles admits any of these.%s%s",
			audit.PeoplePhrase(people.Count()), d.Label(), names[0], more, audit.CountPhrase(len(models), "model", "models"), other, note),
		Subject:  d.Subject(),
		Affected: audit.People(people, dir),
		Evidence: evidence,
		Blockers: blockers,
		Fix:      fixes(d, profiles),
	})
	return nil
}

// quoteProfile quotes what makes a profile reject the models: its list where it
// enforces one, else its types.
func quoteProfile(policy *methods.Effective, a *methods.Applied) audit.Evidence {
	if a.AAGUIDs().Enforced {
		return policy.Quote(a.Pointer+"/keyRestrictions/aaGuids", "what "+a.Label()+" lists shares no model with the strength")
	}
	if e := policy.Quote(a.Pointer+"/passkeyTypes", a.Label()+" does not admit the type of these models"); !e.Absent {
		return e
	}
	return policy.Quote(a.AttestationPointer(), a.Label()+" does not admit the type of these models")
}

// fixes are about the strength, or else about the profiles.
func fixes(d *access.StrengthDemand, profiles []bootstrap.Blocker) []audit.Step {
	add := bootstrap.GiveWay("Add to "+d.Label()+" the models that people's passkey profiles admit.", bootstrap.Blocker{Type: bootstrap.StrengthBlocker, ID: d.StrengthID()})
	if len(profiles) == 0 {
		return []audit.Step{add, bootstrap.GiveWay("Or let the passkey method admit a model that the strength takes.", bootstrap.Method)}
	}
	return []audit.Step{add, bootstrap.GiveWay("Or let a passkey profile of theirs admit a model that the strength takes.", profiles...)}
}
