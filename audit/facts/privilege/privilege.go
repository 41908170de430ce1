// Package privilege knows who holds which directory role.
package privilege

import (
	"context"
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
		dir, err := audit.Get(ctx, p, population.Users)
		if err != nil {
			return nil, err
		}
		groups, err := audit.Get(ctx, p, population.Groups)
		if err != nil {
			return nil, err
		}
		h := &Holders{byTemplate: map[string]audit.Partly{}, unread: dir.All}
		if p.Status(snapshot.RoleAssignments).State == snapshot.Complete {
			h.unread = audit.Set{}
		}
		for o, err := range audit.Objects[entra.RoleAssignment](ctx, p, snapshot.RoleAssignments) {
			if err != nil {
				return nil, err
			}
			a := &o.Value
			if !a.TenantWide() {
				continue
			}
			template := strings.ToLower(a.TemplateID())
			if n, isUser := dir.Ordinal(a.PrincipalID); isUser {
				h.byTemplate[template] = h.byTemplate[template].Or(audit.Certainly(audit.SetOf(n)))
				continue
			}
			// A role held through a role-assignable group counts as active; the
			// sources do not say otherwise. Other principals are applications.
			if g := groups.Lookup(a.PrincipalID); g.Exists == audit.Yes {
				h.byTemplate[template] = h.byTemplate[template].Or(g.Members)
			}
		}
		return h, nil
	},
}

// Holders answers who holds a role.
type Holders struct {
	byTemplate map[string]audit.Partly
	unread     audit.Set // everybody, where assignments were not read in full
}

// Of gives the holders of a role by its template id. Assignments scoped to an
// administrative unit do not count: Conditional Access ignores them.
func (h *Holders) Of(template string) audit.Partly {
	held := h.byTemplate[strings.ToLower(template)]
	return audit.Partly{Yes: held.Yes, Maybe: held.Maybe.Or(h.unread).Minus(held.Yes)}
}
