// Package ownercannotuse finds passkeys of accounts that cannot sign in with them:
// disabled accounts and guests.
package ownercannotuse

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

// Check is PK-ORPH-005.
var Check = &audit.Check{
	ID:       "PK-ORPH-005",
	Slug:     "owner-cannot-use",
	Doc:      audit.MustDoc(doc),
	Problem:  5,
	Severity: audit.Low,
	Reads: []audit.Read{
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.AuthenticationMethods, Gap: audit.Hides},
		// The report leaves disabled accounts out and names no passkey of a guest that a
		// listing would not.
		{Section: snapshot.UserRegistrationDetails, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, methods.Holdings},
	Run:   run,
}

func run(ctx context.Context, p *audit.Pass) error {
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return err
	}
	held, err := audit.Get(ctx, p, methods.Holdings)
	if err != nil {
		return err
	}
	disabled, guests := dir.All.Minus(dir.Enabled), dir.Guests.And(dir.Enabled)
	if unread := disabled.Or(guests).Minus(held.Known()); !unread.Empty() {
		p.Lacks(snapshot.AuthenticationMethods, audit.Hides,
			fmt.Sprintf("whether %s a passkey was not read", audit.CountPhrase(unread.Count(), "disabled account or guest holds", "disabled accounts and guests hold")))
	}
	for _, group := range []struct {
		owners         audit.Set
		word           string
		one, many, fix string
	}{
		{
			disabled, "disabled", "disabled account holds", "disabled accounts hold",
			"Delete them if the accounts stay disabled: whoever enables one again gives the old keys back their use. Ask for company keys to be returned.",
		},
		{
			guests, "guest", "guest holds", "guests hold",
			"Delete them, or make the account a member if it belongs to somebody of the organisation. A guest signs in with what the home tenant gave out.",
		},
	} {
		found := group.owners.And(held.Of(methods.Passkey))
		if found.Empty() {
			continue
		}
		evidence, err := methods.QuotePasskeys(ctx, p, dir, held, found, "a passkey registered for an account that cannot use it", nil)
		if err != nil {
			return err
		}
		rule := "a disabled account cannot sign in at all"
		certainty := audit.Confirmed
		if group.word == "guest" {
			rule = "passkeys of guests are not supported in this tenant (PF, 2026-03-08); support is announced for the end of 2026 (SMSF, 2026-09-23)"
			if methods.GuestsRegister(p.Now()) == audit.Unsure {
				certainty = audit.Possible
			}
		}
		p.Report(audit.Finding{
			Certainty: certainty,
			Message:   fmt.Sprintf("%s registered passkeys: %s.", audit.CountPhrase(found.Count(), group.one, group.many), rule),
			Subject:   audit.Subject{Type: audit.SubjectTenant},
			Affected:  audit.Accounts(found, dir),
			Evidence:  evidence,
			Blockers:  []string{group.word},
			Fix:       []audit.Step{audit.Do(group.fix)},
		})
	}
	return nil
}
