// Package tapunavailable finds people who need a Temporary Access Pass and could not
// use one.
package tapunavailable

import (
	"context"
	_ "embed"
	"fmt"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-BOOT-002.
var Check = &audit.Check{
	ID:       "PK-BOOT-002",
	Slug:     "tap-unavailable",
	Doc:      audit.MustDoc(doc),
	Problem:  1,
	Severity: audit.High,
	Reads: []audit.Read{
		// Somebody about whom something is not known is not counted.
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.Groups, Gap: audit.Hides},
		{Section: snapshot.GroupMembers, Gap: audit.Hides},
		// What people have matters only for those out of reach of a pass; the check says
		// about how many of them it could not tell.
		{Section: snapshot.AuthenticationMethods, Gap: audit.Refines},
		{Section: snapshot.UserRegistrationDetails, Gap: audit.Refines},
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
	tap := policy.Method(entra.MethodTemporaryAccessPass)
	switch {
	case tap == nil:
		return &audit.MissingError{Section: snapshot.AuthenticationMethodsPolicy, What: "the policy has no TemporaryAccessPass configuration"}
	case tap.Enabled == audit.Unsure:
		return &audit.MissingError{Section: snapshot.AuthenticationMethodsPolicy,
			What: fmt.Sprintf("the TemporaryAccessPass configuration has the state %q, which is not known", tap.Config.State)}
	}
	passes := tap.InScope()
	scope := policy.Passkeys.InScope().Within(dir.People)
	// Whoever is certainly in scope of passes has one in reach, whatever else is not
	// known about the person.
	without := scope.Minus(strong.Method).Minus(strong.Pass)
	untold := without.Maybe.Minus(strong.Enabled.Yes).Minus(passes.Yes)
	strong.Lacking(p, untold, dir, held, audit.PeoplePhrase)

	helpless, doubt := strong.Helpless(scope, policy)
	if unplaced := helpless.And(passes.Maybe); !unplaced.Empty() {
		p.Lacks(snapshot.GroupMembers, audit.Hides,
			fmt.Sprintf("whether %s in scope of Temporary Access Pass is not known", audit.PeopleDo(unplaced.Count(), "is", "are")))
	}
	stuck := helpless.Minus(passes.Possible())
	subject := audit.Subject{Type: audit.SubjectPolicy, ID: entra.MethodTemporaryAccessPass, Name: "Temporary Access Pass"}
	if stuck.Empty() {
		// That nobody needs one can be said only of accounts that were read in full.
		if tap.Enabled == audit.No && p.Status(snapshot.Users).State == snapshot.Complete {
			note := ""
			if !untold.Empty() {
				note = fmt.Sprintf(" Of %s it is not known.", audit.PeoplePhrase(untold.Count()))
			}
			p.Report(audit.Finding{
				Severity: audit.Low,
				Message: "Temporary Access Pass is disabled. Nobody in scope of the passkey method is known to need one today; the next person who joins, " +
					"or loses a phone, will." + note,
				Subject:  subject,
				Evidence: []audit.Evidence{policy.Quote(tap.Pointer+"/state", "passes cannot be used")},
				Blockers: []string{"tapDisabled"},
				Fix:      []audit.Step{bootstrap.GiveWay("Enable Temporary Access Pass for everybody who may use a passkey, before it is needed.", bootstrap.Passes)},
			})
		}
		return nil
	}
	f := audit.Finding{
		Subject:  subject,
		Affected: audit.People(stuck, dir),
	}
	const need = "%s a Temporary Access Pass to register a passkey, having no usable strong method and none that they could register alone"
	if tap.Enabled == audit.No {
		f.Message = fmt.Sprintf(need+", but Temporary Access Pass is disabled.", audit.PeopleDo(stuck.Count(), "needs", "need"))
		f.Blockers = []string{"tapDisabled"}
		f.Evidence = []audit.Evidence{policy.Quote(tap.Pointer+"/state", "passes cannot be used")}
		f.Fix = []audit.Step{bootstrap.GiveWay("Enable Temporary Access Pass with a target that reaches these people, then issue passes.", bootstrap.Passes)}
	} else {
		f.Message = fmt.Sprintf(need+", but the scope of Temporary Access Pass leaves them out: a pass could be created for them, and they could not sign in with it.",
			audit.PeopleDo(stuck.Count(), "needs", "need"))
		f.Blockers = []string{"tapNotInScope"}
		f.Evidence = []audit.Evidence{policy.Quote(tap.Pointer+"/includeTargets", "whom passes are for")}
		if !stuck.And(tap.Excluded.Yes).Empty() {
			f.Evidence = append(f.Evidence, policy.Quote(tap.Pointer+"/excludeTargets", "whom they are not for"))
		}
		f.Fix = []audit.Step{bootstrap.GiveWay("Add a group with these people to the include targets of Temporary Access Pass, or take them out of its exclude targets, then issue passes.", bootstrap.Passes)}
	}
	if doubt != "" {
		f.Certainty = audit.Likely
		f.Message += " That they could register none alone is not certain. " + doubt
	}
	rows, err := methods.QuoteHoldings(ctx, p, dir, held, stuck, "nothing that counts and that the person may use")
	if err != nil {
		return err
	}
	f.Evidence = append(f.Evidence, rows...)
	p.Report(f)
	return nil
}
