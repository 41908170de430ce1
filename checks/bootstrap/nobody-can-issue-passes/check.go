// Package nobodycanissuepasses finds people whose way needs a pass that nobody may
// issue.
package nobodycanissuepasses

import (
	"context"
	_ "embed"
	"fmt"
	"slices"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/facts/privilege"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-BOOT-021.
var Check = &audit.Check{
	ID:       "PK-BOOT-021",
	Slug:     "nobody-can-issue-passes",
	Doc:      audit.MustDoc(doc),
	Problem:  4,
	Severity: audit.Medium,
	Reads:    bootstrap.Reads(audit.Read{Section: snapshot.RoleAssignments, Gap: audit.Hides}),
	Facts:    []audit.AnyFact{population.Users, methods.Policy, privilege.Roles, privilege.Eligible, privilege.Privileged, bootstrap.Reach},
	Run:      run,
}

// Templates of the roles that may issue passes. Source: TAP
// (howto-authentication-temporary-access-pass, 2025-03-04).
const (
	privilegedAuthenticationAdministrator = "7be44c8a-adaf-4e2a-84d6-ab2649e08a13" // for everybody
	authenticationAdministrator           = "c4e39bd9-1100-46d3-8c65-fb160da0071f" // for people without a privileged role
)

func run(ctx context.Context, p *audit.Pass) error {
	policy, dir, err := methods.EnabledPasskeys(ctx, p)
	if err != nil || policy == nil {
		return err
	}
	reach, err := audit.Get(ctx, p, bootstrap.Reach)
	if err != nil {
		return err
	}
	roles, err := audit.Get(ctx, p, privilege.Roles)
	if err != nil {
		return err
	}
	eligible, err := audit.Get(ctx, p, privilege.Eligible)
	if err != nil {
		return err
	}
	admins, err := audit.Get(ctx, p, privilege.Privileged)
	if err != nil {
		return err
	}
	var need, unsure audit.Set
	var missing []string
	confidence := bootstrap.Medium
	for i := range reach.Classes {
		v, members := &reach.Classes[i].Verdict, reach.Classes[i].People
		switch {
		case v.State == bootstrap.Unknown && !members.Empty():
			unsure, missing = unsure.Or(members), append(missing, v.Missing...)
		case v.State == bootstrap.NeedsAdminStep && slices.Contains(v.Steps, bootstrap.IssuePass) && !members.Empty():
			need, confidence = need.Or(members), confidence.Lower(reach.Classes[i].Firmness())
		}
	}
	all := issuers(roles, entra.GlobalAdministrator, privilegedAuthenticationAdministrator, authenticationAdministrator).Within(dir.Enabled)
	forAdmins := issuers(roles, entra.GlobalAdministrator, privilegedAuthenticationAdministrator).Within(dir.Enabled)
	powerful := need.And(admins.Accounts.Yes)
	if !all.Maybe.Empty() && all.Yes.Count() < 2 || !powerful.Empty() && !forAdmins.Maybe.Empty() && forAdmins.Yes.Count() < 2 {
		p.Lacks(snapshot.RoleAssignments, audit.Hides, "whether somebody may issue a Temporary Access Pass is not known")
		all, forAdmins = audit.Partly{Yes: all.Possible()}, audit.Partly{Yes: forAdmins.Possible()}
	}
	if all.Yes.Count() < 2 {
		slices.Sort(missing)
		bootstrap.Lacks(p, unsure, slices.Compact(missing), "needs a Temporary Access Pass")
	}
	stuck := without(need.Minus(powerful), all.Yes).Or(without(powerful, forAdmins.Yes))
	if stuck.Empty() && !(need.Empty() && all.Yes.Empty()) {
		return nil
	}
	narrow, rows, err := narrower(ctx, p)
	if err != nil {
		return err
	}
	f := audit.Finding{
		Certainty: confidence.Certainty(),
		Subject:   audit.Subject{Type: audit.SubjectPolicy, ID: entra.MethodTemporaryAccessPass, Name: "Temporary Access Pass"},
		Affected:  audit.People(stuck, dir),
		Evidence:  []audit.Evidence{audit.Examined(snapshot.RoleAssignments, rows, "no active assignment for the whole tenant of a role that may issue passes to them")},
		Blockers:  []string{"noIssuer"},
		Fix: []audit.Step{audit.Do("Assign Authentication Administrator (Privileged Authentication Administrator for people with privileged roles) to the help desk, actively or so that it can be " +
			"activated when needed; issuing a pass to oneself is not possible.")},
	}
	if stuck.Empty() {
		who, under, err := personas(ctx, reach)
		if err != nil || len(who) == 0 {
			return err
		}
		f.Message = fmt.Sprintf("Under the policies of %s, %s would need a Temporary Access Pass", audit.PeoplePhrase(under.Count()), bootstrap.Who(who))
	} else {
		f.Message = audit.PeopleDo(stuck.Count(), "needs", "need") + " a Temporary Access Pass on the way to a passkey"
	}
	f.Message += ", and nobody with an active role may issue one to them."
	if n := issuers(eligible, entra.GlobalAdministrator, privilegedAuthenticationAdministrator, authenticationAdministrator).Yes.And(dir.Enabled).Count(); n > 0 {
		f.Message += fmt.Sprintf(" %s a role that may.", audit.CountPhrase(n, "account could activate", "accounts could activate"))
	}
	if narrow > 0 {
		f.Certainty = audit.Possible
		f.Message += fmt.Sprintf(" %s to a part of the directory, which may hold them.", audit.CountPhrase(narrow, "assignment of such a role is limited", "assignments of such roles are limited"))
	}
	f.Message += " Applications that may issue passes are not looked at (TAP, 2025-03-04)."
	p.Report(f)
	return nil
}

func issuers(holders *privilege.Holders, templates ...string) audit.Partly {
	var all audit.Partly
	for _, t := range templates {
		all = all.Or(holders.Of(t))
	}
	return all
}

// without are the people for whom no issuer is left: nobody issues a pass to
// themselves.
func without(people, issuers audit.Set) audit.Set {
	switch issuers.Count() {
	case 0:
		return people
	case 1:
		return people.And(issuers)
	default:
		return audit.Set{}
	}
}

// narrower counts assignments of such roles for a part of the directory, and all rows.
func narrower(ctx context.Context, p *audit.Pass) (narrow, rows int, err error) {
	for o, err := range audit.Objects[entra.RoleAssignment](ctx, p, snapshot.RoleAssignments) {
		if err != nil {
			return 0, 0, err
		}
		rows++
		switch o.Value.TemplateID() {
		case entra.GlobalAdministrator, privilegedAuthenticationAdministrator, authenticationAdministrator:
			if s := o.Value.DirectoryScopeID; s != "" && s != "/" {
				narrow++
			}
		}
	}
	return narrow, rows, nil
}

func personas(ctx context.Context, reach *bootstrap.Result) (who []bootstrap.Persona, under audit.Set, err error) {
	list, err := reach.Personas(ctx)
	if err != nil {
		return nil, under, err
	}
	for i := range list {
		v := &list[i].Verdict
		if v.State != bootstrap.NeedsAdminStep || !slices.Contains(v.Steps, bootstrap.IssuePass) {
			continue
		}
		under = under.Or(list[i].Under)
		if !slices.Contains(who, list[i].Persona) {
			who = append(who, list[i].Persona)
		}
	}
	return who, under, nil
}
