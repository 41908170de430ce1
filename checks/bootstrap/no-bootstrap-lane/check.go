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
	"passkeyaudit/audit/facts/methods"
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
	// What today's people hold says nothing about those who are asked about here.
	Reads: bootstrap.Reads(audit.Read{Section: snapshot.Domains, Gap: audit.Refines}),
	Facts: []audit.AnyFact{population.Users, methods.Policy, bootstrap.Reach, bootstrap.Audiences},
	Run:   run,
}

// personas are those asked about.
var personas = []bootstrap.Persona{bootstrap.NewHireRemote, bootstrap.NewHireOnSite, bootstrap.LostPhone, bootstrap.BYODPhoneOnly}

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
	policy, dir, err := methods.EnabledPasskeys(ctx, p)
	if err != nil || policy == nil {
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
			i := slices.Index(personas, s.Persona)
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
		bootstrap.Lacks(p, unknown, slices.Compact(missing), "have policies under which a newcomer finds a way")
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
			certainty = max(certainty, c.verdict.Confidence.Certainty())
			reasons = append(reasons, c.verdict.Reasons...)
			hangs = append(hangs, c.verdict.HangsOn...)
			if !slices.ContainsFunc(sets, func(s []bootstrap.Blocker) bool { return slices.Equal(s, c.verdict.BlockedBy) }) && len(c.verdict.BlockedBy) > 0 {
				sets = append(sets, c.verdict.BlockedBy)
			}
		}
		switch n := members.Count(); {
		case n == 0:
		case n < l.members.Count():
			who = append(who, fmt.Sprintf("%s (under those of %s)", bootstrap.Who(personas[i:i+1]), audit.PeoplePhrase(n)))
		default:
			who = append(who, bootstrap.Who(personas[i:i+1]))
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
		fix = append(fix, r.GiveWay(set...))
	}
	fix = append(fix, audit.Decide("Give people who are just starting a way of their own: a strength on the register action that admits a Temporary Access Pass, and no other policy that reaches them until they have a passkey."))
	slices.Sort(hangs)
	evidence, err := r.Policies.QuotePolicies(ctx, p, r.Policies.Positions(l.policies), access.GrantPointer, "what the policy asks for refuses something that they could try")
	if err != nil {
		return err
	}
	names := r.Policies.PolicyLabels(l.policies)
	p.Report(audit.Finding{
		Certainty: certainty,
		Message: fmt.Sprintf("Under %s, %s would have no way to a passkey without a change of policy: %s. %s under these policies today; this is about whoever joins them.%s",
			enumerate(names), enumerate(who), strings.Join(why, "; "), audit.PeopleDo(l.members.Count(), "is", "are"), r.Caveat(slices.Compact(hangs))),
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
