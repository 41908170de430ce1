package access

import (
	"context"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/facts/privilege"
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
	if p.Conditions == nil || p.Conditions.Users == nil || conditionalaccess.ForWorkloads(p.Conditions) {
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
		who = who.Or(a.named(id))
	}
	for _, id := range groups {
		if id == noGroup {
			continue
		}
		g := a.groups.Lookup(id)
		if g.Exists != audit.Yes && !conditionalaccess.IsID(id) {
			who = who.Or(audit.Partly{Maybe: a.dir.All}) // a name where an id belongs
			continue
		}
		who = who.Or(g.Members)
	}
	for _, id := range roles {
		if !conditionalaccess.IsID(id) && !a.roles.Known(id) {
			who = who.Or(audit.Partly{Maybe: a.dir.All})
			continue
		}
		who = who.Or(a.roles.Of(id))
	}
	return who.Or(a.guests(guests))
}

// via says by which includes an account is reached.
func (a assignments) via(u *entra.ConditionalAccessUsers, ordinal uint32) []string {
	var list []string
	add := func(set audit.Partly, text string) {
		if set.Has(ordinal) == audit.Yes {
			list = append(list, text)
		}
	}
	for _, id := range u.IncludeUsers {
		switch strings.ToLower(id) {
		case "all":
			add(a.named(id), "all users")
		case "guestsorexternalusers":
			add(a.named(id), "guests")
		default:
			add(a.named(id), "named alone")
		}
	}
	for _, id := range u.IncludeGroups {
		g := a.groups.Lookup(id)
		add(g.Members, "group "+g.Label()+through(a.groups.Path(id, ordinal)))
	}
	for _, id := range u.IncludeRoles {
		add(a.roles.Of(id), "role "+a.roles.Label(id))
	}
	add(a.guests(u.IncludeGuestsOrExternalUsers), "guests of a kind")
	return list
}

// through says by which groups inside another one somebody is in that.
func through(path []population.Group) string {
	if len(path) == 0 {
		return ""
	}
	labels := make([]string, len(path))
	for i, g := range path {
		labels[i] = g.Label()
	}
	return " through " + strings.Join(labels, " > ")
}

// named resolves an element of a list of users. A word nobody knows may stand for
// anybody.
func (a assignments) named(id string) audit.Partly {
	switch strings.ToLower(id) {
	case "all":
		return audit.Certainly(a.dir.All)
	case "guestsorexternalusers":
		return audit.Certainly(a.dir.Guests)
	case "none", "allagentidusers":
		return audit.Partly{}
	}
	if n, known := a.dir.Ordinal(id); known {
		return audit.Certainly(audit.SetOf(n))
	}
	if !conditionalaccess.IsID(id) {
		return audit.Partly{Maybe: a.dir.All}
	}
	return audit.Partly{}
}

// guests resolves a choice of guests by kind. An account's kind follows from whose
// credentials it signs in with and from its userType. Direct-connect policies also
// hit collaboration accounts that could use direct connect, which cannot be told;
// from which tenant a guest comes is not in the directory. Sources: B2B
// (authentication-conditional-access, 2024-05-15), USR (2024-01-23).
func (a assignments) guests(g *entra.ConditionalAccessGuests) audit.Partly {
	var who audit.Partly
	if g == nil {
		return who
	}
	for _, kind := range g.GuestOrExternalUserTypes.Members() {
		switch strings.ToLower(kind) {
		case "none":
		case "internalguest":
			who = who.Or(audit.Certainly(a.dir.GuestTypes.Minus(a.dir.External)))
		case "b2bcollaborationguest":
			who = who.Or(audit.Certainly(a.dir.External.And(a.dir.GuestTypes)))
		case "b2bcollaborationmember":
			who = who.Or(audit.Certainly(a.dir.External.Minus(a.dir.GuestTypes)))
		case "b2bdirectconnectuser":
			who = who.Or(audit.Partly{Maybe: a.dir.External})
		case "otherexternaluser", "serviceprovider":
			// These have no account of their own in the directory.
		default:
			who = who.Or(audit.Partly{Maybe: a.dir.Guests})
		}
	}
	if !g.ExternalTenants.Every() {
		local := who.Within(a.dir.All.Minus(a.dir.External))
		who = local.Or(audit.Partly{Maybe: who.Possible().And(a.dir.External)})
	}
	return who
}
