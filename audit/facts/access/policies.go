package access

import (
	"context"
	"reflect"
	"slices"

	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/facts/privilege"
	"passkeyaudit/audit/snapshot"
)

// Policies is the fact that compiles the Conditional Access policies and resolves
// whom each reaches.
var Policies = &audit.Fact[*Compiled]{
	Name: "access.Policies",
	Doc:  "the Conditional Access policies, compiled, with the accounts each reaches",
	Reads: []audit.Read{
		{Section: snapshot.ConditionalAccessPolicies}, {Section: snapshot.NamedLocations},
		{Section: snapshot.AuthenticationStrengths},
	},
	Facts:  []audit.AnyFact{population.Users, population.Groups, privilege.Roles},
	Derive: derivePolicies,
}

// ApprovedApplicationRetired is the switch that takes the control
// approvedApplication for retired, as announced for March 2026 (GRT,
// concept-conditional-access-grant, 2026-03-24).
const ApprovedApplicationRetired = "approvedApplicationRetired"

// Compiled is a tenant's policies with whom they reach.
type Compiled struct {
	*conditionalaccess.Set
	// Reach are the accounts that the user assignment of each policy reaches, in the
	// order of the set.
	Reach []audit.Partly

	who      assignments
	policies []entra.ConditionalAccessPolicy
	tenant   conditionalaccess.Tenant
}

// Supposing is the policies compiled as if the tenant had one more named location.
func (c *Compiled) Supposing(location entra.NamedLocation) *conditionalaccess.Set {
	t := c.tenant
	t.Locations = append(slices.Clone(t.Locations), location)
	return conditionalaccess.Compile(t)
}

// Via says by which elements of its user assignment the i-th policy includes an
// account: "all users", "group Sales".
func (c *Compiled) Via(i int, ordinal uint32) []string {
	conditions := c.policies[i].Conditions
	if conditions == nil || conditions.Users == nil {
		return nil
	}
	return c.who.via(conditions.Users, ordinal)
}

// Activated is whom each policy reaches once everybody who is eligible for a role has
// activated it, in the order of the set. Source: USR
// (concept-conditional-access-users-groups, 2024-01-23).
func (c *Compiled) Activated(eligible *privilege.Holders) []audit.Partly {
	who := c.who
	who.roles = who.roles.With(eligible)
	reach := slices.Clone(c.Reach)
	for i := range c.policies {
		if u := c.policies[i].Conditions; u != nil && u.Users != nil && len(u.Users.IncludeRoles)+len(u.Users.ExcludeRoles) > 0 {
			reach[i] = who.reach(&c.policies[i])
		}
	}
	return reach
}

// Joining is whom each policy reaches under other memberships of groups, in the order
// of the set.
func (c *Compiled) Joining(groups *population.Memberships) []audit.Partly {
	who := c.who
	who.groups = groups
	reach := make([]audit.Partly, len(c.policies))
	for i := range c.policies {
		reach[i] = who.reach(&c.policies[i])
	}
	return reach
}

// Users tells, for one account, which policies reach it.
func (c *Compiled) Users(ordinal uint32) func(i int) audit.Tri {
	return func(i int) audit.Tri { return c.Reach[i].Has(ordinal) }
}

func derivePolicies(ctx context.Context, p *audit.Pass) (*Compiled, error) {
	who, err := newAssignments(ctx, p)
	if err != nil {
		return nil, err
	}
	var t conditionalaccess.Tenant
	if t.Policies, err = audit.Values[entra.ConditionalAccessPolicy](ctx, p, snapshot.ConditionalAccessPolicies); err != nil {
		return nil, err
	}
	if t.Locations, err = audit.Values[entra.NamedLocation](ctx, p, snapshot.NamedLocations); err != nil {
		return nil, err
	}
	if t.Strengths, err = audit.Values[entra.AuthenticationStrengthPolicy](ctx, p, snapshot.AuthenticationStrengths); err != nil {
		return nil, err
	}
	t.PoliciesComplete = p.Status(snapshot.ConditionalAccessPolicies).State == snapshot.Complete
	t.LocationsComplete = p.Status(snapshot.NamedLocations).State == snapshot.Complete
	t.ApprovedApplicationRetired = p.Settings().Switches[ApprovedApplicationRetired]
	c := &Compiled{Set: conditionalaccess.Compile(t), who: who, policies: t.Policies, tenant: t}
	for i := range t.Policies {
		c.Reach = append(c.Reach, who.reach(&t.Policies[i]))
	}
	return c, nil
}

// SamePolicy tells whether a policy of one tenant says what a policy of another does.
// Whom it reaches and what it names is not looked at.
func SamePolicy(a *Compiled, i int, b *Compiled, j int) bool {
	return reflect.DeepEqual(a.policies[i], b.policies[j])
}
