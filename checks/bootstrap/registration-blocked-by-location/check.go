// Package registrationblockedbylocation finds policies that keep people outside given
// places from registering a passkey.
package registrationblockedbylocation

import (
	"context"
	_ "embed"
	"fmt"
	"slices"

	"passkeyaudit/audit"
	"passkeyaudit/audit/change"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
)

//go:embed doc.md
var doc string

// Check is PK-BOOT-006.
var Check = &audit.Check{
	ID:       "PK-BOOT-006",
	Slug:     "registration-blocked-by-location",
	Doc:      audit.MustDoc(doc),
	Problem:  4,
	Severity: audit.High,
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
	for _, c := range stopped.Causes(byPlace) {
		bootstrap.Lacks(p, c.Unsure, c.Missing, "kept from registering outside the places that a policy names")
		if c.People.Empty() && len(c.Personas) == 0 {
			continue
		}
		f, err := stopped.Finding(ctx, p, &c)
		if err != nil {
			return err
		}
		who := "Nobody in scope without a passkey meets that today."
		n := c.People.Count()
		what := "blocks the registration of a passkey outside the places it names"
		lane := audit.Edit("Instead of lifting it: demand multifactor authentication there instead of blocking, so that a Temporary Access Pass gets people in.",
			change.DemandMFA(stopped.Policies.Definition(stopped.Policies.Positions([]string{c.Policy})[0])))
		if !slices.Contains(c.Reasons, bootstrap.LocationBlocked) {
			what = "demands, outside the places it names, what people do not have before they register"
			lane = audit.Do("Instead of lifting it: issue Temporary Access Passes to people who start outside, or have them register inside.")
		}
		if n > 0 {
			who = audit.PeoplePhrase(n) + " cannot register alone" + " from elsewhere."
			switch inside := c.People.And(stopped.People(bootstrap.SelfService)).Count(); inside {
			case 0:
			case n:
				who += " Inside they can."
			default:
				who += fmt.Sprintf(" Inside, %s can.", audit.CountPhrase(inside, "of them", "of them"))
			}
			who += trapped(stopped, c.People)
		}
		f.Message = fmt.Sprintf("%q %s. %s%s", stopped.PolicyName(c.Policy), what, who, stopped.Note(&c))
		f.Fix = append(f.Fix, lane)
		p.Report(f)
	}
	return nil
}

func trapped(stopped *bootstrap.Stopped, people audit.Set) string {
	if n := people.And(stopped.People(bootstrap.Trapped)).Count(); n > 0 {
		return fmt.Sprintf(" %s no way anywhere.", audit.PeopleDo(n, "has", "have"))
	}
	return ""
}

// byPlace tells whether a policy that asks for the place closes registration alone to
// people outside, or any registration to people the tenant will meet.
func byPlace(s *bootstrap.Stop, f *bootstrap.Refusal) bool {
	return (s.Route == bootstrap.HomeRoute || s.Route == bootstrap.RemoteRoute) && f.Located
}
