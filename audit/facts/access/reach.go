// Package access knows whom Conditional Access reaches, and with which demand.
package access

import (
	"context"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/facts/privilege"
	"passkeyaudit/audit/snapshot"
)

// PhishingResistant is the fact that lists the enabled policies that demand a
// phishing-resistant strength, with the accounts their user assignment reaches.
// Policies of which that cannot be told are listed too; they reach nobody for
// certain. Other conditions are not looked at: a policy for one platform or one
// application reaches its people too.
var PhishingResistant = &audit.Fact[[]Demand]{
	Name: "access.PhishingResistant",
	Doc:  "enabled policies that demand a phishing-resistant strength, and whom they reach",
	Reads: []audit.Read{
		{Section: snapshot.ConditionalAccessPolicies, Gap: audit.Refines},
		{Section: snapshot.AuthenticationStrengths, Gap: audit.Refines},
	},
	Facts:  []audit.AnyFact{population.Users, population.Groups, privilege.Roles},
	Derive: derivePhishingResistant,
}

// Demand is a policy with the accounts it reaches.
type Demand struct {
	Policy entra.ConditionalAccessPolicy
	Raw    entra.Raw
	Reach  audit.Partly
}

func derivePhishingResistant(ctx context.Context, p *audit.Pass) ([]Demand, error) {
	strengths := map[string]*entra.AuthenticationStrengthPolicy{}
	for o, err := range audit.Objects[entra.AuthenticationStrengthPolicy](ctx, p, snapshot.AuthenticationStrengths) {
		if err != nil {
			return nil, err
		}
		strengths[strings.ToLower(o.Value.ID)] = &o.Value
	}
	policies, err := audit.QuotedObjects[entra.ConditionalAccessPolicy](ctx, p, snapshot.ConditionalAccessPolicies)
	if err != nil {
		return nil, err
	}
	who, err := newAssignments(ctx, p)
	if err != nil {
		return nil, err
	}
	var demands []Demand
	for _, q := range policies {
		pol := &q.Value
		if pol.State != "enabled" {
			continue
		}
		switch demandsResistant(pol.GrantControls, q.Raw, strengths) {
		case audit.Yes:
			demands = append(demands, Demand{Policy: *pol, Raw: q.Raw, Reach: who.reach(pol)})
		case audit.Unsure:
			demands = append(demands, Demand{Policy: *pol, Raw: q.Raw, Reach: audit.Partly{Maybe: who.reach(pol).Possible()}})
		}
	}
	return demands, nil
}

// demandsResistant tells whether grant controls can be met by a phishing-resistant
// method only: the strength admits nothing else, and no other control does in its
// place. Items are joined by the operator, which is irrelevant with one item; OR
// asks for one of them. Sources: EVA (conditionalaccessroot-evaluate, 2025-07-08),
// POL (concept-conditional-access-policies, 2023-07-07).
func demandsResistant(g *entra.ConditionalAccessGrant, policy entra.Raw, strengths map[string]*entra.AuthenticationStrengthPolicy) audit.Tri {
	if g == nil || g.AuthenticationStrength == nil || g.AuthenticationStrength.ID == "" {
		return audit.No
	}
	// Inside a policy a strength may come with nothing but its id.
	s := g.AuthenticationStrength
	if full := strengths[strings.ToLower(s.ID)]; full != nil && len(full.AllowedCombinations) > 0 {
		s = full
	}
	answer := audit.Unsure
	if s.ID == strengthMultifactor || s.ID == strengthPasswordless {
		answer = audit.No
	} else if resistant, known := s.PhishingResistant(); known {
		answer = audit.TriOf(resistant)
	}
	if len(g.BuiltInControls) == 0 && !lists(policy, "/grantControls/termsOfUse") &&
		!lists(policy, "/grantControls/customAuthenticationFactors") {
		return answer
	}
	switch strings.ToUpper(g.Operator) {
	case "AND":
		return answer
	case "OR":
		return audit.No
	default:
		return answer.And(audit.Unsure)
	}
}

// lists tells whether there is a list with something in it at a pointer.
func lists(raw entra.Raw, pointer string) bool {
	_, found := entra.Lookup(raw, pointer+"/0")
	return found
}

// The built-in strengths that admit more, by ids that are the same in all tenants.
// Source: STR (concept-authentication-strengths, 2025-03-04).
const (
	strengthMultifactor  = "00000000-0000-0000-0000-000000000002"
	strengthPasswordless = "00000000-0000-0000-0000-000000000003"
)

// noGroup is an id that some exports hold where there is no group.
const noGroup = "00000000-0000-0000-0000-000000000000"

// assignments resolves the user condition of policies.
type assignments struct {
	dir    *population.Directory
	groups *population.Memberships
	roles  *privilege.Holders
}

func newAssignments(ctx context.Context, p *audit.Pass) (a assignments, err error) {
	if a.dir, err = audit.Get(ctx, p, population.Users); err != nil {
		return a, err
	}
	if a.groups, err = audit.Get(ctx, p, population.Groups); err != nil {
		return a, err
	}
	a.roles, err = audit.Get(ctx, p, privilege.Roles)
	return a, err
}

// reach is any include and no exclude; "None" among the included users does not
// cancel the other lists. A policy without a user condition is not enforceable, or
// about workload identities: it reaches nobody. Source: USR
// (concept-conditional-access-users-groups, 2024-01-23).
func (a assignments) reach(p *entra.ConditionalAccessPolicy) audit.Partly {
	if p.Conditions == nil || p.Conditions.Users == nil {
		return audit.Partly{}
	}
	u := p.Conditions.Users
	included := a.listed(u.IncludeUsers, u.IncludeGroups, u.IncludeRoles, u.IncludeGuestsOrExternalUsers)
	excluded := a.listed(u.ExcludeUsers, u.ExcludeGroups, u.ExcludeRoles, u.ExcludeGuestsOrExternalUsers)
	return included.Minus(excluded)
}

func (a assignments) listed(users, groups, roles []string, guests *entra.ConditionalAccessGuests) audit.Partly {
	var who audit.Partly
	for _, id := range users {
		switch id {
		case "All":
			who = who.Or(audit.Certainly(a.dir.All))
		case "GuestsOrExternalUsers":
			who = who.Or(audit.Certainly(a.dir.Guests))
		case "None":
		default:
			if n, known := a.dir.Ordinal(id); known {
				who = who.Or(audit.Certainly(audit.SetOf(n)))
			}
		}
	}
	for _, id := range groups {
		if id == noGroup {
			continue
		}
		who = who.Or(a.groups.Lookup(id).Members)
	}
	for _, id := range roles {
		who = who.Or(a.roles.Of(id))
	}
	if guests != nil && guests.GuestOrExternalUserTypes != "" {
		// Which guest is of which kind needs more than the user object shows.
		who = who.Or(audit.Partly{Maybe: a.dir.Guests})
	}
	return who
}
