package privilege

import (
	"context"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

// Privileged is the fact that knows who is an administrator: who holds, or may
// activate, one of the roles for which Microsoft's template asks phishing-resistant
// authentication (TPL 76c03f19, concept-conditional-access-policy-common,
// 2026-03-24).
var Privileged = &audit.Fact[*Administrators]{
	Name: "privilege.Privileged",
	Doc:  "who holds or is eligible for a privileged role for the whole tenant, directly or through a group",
	Reads: []audit.Read{
		{Section: snapshot.RoleAssignments, Gap: audit.Refines},
		{Section: snapshot.RoleEligibility, Gap: audit.Refines},
	},
	Facts:  []audit.AnyFact{population.Users, population.Groups, Roles},
	Derive: derivePrivileged,
}

// Administrators are the accounts with a privileged role for the whole tenant.
// Roles of one administrative unit or one object do not count.
type Administrators struct {
	Accounts audit.Partly
	// Unread names the sections that were not read in full; anybody may hold a role
	// that stands there.
	Unread []snapshot.SectionID
}

func derivePrivileged(ctx context.Context, p *audit.Pass) (*Administrators, error) {
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return nil, err
	}
	groups, err := audit.Get(ctx, p, population.Groups)
	if err != nil {
		return nil, err
	}
	active, err := audit.Get(ctx, p, Roles)
	if err != nil {
		return nil, err
	}
	roles := catalogue.TemplateOf(catalogue.TemplateResistantAdmins).IncludeRoles()
	a := &Administrators{}
	for _, role := range roles {
		a.Accounts = a.Accounts.Or(active.Of(role))
	}
	var direct audit.Builder
	for o, err := range audit.Objects[entra.RoleAssignment](ctx, p, snapshot.RoleEligibility) {
		if err != nil {
			return nil, err
		}
		e := &o.Value
		if !slices.ContainsFunc(roles, func(id string) bool { return strings.EqualFold(id, e.TemplateID()) }) {
			continue
		}
		if n, isUser := dir.Ordinal(e.PrincipalID); isUser && e.TenantWide() {
			direct.Add(n)
			continue
		}
		a.Accounts = a.Accounts.Or(holders(e, dir, groups))
	}
	a.Accounts = a.Accounts.Or(audit.Certainly(direct.Set()))
	for _, id := range []snapshot.SectionID{snapshot.RoleAssignments, snapshot.RoleEligibility} {
		state := p.Status(id).State
		// Without the licence there is no eligibility.
		if state != snapshot.Complete && (id != snapshot.RoleEligibility || state != snapshot.Unlicensed) {
			a.Unread = append(a.Unread, id)
			a.Accounts = a.Accounts.Or(audit.Partly{Maybe: dir.All})
		}
	}
	return a, nil
}
