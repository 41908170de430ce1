// Package nobootstrapmethod finds people in scope of the passkey method who have
// nothing to prove themselves with when they register one.
package nobootstrapmethod

import (
	"context"
	_ "embed"
	"fmt"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-BOOT-001.
var Check = &audit.Check{
	ID:       "PK-BOOT-001",
	Slug:     "no-bootstrap-method",
	Doc:      audit.MustDoc(doc),
	Problem:  1,
	Severity: audit.Info,
	Reads: []audit.Read{
		// Somebody about whom something is not known is not counted.
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.Groups, Gap: audit.Hides},
		{Section: snapshot.GroupMembers, Gap: audit.Hides},
		{Section: snapshot.AuthenticationMethods, Gap: audit.Hides},
		{Section: snapshot.UserRegistrationDetails, Gap: audit.Hides},
		{Section: snapshot.Domains, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, methods.Policy, methods.Holdings, methods.Usable},
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
	strong, err := audit.Get(ctx, p, methods.Usable)
	if err != nil {
		return err
	}
	scope := policy.Passkeys.InScope().Within(dir.People)
	without := scope.Minus(strong.Method).Minus(strong.Pass)
	strong.Lacking(p, without.Maybe, dir, held, audit.PeoplePhrase)

	evidence := func(people audit.Set) ([]audit.Evidence, error) {
		scope := policy.Quote(policy.Passkeys.Pointer+"/includeTargets", "these people are in scope of the passkey method")
		rows, err := methods.QuoteHoldings(ctx, p, dir, held, people, "nothing that counts and that the person may use")
		return append([]audit.Evidence{scope}, rows...), err
	}
	helpless, doubt := strong.Helpless(scope, policy)
	alone := without.Yes.Minus(helpless)
	certainty, enabled, note := audit.Confirmed, "is enabled", ""
	if doubt != "" {
		certainty, enabled, note = audit.Likely, "is known to be enabled", " "+doubt
	}
	if !helpless.Empty() {
		list, err := evidence(helpless)
		if err != nil {
			return err
		}
		for _, id := range []string{entra.MethodMicrosoftAuthenticator, entra.MethodSoftwareOath, entra.MethodSms, entra.MethodVoice} {
			if m := policy.Method(id); m != nil {
				list = append(list, policy.Quote(m.Pointer+"/state", "whether "+id+" is enabled; they are not in its scope if it is"))
			}
		}
		p.Report(audit.Finding{
			Severity:  audit.High,
			Certainty: certainty,
			Message: fmt.Sprintf("%s neither a usable strong method nor a usable Temporary Access Pass, although in scope, and no method that they could register alone %s. They need an administrator before they can register a passkey.%s",
				audit.PeopleDo(helpless.Count(), "has", "have"), enabled, note),
			Subject:  policy.Passkeys.Subject(),
			Affected: audit.People(helpless, dir),
			Evidence: list,
			Blockers: []string{"alone:no"},
			Fix: []audit.Step{audit.Do("Issue them a Temporary Access Pass (they must be in its scope), or enable for them a method that people " +
				"register themselves, such as Microsoft Authenticator.")},
		})
	}
	if !alone.Empty() {
		list, err := evidence(alone)
		if err != nil {
			return err
		}
		p.Report(audit.Finding{
			Message: fmt.Sprintf("%s neither a usable strong method nor a usable Temporary Access Pass, although in scope. Before a passkey they need to register another method, which is enabled for them.",
				audit.PeopleDo(alone.Count(), "has", "have")),
			Subject:  policy.Passkeys.Subject(),
			Affected: audit.People(alone, dir),
			Evidence: list,
			Blockers: []string{"alone:yes"},
			Fix:      []audit.Step{audit.Do("Ask them to register Microsoft Authenticator or a phone first, or issue a Temporary Access Pass for a shorter way.")},
		})
	}
	return nil
}
