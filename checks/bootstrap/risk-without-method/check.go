// Package riskwithoutmethod finds people without a method whom a policy on risk would
// leave standing: accounts at risk cannot register one.
package riskwithoutmethod

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/access"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-BOOT-011.
var Check = &audit.Check{
	ID:       "PK-BOOT-011",
	Slug:     "risk-without-method",
	Doc:      audit.MustDoc(doc),
	Problem:  4,
	Severity: audit.Low,
	Reads: []audit.Read{
		{Section: snapshot.ConditionalAccessPolicies, Gap: audit.Hides},
		// Places and strengths play no part.
		{Section: snapshot.NamedLocations, Gap: audit.Refines},
		{Section: snapshot.AuthenticationStrengths, Gap: audit.Refines},
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.Groups, Gap: audit.Hides},
		{Section: snapshot.GroupMembers, Gap: audit.Hides},
		// The check says about how many people it could not tell what they hold.
		{Section: snapshot.AuthenticationMethods, Gap: audit.Refines},
		{Section: snapshot.UserRegistrationDetails, Gap: audit.Refines},
		{Section: snapshot.Domains, Gap: audit.Refines},
		// Who is at risk today decides about the severity only.
		{Section: snapshot.RiskyUsers, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, methods.Policy, methods.Holdings, methods.Usable, access.Policies},
	Run:   run,
}

func run(ctx context.Context, p *audit.Pass) error {
	dir, err := audit.Get(ctx, p, population.Users)
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
	policies, err := audit.Get(ctx, p, access.Policies)
	if err != nil {
		return err
	}
	risky, err := atRisk(ctx, p, dir)
	if err != nil {
		return err
	}
	policies.LacksStates(p)
	without := audit.Certainly(dir.People).Minus(strong.Method).Minus(strong.Pass)
	var untold, anyNow audit.Set
	var now, later groups
	for i, pol := range policies.Policies {
		condition, byUser := riskCondition(policies.Definition(i))
		if pol.State != conditionalaccess.Enabled || condition == "" || !demandsMethod(pol) {
			continue
		}
		reached := policies.Reach[i].Within(dir.People)
		access.LacksReach(p, reached.Maybe.And(without.Possible()), policies.PolicyLabel(i), audit.PeoplePhrase)
		untold = untold.Or(reached.Yes.And(without.Maybe))
		caught := reached.Yes.And(without.Yes)
		if byUser {
			today := caught.And(risky.of(policies.Definition(i).Conditions.UserRiskLevels))
			now.add(i, today)
			anyNow = anyNow.Or(today)
		}
		later.add(i, caught)
	}
	strong.Lacking(p, untold, dir, held, audit.PeoplePhrase)
	r := reporter{p, dir, held, policies}
	for _, g := range now {
		if err := r.now(ctx, g); err != nil {
			return err
		}
	}
	for _, g := range later {
		if g.people = g.people.Minus(anyNow); g.people.Empty() {
			continue
		}
		if err := r.later(ctx, g); err != nil {
			return err
		}
	}
	return nil
}

// group is people with the policies that would ask them for a method.
type group struct {
	people   audit.Set
	policies []int
}

// groups are disjoint: who is in one already is not counted again for another policy,
// which is then named beside the first.
type groups []group

func (list *groups) add(policy int, people audit.Set) {
	for i := range *list {
		g := &(*list)[i]
		if !g.people.And(people).Empty() {
			g.policies = append(g.policies, policy)
			people = people.Minus(g.people)
		}
	}
	if !people.Empty() {
		*list = append(*list, group{people, []int{policy}})
	}
}

// riskCondition leads to the condition of a policy on the risk of a sign-in or of the
// user; empty for a policy without one.
func riskCondition(p *entra.ConditionalAccessPolicy) (pointer string, byUser bool) {
	switch c := p.Conditions; {
	case c == nil:
		return "", false
	case len(c.UserRiskLevels) > 0:
		return "/conditions/userRiskLevels", true
	case len(c.SignInRiskLevels) > 0:
		return "/conditions/signInRiskLevels", false
	default:
		return "", false
	}
}

// demandsMethod tells whether a policy lets nobody through who has only a password,
// and lets somebody through who has more: a block is for everybody alike. What a
// device or an app has to be is taken as met.
func demandsMethod(pol *conditionalaccess.Policy) bool {
	in := conditionalaccess.SignIn{Using: []string{"password"}}
	waive := func(c conditionalaccess.Control) bool {
		switch c.Kind() {
		case conditionalaccess.CompliantDeviceControl, conditionalaccess.HybridDeviceControl, conditionalaccess.ApprovedAppControl, conditionalaccess.AppProtectionControl:
			return true
		}
		return false
	}
	asks := func(kinds ...conditionalaccess.ControlKind) bool {
		return slices.ContainsFunc(pol.Controls(), func(c conditionalaccess.Control) bool { return slices.Contains(kinds, c.Kind()) })
	}
	if asks(conditionalaccess.BlockControl) {
		return false
	}
	// Changing the password takes a method registered before. Source: GRT
	// (concept-conditional-access-grant, 2026-03-24).
	if slices.ContainsFunc(pol.Controls(), func(c conditionalaccess.Control) bool {
		return c.Kind() == conditionalaccess.PasswordChangeControl && pol.Requires(c)
	}) {
		return true
	}
	return asks(conditionalaccess.MFAControl, conditionalaccess.StrengthControl) && pol.Satisfied(&in, waive) == audit.No
}

