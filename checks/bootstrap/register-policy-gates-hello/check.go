// Package registerpolicygateshello finds policies on the registration of security
// information that also stop the set-up of Windows Hello away from the office.
package registerpolicygateshello

import (
	"context"
	_ "embed"
	"fmt"
	"slices"

	"passkeyaudit/audit"
	"passkeyaudit/audit/change"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/access"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// since is the day from which policies on the register action govern the set-up of
// Windows Hello for Business and Platform SSO everywhere. Source: MC13 (Message
// Center MC1326253, 2026-05-29).
const since = "2026-07-13"

// Check is PK-BOOT-015.
var Check = &audit.Check{
	ID:       "PK-BOOT-015",
	Slug:     "register-policy-gates-hello",
	Doc:      audit.MustDoc(doc),
	Problem:  4,
	Severity: audit.Medium,
	// The computer is new and its owner has a method: what people hold, and on what
	// devices, plays no part.
	Reads: bootstrap.Reads(audit.Read{Section: snapshot.Domains, Gap: audit.Refines}),
	Facts: []audit.AnyFact{population.Users, bootstrap.Reach, bootstrap.Audiences},
	Run:   run,
}

func run(ctx context.Context, p *audit.Pass) error {
	if !methods.Reached(p.Now(), since) {
		p.NotApplicable("policies on the register action govern the set-up of Windows Hello since " + since + ", after the snapshot was taken")
		return nil
	}
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return err
	}
	r, err := audit.Get(ctx, p, bootstrap.Reach)
	if err != nil {
		return err
	}
	audiences, err := audit.Get(ctx, p, bootstrap.Audiences)
	if err != nil {
		return err
	}
	r.Policies.LacksStates(p)
	// Each of several policies that refuse the set-up refuses it by itself.
	by := make([]audit.Set, len(r.Policies.Policies))
	beside := make([][]string, len(by))
	var unknown audit.Set
	var missing []string
	for _, a := range audiences {
		for _, s := range a.Personas {
			switch {
			case s.Persona != bootstrap.NewLaptopOutOfBox:
			case s.Verdict.State == bootstrap.Unknown:
				unknown, missing = unknown.Or(a.Members), append(missing, s.Verdict.Missing...)
			case s.Trapped():
				for _, i := range r.Policies.Positions(s.Enforcing) {
					by[i] = by[i].Or(a.Members)
					beside[i] = append(beside[i], s.Enforcing...)
				}
			}
		}
	}
	if !unknown.Empty() {
		slices.Sort(missing)
		bootstrap.Lacks(p, unknown, slices.Compact(missing), "could set up Windows Hello away from the office")
	}
	for i, people := range by {
		if people.Empty() {
			continue
		}
		if err := report(ctx, p, r, dir, i, people, beside[i]); err != nil {
			return err
		}
	}
	return nil
}

func report(ctx context.Context, p *audit.Pass, r *bootstrap.Result, dir *population.Directory, i int, people audit.Set, beside []string) error {
	pol := r.Policies.Definition(i)
	evidence, err := r.Policies.QuotePolicies(ctx, p, []int{i}, access.GrantPointer, "what the policy asks for refuses the set-up of Windows Hello")
	if err != nil {
		return err
	}
	action, err := r.Policies.QuotePolicies(ctx, p, []int{i}, actions, "the policy is for the registration of security information")
	if err != nil {
		return err
	}
	others := ""
	if also := slices.DeleteFunc(r.Policies.PolicyLabels(beside), func(name string) bool { return name == r.Policies.PolicyLabel(i) }); len(also) > 0 {
		others = fmt.Sprintf(" For some of them %s refuses it too.", also[0])
		if len(also) > 1 {
			others = fmt.Sprintf(" For some of them %d other policies refuse it too.", len(also))
		}
	}
	p.Report(audit.Finding{
		// The search knows the rule from a message only.
		Certainty: audit.Likely,
		Message: fmt.Sprintf("Under %s nobody can set up Windows Hello for Business, or Platform SSO, on a new computer away from the office: it governs that set-up since %s, and neither a method on the phone nor a pass satisfies it there. %s under it.%s "+
			"That policies on the register action govern this set-up is said by a message of Microsoft's (MC1326253, 2026-05-29), not by its documentation.",
			r.Policies.PolicyLabel(i), since, audit.PeopleDo(people.Count(), "is", "are"), others),
		Subject:  audit.Subject{Type: audit.SubjectPolicy, ID: pol.ID, Name: pol.DisplayName},
		Affected: audit.People(people, dir),
		Evidence: append(action, evidence...),
		Blockers: []string{pol.ID},
		Fix: []audit.Step{
			audit.Edit("Let the policy ask for multifactor authentication, or for a strength that admits a Temporary Access Pass, where it refuses today.", change.DemandMFA(pol)),
			r.GiveWay(bootstrap.Blocker{Type: bootstrap.PolicyBlocker, ID: pol.ID}),
		},
	})
	return nil
}

func actions(*entra.ConditionalAccessPolicy) string {
	return "/conditions/applications/includeUserActions"
}
