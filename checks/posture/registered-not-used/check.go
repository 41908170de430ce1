// Package registerednotused finds people who have a passkey and go on signing in by
// methods that phishing gets around.
package registerednotused

import (
	"context"
	_ "embed"
	"fmt"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/activity"
	"passkeyaudit/audit/facts/lifecycle"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-POST-010.
var Check = &audit.Check{
	ID:       "PK-POST-010",
	Slug:     "registered-not-used",
	Doc:      audit.MustDoc(doc),
	Problem:  0,
	Severity: audit.Info,
	Reads: []audit.Read{
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.AuthenticationMethods, Gap: audit.Hides},
		// A row that is missing may be a sign-in with the passkey.
		{Section: snapshot.SignIns},
		// The report has no times of registration.
		{Section: snapshot.UserRegistrationDetails, Gap: audit.Refines},
		// Of these the check says itself about whom it could not tell.
		{Section: snapshot.Groups, Gap: audit.Refines},
		{Section: snapshot.GroupMembers, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, methods.Policy, activity.SignIns, methods.Holdings, lifecycle.Unused},
	Run:   run,
}

func run(ctx context.Context, p *audit.Pass) error {
	policy, dir, err := methods.EnabledPasskeys(ctx, p)
	if err != nil || policy == nil {
		return err
	}
	log, err := audit.Get(ctx, p, activity.SignIns)
	if err != nil {
		return err
	}
	held, err := audit.Get(ctx, p, methods.Holdings)
	if err != nil {
		return err
	}
	holders := held.Of(methods.Passkey).And(dir.People)
	if holders.Empty() {
		return nil
	}
	if seen := log.Where(activity.Succeeded, func(activity.Place) bool { return true }).And(holders); log.MethodsTold == 0 && !seen.Empty() {
		p.Lacks(snapshot.SignIns, audit.Hides, fmt.Sprintf("by which method %s in is not told: v1.0 of Graph does not name methods; collect with --beta-sign-ins", audit.PeopleDo(seen.Count(), "with a passkey signed", "with a passkey signed")))
		return nil
	}
	unused, err := audit.Get(ctx, p, lifecycle.Unused)
	if err != nil {
		return err
	}
	// A passkey that policy does not take is not used for that reason, and other checks'.
	usable := usableBy(policy, held, unused.With(lifecycle.NotUsed).And(dir.People))
	people := usable.Yes
	if !usable.Maybe.Empty() {
		p.Lacks(snapshot.GroupMembers, audit.Hides, fmt.Sprintf("whether policy takes the passkeys of %s is not known", audit.PeoplePhrase(usable.Maybe.Count())))
	}
	if unsure := unused.Undated.And(dir.People).Minus(people); !unsure.Empty() {
		p.Lacks(snapshot.AuthenticationMethods, audit.Hides, fmt.Sprintf("when passkeys of %s were registered is not told", audit.PeoplePhrase(unsure.Count())))
	}
	if unasked := holders.Minus(held.Asked); !unasked.Empty() {
		p.Lacks(snapshot.AuthenticationMethods, audit.Hides, fmt.Sprintf("when passkeys of %s were registered was not read", audit.PeoplePhrase(unasked.Count())))
	}
	if people.Empty() {
		return nil
	}
	evidence, err := lifecycle.QuoteSome(ctx, p, unused.All(lifecycle.NotUsed), people)
	if err != nil {
		return err
	}
	p.Report(audit.Finding{
		Certainty: audit.Likely,
		Message: fmt.Sprintf("%s by methods that phishing gets around and had a passkey for two weeks or longer: no sign-in with a passkey is in the log %s. "+
			"Ask them: is the passkey still there, and what happens when you choose it?",
			audit.PeopleDo(people.Count(), "signed in", "signed in"), log.Window.Phrase()),
		Subject:  audit.Subject{Type: audit.SubjectTenant, Name: "Passkeys"},
		Affected: audit.People(people, dir),
		Evidence: evidence,
		Fix:      []audit.Step{audit.Do("Find out what keeps them: an old habit, an app that does not offer it, a copy that is gone. A policy that demands phishing-resistant authentication is for when they can.")},
	})
	return nil
}

// usableBy are those of some people of whom policy takes a passkey at sign-in.
func usableBy(policy *methods.Effective, held *methods.Held, people audit.Set) audit.Partly {
	var yes, maybe audit.Builder
	scope := policy.Passkeys.InScope()
	for n := range people.All() {
		best := audit.No
		for _, k := range held.Passkeys(n) {
			allowed, _, _ := policy.Passkeys.SignIn(n, k.Credential)
			best = best.Or(allowed.And(scope.Has(n)))
		}
		switch best {
		case audit.Yes:
			yes.Add(n)
		case audit.Unsure:
			maybe.Add(n)
		}
	}
	return audit.Partly{Yes: yes.Set(), Maybe: maybe.Set()}
}