// levels are the accounts at risk today, by level.
type levels map[string]audit.Set

func atRisk(ctx context.Context, p *audit.Pass, dir *population.Directory) (levels, error) {
	builders := map[string]*audit.Builder{}
	for o, err := range audit.Objects[entra.RiskyUser](ctx, p, snapshot.RiskyUsers) {
		if err != nil {
			return nil, err
		}
		n, known := dir.Ordinal(o.Value.ID)
		state := strings.ToLower(o.Value.RiskState)
		if !known || state != "atrisk" && state != "confirmedcompromised" {
			continue
		}
		level := strings.ToLower(o.Value.RiskLevel)
		if builders[level] == nil {
			builders[level] = &audit.Builder{}
		}
		builders[level].Add(n)
	}
	all := levels{}
	for level, b := range builders {
		all[level] = b.Set()
	}
	return all, nil
}

func (l levels) of(names []string) audit.Set {
	var who audit.Set
	for _, name := range names {
		who = who.Or(l[strings.ToLower(name)])
	}
	return who
}

// reporter reports about one policy.
type reporter struct {
	p        *audit.Pass
	dir      *population.Directory
	held     *methods.Held
	policies *access.Compiled
}

func (r *reporter) now(ctx context.Context, g group) error {
	people := g.people
	var ids []string
	for n := range people.All() {
		if len(ids) < methods.QuotedPeople {
			ids = append(ids, r.dir.Member(n).ID)
		}
	}
	rows, err := audit.RowsOf(ctx, r.p, snapshot.RiskyUsers, ids)
	if err != nil {
		return err
	}
	var quotes []audit.Evidence
	for _, id := range ids {
		if row, found := rows[id]; found {
			quotes = append(quotes, audit.Quote(snapshot.RiskyUsers, row.Key, row.Raw, "/riskLevel", "the account is at risk now"))
		}
	}
	return r.report(ctx, g, audit.High, quotes, []string{"atRisk"},
		fmt.Sprintf("%s at risk now and %s no usable strong method and no pass. %s them for one, and Entra keeps accounts at risk from registering it (53004).",
			audit.PeopleDo(people.Count(), "is", "are"), hasHave(people), r.ask(g)),
		"Have the risk investigated and dismissed, or the account remediated, by an administrator; then issue a Temporary Access Pass and let the people register.")
}

func (r *reporter) later(ctx context.Context, g group) error {
	return r.report(ctx, g, 0, nil, nil,
		fmt.Sprintf("%s no usable strong method and no pass. Should one of their accounts be found at risk, %s for one, and Entra keeps accounts at risk from registering it (53004): only an administrator gets them in again.",
			audit.PeopleDo(g.people.Count(), "has", "have"), r.ask(g)),
		"Get these people a method before it is asked for: issue Temporary Access Passes and let them register.")
}

// ask names the policies of a group as those who ask.
func (r *reporter) ask(g group) string {
	first := r.policies.PolicyLabel(g.policies[0])
	if n := len(g.policies) - 1; n > 0 {
		return fmt.Sprintf("%s and %s ask", first, audit.CountPhrase(n, "other policy", "other policies"))
	}
	return first + " asks"
}

func (r *reporter) report(ctx context.Context, g group, severity audit.Severity, quotes []audit.Evidence, blockers []string, message, fix string) error {
	pointer := func(p *entra.ConditionalAccessPolicy) string {
		condition, _ := riskCondition(p)
		return condition
	}
	evidence, err := r.policies.QuotePolicies(ctx, r.p, g.policies, pointer, "the risk at which the policy applies")
	if err != nil {
		return err
	}
	grant, err := r.policies.QuotePolicies(ctx, r.p, g.policies, access.GrantPointer, "what it asks for takes a method")
	if err != nil {
		return err
	}
	rows, err := methods.QuoteHoldings(ctx, r.p, r.dir, r.held, g.people, "nothing that counts and that the person may use")
	if err != nil {
		return err
	}
	def := r.policies.Definition(g.policies[0])
	for _, i := range g.policies {
		blockers = append(blockers, r.policies.Definition(i).ID)
	}
	r.p.Report(audit.Finding{
		Severity: severity,
		Message:  message,
		Subject:  audit.Subject{Type: audit.SubjectPolicy, ID: def.ID, Name: def.DisplayName},
		Affected: audit.People(g.people, r.dir),
		Evidence: slices.Concat(evidence, grant, quotes, rows),
		Blockers: blockers,
		Fix:      []audit.Step{audit.Do(fix)},
	})
	return nil
}

func hasHave(people audit.Set) string {
	if people.Count() == 1 {
		return "has"
	}
	return "have"
}
