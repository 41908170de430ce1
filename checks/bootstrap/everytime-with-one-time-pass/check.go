// Package everytimewithonetimepass finds policies that ask for a sign-in every time
// security information is registered, where passes can be used once.
package everytimewithonetimepass

import (
	"context"
	_ "embed"
	"fmt"
	"slices"

	"passkeyaudit/audit"
	"passkeyaudit/audit/change"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/access"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-BOOT-016.
var Check = &audit.Check{
	ID:       "PK-BOOT-016",
	Slug:     "everytime-with-one-time-pass",
	Doc:      audit.MustDoc(doc),
	Problem:  4,
	Severity: audit.Low,
	Reads: []audit.Read{
		{Section: snapshot.ConditionalAccessPolicies, Gap: audit.Hides},
		// Places and strengths play no part.
		{Section: snapshot.NamedLocations, Gap: audit.Refines},
		{Section: snapshot.AuthenticationStrengths, Gap: audit.Refines},
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.Groups, Gap: audit.Hides},
		{Section: snapshot.GroupMembers, Gap: audit.Hides},
		// Who holds a pass matters only where the policy allows both kinds; the check says
		// of how many it could not tell.
		{Section: snapshot.AuthenticationMethods, Gap: audit.Refines},
		{Section: snapshot.UserRegistrationDetails, Gap: audit.Refines},
		{Section: snapshot.Domains, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, methods.Policy, methods.Holdings, methods.Usable, access.Policies},
	Run:   run,
}

func run(ctx context.Context, p *audit.Pass) error {
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return err
	}
	policy, err := audit.Get(ctx, p, methods.Policy)
	if err != nil {
		return err
	}
	policies, err := audit.Get(ctx, p, access.Policies)
	if err != nil {
		return err
	}
	policies.LacksStates(p)
	tap := policy.Method(entra.MethodTemporaryAccessPass)
	switch {
	case tap == nil:
		return &audit.MissingError{Section: snapshot.AuthenticationMethodsPolicy, What: "the policy has no TemporaryAccessPass configuration"}
	case tap.Enabled == audit.No:
		p.NotApplicable("Temporary Access Pass is not enabled")
		return nil
	}
	once, untold, always, err := oneTime(ctx, p, policy, tap)
	if err != nil {
		return err
	}
	for i, pol := range policies.Policies {
		if pol.State != conditionalaccess.Enabled || !pol.OnAction(conditionalaccess.RegisterSecurityInfo) || !slices.Contains(pol.Session, "signInFrequency: everyTime") {
			continue
		}
		reached := policies.Reach[i].Within(dir.People)
		unsure := reached.And(once)
		access.LacksReach(p, unsure.Maybe, policies.PolicyLabel(i)+", together with one-time passes,", audit.PeoplePhrase)
		if unread := reached.And(untold).Possible(); !unread.Empty() {
			p.Lacks(snapshot.AuthenticationMethods, audit.Hides, fmt.Sprintf("whether %s a pass that can be used once is not known", audit.PeopleDo(unread.Count(), "holds", "hold")))
		}
		people := unsure.Yes
		if people.Empty() {
			continue
		}
		evidence, err := policies.QuotePolicies(ctx, p, []int{i}, frequency, "the policy asks for a sign-in every time")
		if err != nil {
			return err
		}
		whose := fmt.Sprintf("%s in scope of Temporary Access Pass", audit.PeopleDo(people.Count(), "is", "are"))
		if always {
			evidence = append(evidence, policy.Quote(tap.Pointer+"/isUsableOnce", "every pass can be used once"))
			whose += ", which is one-time for everybody"
		} else {
			whose = audit.PeopleDo(people.Count(), "holds", "hold") + " a pass that can be used once"
			held, err := passes(ctx, p, dir, people)
			if err != nil {
				return err
			}
			evidence = append(evidence, held...)
		}
		def := policies.Definition(i)
		p.Report(audit.Finding{
			Certainty: audit.Possible,
			Message: fmt.Sprintf("%s asks for a sign-in every time somebody registers security information, and %s. A second challenge after the tolerance of five minutes cannot be answered with the pass again. "+
				"No document says what Entra does then; this follows from SIF (2025-03-03) and TAP (2025-03-04).", policies.PolicyLabel(i), whose),
			Subject:  audit.Subject{Type: audit.SubjectPolicy, ID: def.ID, Name: def.DisplayName},
			Affected: audit.People(people, dir),
			Evidence: evidence,
			Blockers: []string{def.ID},
			Fix: []audit.Step{
				audit.Edit("Let passes be used more than once, and issue such during onboarding; a pass is short-lived by itself.", change.PatchMethod(entra.MethodTemporaryAccessPass, change.Body{"isUsableOnce": false})),
				audit.Edit("Or take the frequency off this policy.", change.PatchPolicy(def.ID, change.Body{"sessionControls": change.Body{"signInFrequency": nil}})),
			},
		})
	}
	return nil
}

// oneTime are the accounts whose passes can be used once: everybody in scope where the
// policy wants it so, else those who hold such a pass now; of others in scope it is not
// told.
func oneTime(ctx context.Context, p *audit.Pass, policy *methods.Effective, tap *methods.Method) (who, untold audit.Partly, always bool, err error) {
	if tap.Config.IsUsableOnce != nil && *tap.Config.IsUsableOnce {
		return tap.InScope(), untold, true, nil
	}
	held, err := audit.Get(ctx, p, methods.Holdings)
	if err != nil {
		return who, untold, false, err
	}
	strong, err := audit.Get(ctx, p, methods.Usable)
	if err != nil {
		return who, untold, false, err
	}
	once, _ := policy.PassKinds(held, strong.Pass)
	return once.Within(held.Asked), tap.InScope().Minus(audit.Certainly(held.Asked)), false, nil
}

// passes quotes the passes of the first of some people.
func passes(ctx context.Context, p *audit.Pass, dir *population.Directory, people audit.Set) ([]audit.Evidence, error) {
	held, err := audit.Get(ctx, p, methods.Holdings)
	if err != nil {
		return nil, err
	}
	var ids []string
	pointer := map[string]string{}
	for n := range people.All() {
		if pass, ok := held.Pass(n); ok && len(ids) < methods.QuotedPeople {
			id := dir.Member(n).ID
			ids = append(ids, id)
			pointer[id] = pass.Pointer + "/isUsableOnce"
		}
	}
	rows, err := audit.RowsOf(ctx, p, snapshot.AuthenticationMethods, ids)
	if err != nil {
		return nil, err
	}
	var list []audit.Evidence
	for _, id := range ids {
		if row, found := rows[id]; found {
			list = append(list, audit.Quote(snapshot.AuthenticationMethods, row.Key, row.Raw, pointer[id], "the pass can be used once"))
		}
	}
	return list, nil
}

func frequency(*entra.ConditionalAccessPolicy) string {
	return "/sessionControls/signInFrequency/frequencyInterval"
}
