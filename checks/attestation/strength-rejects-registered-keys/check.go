// Package strengthrejectsregisteredkeys finds people whose passkeys work, and do not
// meet a strength that is demanded of them.
package strengthrejectsregisteredkeys

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/facts/access"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-ATT-005.
var Check = &audit.Check{
	ID:       "PK-ATT-005",
	Slug:     "strength-rejects-registered-keys",
	Doc:      audit.MustDoc(doc),
	Problem:  7,
	Severity: audit.High,
	Reads: []audit.Read{
		// Somebody about whom something is not known is not counted.
		{Section: snapshot.ConditionalAccessPolicies, Gap: audit.Hides},
		{Section: snapshot.AuthenticationStrengths, Gap: audit.Hides},
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.Groups, Gap: audit.Hides},
		{Section: snapshot.GroupMembers, Gap: audit.Hides},
		{Section: snapshot.AuthenticationMethods, Gap: audit.Hides},
		// The report knows no AAGUID; it only tells of how many people one is not known.
		{Section: snapshot.UserRegistrationDetails, Gap: audit.Refines},
		{Section: snapshot.Domains, Gap: audit.Refines},
		// Places play no part.
		{Section: snapshot.NamedLocations, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, methods.Policy, methods.Holdings, methods.Modes, access.Policies},
	Run:   run,
}

// demand is a strength with the people it is demanded of.
type demand struct {
	access.StrengthDemand
	reached audit.Partly
	met     map[string]audit.Tri // by AAGUID, whether a passkey of the model meets it

	caught audit.Builder
	// Of these it is not known: whom the policies reach, what the strength takes, which
	// model a passkey is.
	unreached, untold, unsure audit.Builder
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
	modes, err := audit.Get(ctx, p, methods.Modes)
	if err != nil {
		return err
	}
	policies, err := audit.Get(ctx, p, access.Policies)
	if err != nil {
		return err
	}
	policies.LacksStates(p)
	demands := faced(policies, dir)
	usable := modes["fido2"].Within(dir.People)
	for n := range held.Of(methods.Passkey).And(usable.Possible()).All() {
		for i := range demands {
			demands[i].judge(policy, held, n)
		}
	}
	for i := range demands {
		d := &demands[i]
		access.LacksReach(p, d.unreached.Set(), d.Label(), audit.PeoplePhrase)
		d.lacks(p, d.untold.Set(), snapshot.AuthenticationStrengths)
		d.lacks(p, d.unsure.Set(), snapshot.AuthenticationMethods)
		people := d.caught.Set()
		if !d.Passkeys() {
			// It was never meant for passkeys: only who has nothing else is stuck.
			people = d.without(people, modes)
		}
		if people.Empty() {
			continue
		}
		if err := d.report(ctx, p, dir, policies, policy, held, modes, people); err != nil {
			return err
		}
	}
	return nil
}

// faced lists the strengths that are demanded on resources; those on the registration
// of security information belong to the way to a passkey.
func faced(policies *access.Compiled, dir *population.Directory) []demand {
	var list []demand
	for _, s := range policies.StrengthDemands() {
		var on []int
		for _, i := range s.Policies {
			pol := policies.Policies[i]
			if !pol.OnAction(conditionalaccess.RegisterSecurityInfo) && !pol.OnAction(conditionalaccess.RegisterDevice) {
				on = append(on, i)
			}
		}
		if len(on) == 0 {
			continue
		}
		s.Policies = on
		list = append(list, demand{StrengthDemand: s, reached: policies.Reached(on).Within(dir.People), met: map[string]audit.Tri{}})
	}
	return list
}

// judge puts an account with passkeys where it belongs.
func (d *demand) judge(policy *methods.Effective, held *methods.Held, n uint32) {
	reached := d.reached.Has(n)
	if reached == audit.No {
		return
	}
	works, meets := audit.No, audit.No
	scope := policy.Passkeys.InScope().Has(n)
	for _, k := range held.Passkeys(n) {
		allowed, _, _ := policy.Passkeys.SignIn(n, k.Credential)
		ok := allowed.And(scope)
		works, meets = works.Or(ok), meets.Or(ok.And(d.meets(k.AAGUID)))
	}
	switch answer := reached.And(works).And(meets.Not()); answer {
	case audit.Yes:
		d.caught.Add(n)
	case audit.Unsure:
		switch {
		case reached == audit.Unsure:
			d.unreached.Add(n)
		case d.meets("ffffffff-ffff-ffff-ffff-ffffffffffff") == audit.Unsure:
			d.untold.Add(n)
		default:
			d.unsure.Add(n)
		}
	}
}

