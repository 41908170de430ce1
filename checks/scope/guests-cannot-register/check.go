// Package guestscannotregister finds guests whom the targets of the passkey method
// reach although guests cannot register passkeys.
package guestscannotregister

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

// Check is PK-SCOPE-006.
var Check = &audit.Check{
	ID:       "PK-SCOPE-006",
	Slug:     "guests-cannot-register",
	Doc:      audit.MustDoc(doc),
	Problem:  1,
	Severity: audit.Info,
	Reads: []audit.Read{
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.Groups, Gap: audit.Hides},
		{Section: snapshot.GroupMembers, Gap: audit.Hides},
	},
	Facts: []audit.AnyFact{population.Users, methods.Policy},
	Run:   run,
}

func run(ctx context.Context, p *audit.Pass) error {
	policy, dir, err := methods.EnabledPasskeys(ctx, p)
	if err != nil || policy == nil {
		return err
	}
	passkeys := policy.Passkeys
	scope := passkeys.InScope().Within(dir.Guests.And(dir.Enabled))
	if !scope.Maybe.Empty() {
		p.Lacks(snapshot.GroupMembers, audit.Hides,
			fmt.Sprintf("whether %s in scope is not known", audit.CountPhrase(scope.Maybe.Count(), "guest is", "guests are")))
	}
	guests := scope.Yes
	if guests.Empty() {
		return nil
	}
	certainty, rule := audit.Confirmed, "guests cannot register passkeys; support is announced for the end of 2026"
	if methods.GuestsRegister(p.Now()) == audit.Unsure {
		certainty, rule = audit.Possible, "guests could not register passkeys until the end of 2026, by when support was announced; whether it has come cannot be read"
	}
	var evidence []audit.Evidence
	for _, t := range passkeys.Include {
		if !t.Members.Yes.And(guests).Empty() {
			evidence = append(evidence, policy.Quote(t.Pointer+"/id", "the target reaches guests"))
		}
	}
	internal := ""
	if n := guests.Minus(dir.External).Count(); n > 0 {
		internal = fmt.Sprintf(" (%s)", audit.CountPhrase(n, "is an account of this directory with user type Guest", "are accounts of this directory with user type Guest"))
	}
	p.Report(audit.Finding{
		Certainty: certainty,
		Message: fmt.Sprintf("%s in scope of the passkey method%s, but %s (SMSF, 2026-09-23).",
			audit.CountPhrase(guests.Count(), "guest is", "guests are"), internal, rule),
		Subject:  passkeys.Subject(),
		Affected: audit.Accounts(guests, dir),
		Evidence: evidence,
		Fix: []audit.Step{audit.Do("Leave guests out of plans and counts for passkeys, or exclude them from the method so that the " +
			"scope says what holds; what they sign in with is their home tenant's business and a matter of cross-tenant trust.")},
	})
	return nil
}
