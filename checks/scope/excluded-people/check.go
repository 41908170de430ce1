// Package excludedpeople finds people who are both included in and excluded from
// the passkey method.
package excludedpeople

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

// Check is PK-SCOPE-003.
var Check = &audit.Check{
	ID:       "PK-SCOPE-003",
	Slug:     "excluded-people",
	Doc:      audit.MustDoc(doc),
	Problem:  1,
	Severity: audit.Medium,
	Reads: []audit.Read{
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.Groups, Gap: audit.Hides},
		{Section: snapshot.GroupMembers, Gap: audit.Hides},
		// Who holds a passkey decides about the severity only.
		{Section: snapshot.AuthenticationMethods, Gap: audit.Refines},
		{Section: snapshot.UserRegistrationDetails, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, methods.Policy, methods.Holdings},
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
	passkeys := policy.Passkeys
	both := passkeys.Included.And(passkeys.Excluded).Within(dir.People)
	if !both.Maybe.Empty() {
		p.Lacks(snapshot.GroupMembers, audit.Hides,
			fmt.Sprintf("whether %s both included and excluded is not known", audit.PeopleDo(both.Maybe.Count(), "is", "are")))
	}
	var evidence []audit.Evidence
	var ids []string
	for _, t := range passkeys.Exclude {
		if t.Members.Yes.And(both.Yes).Empty() {
			continue
		}
		name := "one user"
		if t.Group != nil {
			name = "the group " + t.Group.Label()
		}
		ids = append(ids, t.ID)
		evidence = append(evidence, policy.Quote(t.Pointer+"/id", "the method excludes "+name))
	}
	holders := both.Yes.And(held.Of(methods.Passkey))
	if !holders.Empty() {
		proof, err := methods.QuotePasskeys(ctx, p, dir, held, holders, "a registered passkey", nil)
		if err != nil {
			return err
		}
		p.Report(audit.Finding{
			Severity: audit.High,
			Message: fmt.Sprintf("%s with a registered passkey can no longer sign in with it: they are excluded from the passkey method, and exclusion wins over every include target.",
				audit.PeoplePhrase(holders.Count())),
			Subject:  passkeys.Subject(),
			Affected: audit.People(holders, dir),
			Evidence: append(evidence, proof...),
			Blockers: append([]string{"registered"}, ids...),
			Fix: []audit.Step{
				audit.Include("Take these people out of the excluded groups.", holders),
				audit.Do("Or tell them which other method to use, and delete the passkeys."),
			},
		})
	}
	others := both.Yes.Minus(holders)
	if !others.Empty() {
		p.Report(audit.Finding{
			Message: fmt.Sprintf("%s included in the passkey method and excluded from it at the same time. Exclusion wins: they cannot register a passkey.",
				audit.PeopleDo(others.Count(), "is", "are")),
			Subject:  passkeys.Subject(),
			Affected: audit.People(others, dir),
			Evidence: evidence,
			Blockers: ids,
			Fix:      []audit.Step{audit.Include("If the exclusion is not meant for them, take these people out of the excluded groups.", others)},
		})
	}
	return nil
}
