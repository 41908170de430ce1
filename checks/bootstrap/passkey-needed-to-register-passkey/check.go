// Package passkeyneededtoregisterpasskey finds policies that ask for a passkey before
// a first one can be registered.
package passkeyneededtoregisterpasskey

import (
	"context"
	_ "embed"
	"fmt"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
)

//go:embed doc.md
var doc string

// Check is PK-BOOT-004.
var Check = &audit.Check{
	ID:       "PK-BOOT-004",
	Slug:     "passkey-needed-to-register-passkey",
	Doc:      audit.MustDoc(doc),
	Problem:  4,
	Severity: audit.Critical,
	Reads:    bootstrap.Reads(),
	Facts:    []audit.AnyFact{population.Users, methods.Policy, bootstrap.Stops},
	Run:      run,
}

func run(ctx context.Context, p *audit.Pass) error {
	policy, _, err := methods.EnabledPasskeys(ctx, p)
	if err != nil || policy == nil {
		return err
	}
	stopped, err := audit.Get(ctx, p, bootstrap.Stops)
	if err != nil {
		return err
	}
	inApp := map[string]audit.Set{}
	for _, c := range stopped.Causes(func(s *bootstrap.Stop, f *bootstrap.Refusal) bool { return s.Route == bootstrap.AppRoute && f.Passkey }) {
		inApp[c.Policy] = c.People
	}
	for _, c := range stopped.Causes(caught) {
		bootstrap.Lacks(p, c.Unsure, c.Missing, "caught between a passkey and the first one")
		if c.People.Empty() && len(c.Personas) == 0 {
			continue
		}
		f, err := stopped.Finding(ctx, p, &c)
		if err != nil {
			return err
		}
		who := "Nobody in scope is caught in that today."
		if n := c.People.Count(); n > 0 {
			who = audit.PeopleDo(n, "is", "are") + " caught in that and cannot register one."
		}
		f.Message = fmt.Sprintf("%q demands what only a passkey, Windows Hello or a certificate gives, and demands it also of whoever registers the first passkey. %s",
			stopped.PolicyName(c.Policy), who)
		if n := inApp[c.Policy].Minus(c.People).Count(); n > 0 {
			f.Message += fmt.Sprintf(" %s it inside Microsoft Authenticator and can register on a computer.", audit.PeopleDo(n, "meets", "meet"))
		}
		f.Message += stopped.Note(&c)
		f.Fix = append(f.Fix, audit.Decide("Instead of lifting it: demand for the user action Register security information a strength that also lists both kinds of Temporary "+
			"Access Pass, with a policy for phones that equals it, and issue passes."))
		p.Report(f)
	}
	return nil
}

// caught tells whether a policy is one of those that leave people, or somebody the
// tenant will meet, no way, because of a strength that a passkey meets and a pass does
// not. Who has nothing but a phone is left out where a policy on the register action
// takes a pass: that is a lane, and PK-BOOT-010 says whom it does not serve.
func caught(s *bootstrap.Stop, f *bootstrap.Refusal) bool {
	return s.Route == bootstrap.AnyRoute && f.Passkey && !(s.Persona == bootstrap.BYODPhoneOnly && s.Lane)
}