func (d *demand) lacks(p *audit.Pass, people audit.Set, section snapshot.SectionID) {
	if !people.Empty() {
		p.Lacks(section, audit.Hides, fmt.Sprintf("whether the passkeys of %s meet %s is not known", audit.PeoplePhrase(people.Count()), d.Label()))
	}
}

func (d *demand) meets(aaguid string) audit.Tri {
	aaguid = strings.ToLower(aaguid)
	v, known := d.met[aaguid]
	if !known {
		in := conditionalaccess.SignIn{Using: []string{"fido2"}}
		if aaguid != "" {
			in.AAGUID = conditionalaccess.Is(aaguid)
		}
		v = d.Met(&in)
		d.met[aaguid] = v
	}
	return v
}

// without are those of some people who hold nothing else that meets the strength
// either.
func (d *demand) without(people audit.Set, modes methods.ModeSets) audit.Set {
	var b audit.Builder
	for n := range people.All() {
		var could []string
		for mode := range modes {
			if mode != "fido2" && modes.Could(n, mode) != audit.No {
				could = append(could, mode)
			}
		}
		if d.Met(&conditionalaccess.SignIn{Using: could}) == audit.No {
			b.Add(n)
		}
	}
	return b.Set()
}

func (d *demand) report(ctx context.Context, p *audit.Pass, dir *population.Directory, policies *access.Compiled, policy *methods.Effective, held *methods.Held, modes methods.ModeSets, people audit.Set) error {
	evidence, err := policies.QuotePolicies(ctx, p, d.Policies, access.GrantPointer, "the policy demands the strength")
	if err != nil {
		return err
	}
	models, err := d.QuoteModels(ctx, p, "what the strength takes")
	if err != nil {
		return err
	}
	keys, err := methods.QuotePasskeys(ctx, p, dir, held, people, "a passkey that works elsewhere and does not meet the strength", func(n uint32, k methods.RegisteredPasskey) bool {
		allowed, _, _ := policy.Passkeys.SignIn(n, k.Credential)
		return allowed == audit.Yes
	})
	if err != nil {
		return err
	}
	ids := make([]string, len(d.Policies))
	for i, at := range d.Policies {
		ids[i] = policies.Definition(at).ID
	}
	names := policies.PolicyLabels(ids)
	demandedBy := names[0] + " demands it"
	if n := len(names); n > 1 {
		demandedBy = fmt.Sprintf("%s and %s demand it", names[0], audit.CountPhrase(n-1, "other policy", "other policies"))
	}
	takes, add, give := "takes no passkeys", "Add passkeys to the strength.", "Or give these people a method that it takes."
	stuck := ""
	if d.Passkeys() {
		takes = "takes passkeys of other models only"
		add, give = "Add the models of these passkeys to the strength.", "Or give these people a passkey of a model that it takes."
		if n := d.without(people, modes).Count(); n < people.Count() {
			stuck = fmt.Sprintf(" Of them, %s nothing else that may meet it.", audit.PeopleDo(n, "holds", "hold"))
		}
	}
	p.Report(audit.Finding{
		Message: fmt.Sprintf("%s passkeys that their profiles accept and that do not meet %s: it %s, and %s. Where it is demanded these people cannot sign in with what they registered.%s",
			audit.PeopleDo(people.Count(), "has", "have"), d.Label(), takes, demandedBy, stuck),
		Subject:  d.Subject(),
		Affected: audit.People(people, dir),
		Evidence: append(append(evidence, models...), keys...),
		Blockers: ids,
		Fix:      []audit.Step{bootstrap.GiveWay(add, bootstrap.Blocker{Type: bootstrap.StrengthBlocker, ID: d.StrengthID()}), audit.Do(give)},
	})
	return nil
}
