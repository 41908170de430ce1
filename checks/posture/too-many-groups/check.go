// Package toomanygroups finds people in so many groups that Conditional Access may not
// be able to judge their sign-ins.
package toomanygroups

import (
	"context"
	_ "embed"
	"fmt"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-POST-011.
var Check = &audit.Check{
	ID:       "PK-POST-011",
	Slug:     "too-many-groups",
	Doc:      audit.MustDoc(doc),
	Problem:  4,
	Severity: audit.Medium,
	Reads: []audit.Read{
		{Section: snapshot.Users, Gap: audit.Hides},
		// Members that were not read can only add groups.
		{Section: snapshot.GroupMembers, Gap: audit.Hides},
		// What counts of this section is the number of the tenant's groups.
		{Section: snapshot.Groups, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, population.Groups},
	Run:   run,
}

const (
	// limit is from how many groups on, nested ones counted, access may be blocked
	// (USR, concept-conditional-access-users-groups, 2024-01-23).
	limit = 2048
	// near is nine tenths of it.
	near = 1843
)

func run(ctx context.Context, p *audit.Pass) error {
	// With fewer groups than that in the tenant nobody can be in too many.
	total := -1
	if entry := p.Status(snapshot.Groups).Entry; entry != nil && entry.Total != nil {
		total = *entry.Total
	}
	if total >= 0 && total < near {
		return nil
	}
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return err
	}
	groups, err := audit.Get(ctx, p, population.Groups)
	if err != nil {
		return err
	}
	// Groups that nothing names are not read: of those who are not found nothing is known.
	if total < 0 {
		// A snapshot made otherwise than by collecting may hold them all: they are taken
		// for that.
		if p.Status(snapshot.Groups).State != snapshot.Complete {
			p.Lacks(snapshot.Groups, audit.Hides, "how many groups the tenant has is not told")
		}
	} else {
		p.Lacks(snapshot.Groups, audit.Hides, fmt.Sprintf("of the tenant's %s only those that something names are read; for one person see the groups in the admin centre", audit.CountPhrase(total, "group", "groups")))
	}
	over := groups.InAtLeast(limit).And(dir.People)
	close := groups.InAtLeast(near).And(dir.People).Minus(over)
	for _, found := range []struct {
		people  audit.Set
		blocker string
		one     string
		many    string
	}{
		{over, "over", "is in 2,048 groups or more", "are in 2,048 groups or more"},
		{close, "near", "is in 1,843 groups or more, nine tenths of the 2,048", "are in 1,843 groups or more, nine tenths of the 2,048"},
	} {
		if found.people.Empty() {
			continue
		}
		p.Report(audit.Finding{
			Message: fmt.Sprintf("%s, counting only groups that policies, methods and roles name: Conditional Access may block the access of who is in more than 2,048, nested groups counted, whatever the policies say.",
				audit.PeopleDo(found.people.Count(), found.one, found.many)),
			Subject:  audit.Subject{Type: audit.SubjectTenant, Name: "Groups"},
			Affected: audit.People(found.people, dir),
			Evidence: []audit.Evidence{audit.Examined(snapshot.GroupMembers, groups.MemberRows, "memberships counted person by person")},
			Blockers: []string{found.blocker},
			Fix:      []audit.Step{audit.Do("Take them out of groups that nothing needs any more, and replace nests of groups by one dynamic group.")},
		})
	}
	return nil
}
