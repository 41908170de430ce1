package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/access"
	"passkeyaudit/audit/facts/privilege"
	"passkeyaudit/audit/snapshot"
)

// questions are the sign-ins to ask about: the one that was given, those of a file, or
// some that are made up.
func (e *evaluator) questions(ctx context.Context, single *conditionalaccess.Scenario, o evaluateOptions, d *Deps) ([]conditionalaccess.Scenario, error) {
	switch {
	case single != nil:
		return []conditionalaccess.Scenario{*single}, nil
	case o.Scenarios != "":
		return scenariosOf(ctx, d, o.Scenarios)
	}
	list, err := e.personas(ctx)
	if err == nil && len(list) == 0 {
		err = errors.New("the snapshot holds nobody to ask about")
	}
	return list, err
}

func scenariosOf(ctx context.Context, d *Deps, file string) ([]conditionalaccess.Scenario, error) {
	var list []conditionalaccess.Scenario
	return list, eachScenario(ctx, d, file, func(s *conditionalaccess.Scenario) error {
		if len(list) == mostQuestions {
			return usagef("--verify asks about at most %d sign-ins, one a second", mostQuestions)
		}
		list = append(list, *s)
		return nil
	})
}

// personas makes up sign-ins of a few accounts whom policies treat differently: one of
// each of the largest classes of people, and an administrator. Each opens mail at a
// computer that Entra does not know, from an address that no location names, and
// registers security info on a phone, from a trusted address where there is one.
func (e *evaluator) personas(ctx context.Context) ([]conditionalaccess.Scenario, error) {
	classes, err := audit.Evaluate(ctx, e.run, access.Classes)
	if err != nil {
		return nil, err
	}
	admins, err := audit.Evaluate(ctx, e.run, privilege.Privileged)
	if err != nil {
		return nil, err
	}
	type class struct {
		first  uint32
		people int
	}
	var largest []class
	for _, c := range classes.List {
		people := c.Members.And(e.dir.People)
		for first := range people.All() {
			largest = append(largest, class{first, people.Count()})
			break
		}
	}
	slices.SortStableFunc(largest, func(a, b class) int { return cmp.Compare(b.people, a.people) })
	var who []uint32
	for _, c := range largest[:min(len(largest), mostPersonas)] {
		who = append(who, c.first)
	}
	for n := range admins.Accounts.Yes.And(e.dir.People).All() {
		if !slices.Contains(who, n) {
			who = append(who, n)
		}
		break
	}
	inside, err := e.trustedAddress(ctx)
	if err != nil {
		return nil, err
	}
	var list []conditionalaccess.Scenario
	for i, n := range who {
		country := cmp.Or(e.dir.Country(n), "US")
		user := e.dir.Member(n).ID
		none := conditionalaccess.Is("none")
		in := conditionalaccess.SignIn{
			Device: conditionalaccess.Unregistered(), Country: conditionalaccess.Is(country),
			SignInRisk: none, UserRisk: none, InsiderRisk: none, Transfer: none,
		}
		mail, register := in, in
		mail.Target = conditionalaccess.Target{Kind: conditionalaccess.App, ID: exchangeOnline}
		mail.ClientAppType, mail.Platform, mail.IP = conditionalaccess.Is("browser"), conditionalaccess.Is("windows"), outside
		register.Target = conditionalaccess.Target{Kind: conditionalaccess.RegisterSecurityInfo}
		register.ClientAppType, register.Platform, register.IP = conditionalaccess.Is("mobileAppsAndDesktopClients"), conditionalaccess.Is("iOS"), inside
		list = append(list,
			conditionalaccess.Scenario{ID: fmt.Sprintf("mail-%d", i+1), User: user, SignIn: mail},
			conditionalaccess.Scenario{ID: fmt.Sprintf("register-%d", i+1), User: user, SignIn: register})
	}
	return list, nil
}

const exchangeOnline = "00000002-0000-0ff1-ce00-000000000000"

// outside is an address set aside for documentation, which no office has.
var outside = netip.MustParseAddr("203.0.113.250")

// trustedAddress is the first address of a trusted location; outside where there is
// none.
func (e *evaluator) trustedAddress(ctx context.Context) (netip.Addr, error) {
	for o, err := range snapshot.Objects[entra.NamedLocation](ctx, e.snap, snapshot.NamedLocations) {
		if err != nil {
			return outside, err
		}
		if trusted := o.Value.IsTrusted; trusted == nil || !*trusted {
			continue
		}
		for _, r := range o.Value.IPRanges {
			if p, err := netip.ParsePrefix(r.CIDRAddress); err == nil {
				return p.Addr(), nil
			}
		}
	}
	return outside, nil
}
