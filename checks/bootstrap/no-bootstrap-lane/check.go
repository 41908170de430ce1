// Package nobootstraplane finds people whose policies leave the next person who
// joins them, or loses a phone, without a way to a passkey.
package nobootstraplane

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/access"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-BOOT-010.
var Check = &audit.Check{
	ID:       "PK-BOOT-010",
	Slug:     "no-bootstrap-lane",
	Doc:      audit.MustDoc(doc),
	Problem:  4,
	Severity: audit.High,
	Reads: []audit.Read{
		// The search takes what is not known both ways and finds a trap only where it is
		// one either way.
		{Section: snapshot.ConditionalAccessPolicies, Gap: audit.Hides},
		{Section: snapshot.NamedLocations, Gap: audit.Hides},
		{Section: snapshot.AuthenticationStrengths, Gap: audit.Hides},
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.Groups, Gap: audit.Hides},
		{Section: snapshot.GroupMembers, Gap: audit.Hides},
		// What today's people hold says nothing about those who are asked about here.
		{Section: snapshot.AuthenticationMethods, Gap: audit.Refines},
		{Section: snapshot.UserRegistrationDetails, Gap: audit.Refines},
		{Section: snapshot.Domains, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, bootstrap.Reach, bootstrap.Audiences},
	Run:   run,
}

// personas are those asked about, with what a message calls them.
var personas = []struct {
	who  bootstrap.Persona
	text string
}{
	{bootstrap.NewHireRemote, "a new hire who works remotely"},
	{bootstrap.NewHireOnSite, "a new hire in the office"},
	{bootstrap.LostPhone, "somebody who lost the phone"},
	{bootstrap.BYODPhoneOnly, "somebody with nothing but a phone of their own"},
}

// lane is people under the same enforcement.
type lane struct {
	policies []string
	members  audit.Set
	caught   []caught // by persona
}

// caught is a persona with its verdicts in the populations of a lane.
type caught struct {
	who     int
	members audit.Set
	verdict bootstrap.Verdict
}

func run(ctx context.Context, p *audit.Pass) error {
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
	for _, l := range lanes(p, audiences) {
		if err := l.report(ctx, p, r, dir); err != nil {
			return err
		}
	}
	return nil
}

// lanes joins audiences that the same policies keep from registering.
func lanes(p *audit.Pass, audiences []bootstrap.Audience) []lane {
	var list []lane
	var unknown audit.Set
	var missing []string
	for _, a := range audiences {
		var policies []string
		var here []caught
		for _, s := range a.Personas {
			i := slices.IndexFunc(personas, func(q struct {
				who  bootstrap.Persona
				text string
			}) bool {
				return q.who == s.Persona
			})
			switch {
			case i < 0:
			case s.Verdict.State == bootstrap.Unknown:
				unknown, missing = unknown.Or(a.Members), append(missing, s.Verdict.Missing...)
			case s.Trapped():
				here = append(here, caught{i, a.Members, s.Verdict})
				policies = append(policies, s.Enforcing...)
			}
		}
		if len(here) == 0 {
			continue
		}
		slices.Sort(policies)
		policies = slices.Compact(policies)
		at := slices.IndexFunc(list, func(l lane) bool { return slices.Equal(l.policies, policies) })
		if at < 0 {
			at = len(list)
			list = append(list, lane{policies: policies})
		}
		list[at].members = list[at].members.Or(a.Members)
		list[at].caught = append(list[at].caught, here...)
	}
	if !unknown.Empty() {
		slices.Sort(missing)
		bootstrap.LacksMissing(p, slices.Compact(missing),
			fmt.Sprintf("whether a newcomer has a way under the policies of %s is not known", audit.PeoplePhrase(unknown.Count())))
	}
	return list
}

func (l *lane) report(ctx context.Context, p *audit.Pass, r *bootstrap.Result, dir *population.Directory) error {
	var who, blockers, hangs, why []string
	var reasons []bootstrap.Reason
	var fix []audit.Step
	var sets [][]bootstrap.Blocker
	certainty := audit.Possible
	for i := range personas {
		var members audit.Set
		for _, c := range l.caught {
			if c.who != i {
				continue
			}
			members = members.Or(c.members)
			certainty = max(certainty, bootstrap.CertaintyOf(c.verdict.Confidence))
			reasons = append(reasons, c.verdict.Reasons...)
			hangs = append(hangs, c.verdict.HangsOn...)
			if !slices.ContainsFunc(sets, func(s []bootstrap.Blocker) bool { return slices.Equal(s, c.verdict.BlockedBy) }) && len(c.verdict.BlockedBy) > 0 {
				sets = append(sets, c.verdict.BlockedBy)
			}
		}
		switch n := members.Count(); {
		case n == 0:
		case n < l.members.Count():
			who = append(who, fmt.Sprintf("%s (under those of %s)", personas[i].text, audit.PeoplePhrase(n)))
		default:
			who = append(who, personas[i].text)
		}
	}
	slices.Sort(reasons)
	if text := bootstrap.ReasonsText(slices.Compact(reasons)); text != "" {
		why = append(why, text)
	}
	for _, set := range sets {
		for _, b := range set {
			blockers = append(blockers, b.ID)
		}
		change, err := r.Try(ctx, set)
		if err != nil {
			return err
		}
		fix = append(fix, audit.Step{Change: r.Remedy(set), Frees: change.Freed.Count(), Worsens: change.Worsened.Count()})
	}
	if len(fix) == 0 {
		fix = []audit.Step{{Change: "Give people who are just starting a way of their own: a policy on the register action that a Temporary Access Pass satisfies, and nothing else that reaches them until they have a passkey."}}
	}
	slices.Sort(hangs)
	evidence, err := r.Policies.QuotePolicies(ctx, p, r.Policies.Positions(l.policies), access.GrantPointer, "what the policy asks for refuses something that they could try")
	if err != nil {
		return err
	}
	names := r.Policies.PolicyLabels(l.policies)
	p.Report(audit.Finding{
		Certainty: certainty,
		Message: fmt.Sprintf("Under %s, %s would have no way to a passkey without a change of policy: %s. %s under these policies today; the next one hired here, or who loses a phone, is caught.%s",
			enumerate(names), enumerate(who), strings.Join(why, "; "), audit.PeopleDo(l.members.Count(), "is", "are"), bootstrap.DoubtText(slices.Compact(hangs))),
		Subject:  audit.Subject{Type: audit.SubjectClass, ID: strings.Join(l.policies, ","), Name: "people under " + enumerate(names)},
		Affected: audit.People(l.members, dir),
		Evidence: evidence,
		Blockers: blockers,
		Fix:      fix,
	})
	return nil
}

func enumerate(list []string) string {
	switch n := len(list); n {
	case 0:
		return ""
	case 1:
		return list[0]
	default:
		return strings.Join(list[:n-1], ", ") + " and " + list[n-1]
	}
}
