// Package adminsnotphishingresistant finds people with a privileged role who could not
// sign in with a phishing-resistant method today.
package adminsnotphishingresistant

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/change"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/facts/privilege"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-POST-001.
var Check = &audit.Check{
	ID:       "PK-POST-001",
	Slug:     "admins-not-phishing-resistant",
	Doc:      audit.MustDoc(doc),
	Problem:  0,
	Severity: audit.Critical,
	Reads: []audit.Read{
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.RoleAssignments, Gap: audit.Hides},
		// Roles may be held, and the method be allowed, through groups; the check says
		// itself where it could not tell.
		{Section: snapshot.Groups, Gap: audit.Refines},
		{Section: snapshot.GroupMembers, Gap: audit.Refines},
		{Section: snapshot.AuthenticationMethods, Gap: audit.Refines},
		{Section: snapshot.UserRegistrationDetails, Gap: audit.Refines},
		{Section: snapshot.Domains, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, population.Groups, privilege.Roles, methods.Policy, methods.Holdings, methods.Usable, methods.Modes},
	Run:   run,
}

func run(ctx context.Context, p *audit.Pass) error {
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return err
	}
	roles, err := audit.Get(ctx, p, privilege.Roles)
	if err != nil {
		return err
	}
	policy, err := audit.Get(ctx, p, methods.Policy)
	if err != nil {
		return err
	}
	held, err := audit.Get(ctx, p, methods.Holdings)
	if err != nil {
		return err
	}
	strong, err := audit.Get(ctx, p, methods.Usable)
	if err != nil {
		return err
	}
	modes, err := audit.Get(ctx, p, methods.Modes)
	if err != nil {
		return err
	}
	assigned, err := readAssigned(ctx, p, dir)
	if err != nil {
		return err
	}
	var wide audit.Partly
	for _, template := range privileged() {
		wide = wide.Or(roles.Of(template))
	}
	wide = wide.Within(dir.People)
	// A role of one administrative unit counts by itself, where there is no other.
	unit := assigned.units.Within(dir.People).Minus(audit.Certainly(wide.Yes))
	resistant := modes.Resistant()
	strong.LackingResistant(p, wide.Yes.Or(unit.Yes).And(resistant.Maybe), dir, policy, held, audit.PeoplePhrase)
	if p.Status(snapshot.RoleAssignments).State == snapshot.Complete {
		if set := wide.Maybe.Or(unit.Maybe).Minus(resistant.Yes); !set.Empty() {
			p.Lacks(snapshot.GroupMembers, audit.Hides,
				fmt.Sprintf("whether %s a privileged role is not known, and they may have no phishing-resistant method", audit.PeopleDo(set.Count(), "has", "have")))
		}
	}

	report := func(people audit.Set, blocker string, certainty audit.Certainty, where, note string, fix ...audit.Step) error {
		if people.Empty() {
			return nil
		}
		evidence, err := assigned.quote(ctx, p, people)
		if err != nil {
			return err
		}
		rows, err := methods.QuoteHoldings(ctx, p, dir, held, people, "nothing phishing-resistant that the person may use")
		if err != nil {
			return err
		}
		evidence = append(evidence, rows...)
		if policy.Passkeys != nil && !people.And(held.Of(methods.Passkey)).Empty() {
			evidence = append(evidence, policy.Quote(policy.Passkeys.Pointer+"/state", "a registered passkey counts only where the method lets the person use it"))
		}
		p.Report(audit.Finding{
			Certainty: certainty,
			Message: fmt.Sprintf("%s a privileged role %s and no phishing-resistant method that they may use: whoever phishes them has the role.%s",
				audit.PeopleDo(people.Count(), "has", "have"), where, note),
			Subject:  audit.Subject{Type: audit.SubjectTenant, Name: "Privileged roles"},
			Affected: audit.People(people, dir),
			Evidence: evidence,
			Blockers: []string{blocker},
			Fix:      fix,
		})
		return nil
	}
	without := func(who audit.Partly) audit.Set { return who.Yes.Minus(resistant.Possible()) }
	register := audit.Do("Have them register a passkey that their profile admits, or take the role away.")
	require := audit.Edit("Then require phishing-resistant authentication of these roles.", requirement(dir))
	if err := report(without(wide), "tenant", audit.Confirmed, "for the whole tenant", "", register, require); err != nil {
		return err
	}
	return report(without(unit), "administrativeUnit", audit.Likely, "in an administrative unit", " Conditional Access does not count such roles, and how much they can reach depends on the unit.", register)
}

