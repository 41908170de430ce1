// Package privilege knows who holds which directory role.
package privilege

import (
	"context"
	"maps"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

// Roles is the fact that lists active, tenant-wide role holders.
var Roles = &audit.Fact[*Holders]{
	Name:  "privilege.Roles",
	Doc:   "who actively holds which directory role for the whole tenant",
	Reads: []audit.Read{{Section: snapshot.RoleAssignments, Gap: audit.Refines}},
	Facts: []audit.AnyFact{population.Users, population.Groups},
	Derive: func(ctx context.Context, p *audit.Pass) (*Holders, error) {
		return readHolders(ctx, p, snapshot.RoleAssignments, func(s snapshot.State) bool { return s == snapshot.Complete })
	},
}

// Eligible is the fact that lists who may activate a tenant-wide role. A tenant
// without the licence for that has nobody who may.
var Eligible = &audit.Fact[*Holders]{
	Name:  "privilege.Eligible",
	Doc:   "who may activate which directory role for the whole tenant",
	Reads: []audit.Read{{Section: snapshot.RoleEligibility, Gap: audit.Refines}},
	Facts: []audit.AnyFact{population.Users, population.Groups},
	Derive: func(ctx context.Context, p *audit.Pass) (*Holders, error) {
		return readHolders(ctx, p, snapshot.RoleEligibility, func(s snapshot.State) bool {
			return s == snapshot.Complete || s == snapshot.Unlicensed
		})
	},
}

// readHolders reads a section of role assignments; read says in which states it was
// read in full.
func readHolders(ctx context.Context, p *audit.Pass, section snapshot.SectionID, read func(snapshot.State) bool) (*Holders, error) {
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return nil, err
	}
	groups, err := audit.Get(ctx, p, population.Groups)
	if err != nil {
		return nil, err
	}
	h := &Holders{byTemplate: map[string]audit.Partly{}, names: map[string]string{}}
	direct := map[string]*audit.Builder{}
	for o, err := range audit.Objects[entra.RoleAssignment](ctx, p, section) {
		if err != nil {
			return nil, err
		}
		a := &o.Value
		template := strings.ToLower(a.TemplateID())
		if a.RoleDefinition != nil && a.RoleDefinition.DisplayName != "" {
			h.names[template] = a.RoleDefinition.DisplayName
		}
		if a.Custom() {
			h.byTemplate[template] = h.byTemplate[template].Or(audit.Partly{}) // known, and matched by nobody
			continue
		}
		if n, isUser := dir.Ordinal(a.PrincipalID); isUser && a.TenantWide() {
			if direct[template] == nil {
				direct[template] = &audit.Builder{}
			}
			direct[template].Add(n)
			continue
		}
		h.byTemplate[template] = h.byTemplate[template].Or(holders(a, dir, groups))
	}
	for template, b := range direct {
		h.byTemplate[template] = h.byTemplate[template].Or(audit.Certainly(b.Set()))
	}
	// The state is asked after reading: unreadable rows change it.
	if !read(p.Status(section).State) {
		h.unread = dir.All
	}
	return h, nil
}

// With is who holds a role by either list; what is not known of the other does not
// count.
func (h *Holders) With(other *Holders) *Holders {
	both := &Holders{byTemplate: maps.Clone(h.byTemplate), names: h.names, unread: h.unread}
	for template, held := range other.byTemplate {
		both.byTemplate[template] = both.byTemplate[template].Or(held)
	}
	return both
}

// Everybody are the certain holders of any role.
func (h *Holders) Everybody() audit.Set {
	var who audit.Set
	for _, held := range h.byTemplate {
		who = who.Or(held.Yes)
	}
	return who
}

// holders are the accounts to whom one assignment gives its role for the whole
// tenant. A role held through a role-assignable group counts as active; the
// sources do not say otherwise. A principal that is neither an account nor a group
// is an application; where groups were not read in full, it may be a group.
func holders(a *entra.RoleAssignment, dir *population.Directory, groups *population.Memberships) audit.Partly {
	var who audit.Partly
	if n, isUser := dir.Ordinal(a.PrincipalID); isUser {
		who = audit.Certainly(audit.SetOf(n))
	} else {
		who = groups.Lookup(a.PrincipalID).Members
	}
	switch {
	case a.TenantWide():
		return who
	case a.DirectoryScopeID == "": // not told
		return audit.Partly{Maybe: who.Possible()}
	default:
		return audit.Partly{}
	}
}

// Holders answers who holds a role.
type Holders struct {
	byTemplate map[string]audit.Partly
	names      map[string]string // of roles, by template, where assignments tell them
	unread     audit.Set         // everybody, where assignments were not read in full
}

// Templates lists the roles that somebody holds, by template id, sorted.
func (h *Holders) Templates() []string { return slices.Sorted(maps.Keys(h.byTemplate)) }

// Of gives the holders of a role by its template id. Assignments scoped to an
// administrative unit do not count: Conditional Access ignores them.
func (h *Holders) Of(template string) audit.Partly {
	held := h.byTemplate[strings.ToLower(template)]
	return audit.Partly{Yes: held.Yes, Maybe: held.Maybe.Or(h.unread).Minus(held.Yes)}
}

// Label names a role for people: by its name where an assignment told it, or by its
// template id.
func (h *Holders) Label(template string) string {
	if name := h.names[strings.ToLower(template)]; name != "" {
		return name
	}
	return template
}

// Known tells whether some assignment names a role.
func (h *Holders) Known(template string) bool {
	_, known := h.byTemplate[strings.ToLower(template)]
	return known
}