// requirement is a policy that asks it of everybody with one of the roles, emergency
// accounts apart.
func requirement(dir *population.Directory) change.Request {
	return change.AddPolicy(change.Body{
		"displayName": "Require phishing-resistant authentication of administrators", "state": "enabled",
		"conditions": change.Body{
			"users":          change.Body{"includeRoles": privileged(), "excludeUsers": dir.IDs(dir.OfKind(population.Emergency))},
			"applications":   change.Body{"includeApplications": []string{"All"}},
			"clientAppTypes": []string{"all"},
		},
		"grantControls": change.Body{"operator": "OR", "authenticationStrength": change.Body{"id": entra.StrengthPhishingResistant}},
	})
}

func privileged() []string {
	return catalogue.TemplateOf(catalogue.TemplateResistantAdmins).IncludeRoles()
}

// assignments are the rows that give privileged roles.
type assignments struct {
	units audit.Partly        // holders of a role of an administrative unit
	rows  map[uint32][]string // ids of rows, by whom they name
	group []string            // ids of rows that name a group
}

func readAssigned(ctx context.Context, p *audit.Pass, dir *population.Directory) (*assignments, error) {
	groups, err := audit.Get(ctx, p, population.Groups)
	if err != nil {
		return nil, err
	}
	a := &assignments{rows: map[uint32][]string{}}
	for o, err := range audit.Objects[entra.RoleAssignment](ctx, p, snapshot.RoleAssignments) {
		if err != nil {
			return nil, err
		}
		r := &o.Value
		if r.Custom() || !slices.ContainsFunc(privileged(), func(id string) bool { return strings.EqualFold(id, r.TemplateID()) }) {
			continue
		}
		unit := strings.HasPrefix(strings.ToLower(r.DirectoryScopeID), "/administrativeunits/")
		if !unit && !r.TenantWide() {
			continue
		}
		var who audit.Partly
		if n, isUser := dir.Ordinal(r.PrincipalID); isUser {
			who = audit.Certainly(audit.SetOf(n))
			a.rows[n] = append(a.rows[n], r.ID)
		} else {
			who = groups.Lookup(r.PrincipalID).Members
			a.group = append(a.group, r.ID)
		}
		if unit {
			a.units = a.units.Or(who)
		}
	}
	return a, nil
}

// quote quotes the roles of the first of some people; where one holds it through a
// group, the rows that name groups.
func (a *assignments) quote(ctx context.Context, p *audit.Pass, people audit.Set) ([]audit.Evidence, error) {
	var ids []string
	n, groups := 0, false
	for ordinal := range people.All() {
		if n++; n > methods.QuotedPeople {
			break
		}
		ids = append(ids, a.rows[ordinal]...)
		if len(a.rows[ordinal]) == 0 && !groups {
			groups = true
			ids = append(ids, a.group[:min(len(a.group), methods.QuotedPeople)]...)
		}
	}
	rows, err := audit.RowsOf(ctx, p, snapshot.RoleAssignments, ids)
	if err != nil {
		return nil, err
	}
	var evidence []audit.Evidence
	for _, id := range ids {
		if row, found := rows[id]; found {
			evidence = append(evidence, audit.Quote(snapshot.RoleAssignments, row.Key, row.Raw, "/roleDefinitionId", "the privileged role"))
		}
	}
	return evidence, nil
}
