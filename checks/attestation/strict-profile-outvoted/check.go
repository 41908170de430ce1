// Package strictprofileoutvoted finds people of a strict passkey profile to whom a
// looser one applies as well.
package strictprofileoutvoted

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/facts/privilege"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-ATT-012.
var Check = &audit.Check{
	ID:       "PK-ATT-012",
	Slug:     "strict-profile-outvoted",
	Doc:      audit.MustDoc(doc),
	Problem:  7,
	Severity: audit.Medium,
	Reads: []audit.Read{
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.Groups, Gap: audit.Hides},
		{Section: snapshot.GroupMembers, Gap: audit.Hides},
	},
	// Who is an administrator decides about the severity only.
	Facts: []audit.AnyFact{population.Users, methods.Policy, privilege.Privileged},
	Run:   run,
}

func run(ctx context.Context, p *audit.Pass) error {
	policy, dir, applied, err := methods.AppliedProfiles(ctx, p)
	if err != nil || policy == nil {
		return err
	}
	admins, err := audit.Get(ctx, p, privilege.Privileged)
	if err != nil {
		return err
	}
	for i := range applied {
		strict := &applied[i]
		var looser []*methods.Applied
		var outvoted audit.Partly
		var reported audit.Set
		for j := range applied {
			other := &applied[j]
			both := strict.People.And(other.People)
			if i == j || both.Possible().Empty() {
				continue
			}
			switch stricter(strict.Profile, other.Profile) {
			case audit.Yes:
				looser, outvoted = append(looser, other), outvoted.Or(both)
			case audit.Unsure:
				if i < j {
					p.Lacks(snapshot.AuthenticationMethodsPolicy, audit.Hides, fmt.Sprintf("which of %s and %s is looser is not known", strict.Label(), other.Label()))
				}
			}
			// People of a profile that is stricter still are in that one's finding.
			if stricter(other.Profile, strict.Profile) == audit.Yes {
				reported = reported.Or(both.Yes)
			}
		}
		methods.LacksPeople(p, outvoted.Maybe.Minus(reported), strict.Label()+" together with a looser one")
		people := outvoted.Yes.Minus(reported)
		powerful := people.And(admins.Accounts.Yes)
		report(p, policy, dir, strict, looser, powerful, audit.High, "with a privileged role ")
		report(p, policy, dir, strict, looser, people.Minus(powerful), audit.Medium, "")
	}
	return nil
}

func report(p *audit.Pass, policy *methods.Effective, dir *population.Directory, strict *methods.Applied, looser []*methods.Applied,
	people audit.Set, severity audit.Severity, with string) {
	if people.Empty() {
		return
	}
	certainty, note := strict.Inference(people)
	var evidence []audit.Evidence
	var names, ids, what []string
	if severity == audit.High {
		ids = append(ids, "privileged")
	}
	for _, l := range looser {
		hit := l.People.Yes.And(people)
		if hit.Empty() {
			continue
		}
		if c, n := l.Inference(hit); c != audit.Confirmed {
			certainty, note = c, n
		}
		names, ids = append(names, l.Label()), append(ids, l.ID)
		more, members := extra(strict.Profile, l.Profile)
		for _, w := range more {
			if !slices.Contains(what, w) {
				what = append(what, w)
			}
		}
		for _, m := range members {
			for _, side := range []struct {
				profile *methods.Applied
				means   string
			}{{strict, "the stricter rule"}, {l, "the looser rule"}} {
				at := side.profile.Pointer + "/" + m
				if m == "attestation" {
					at = side.profile.AttestationPointer()
				}
				e := policy.Quote(at, side.means)
				if !slices.ContainsFunc(evidence, func(old audit.Evidence) bool { return old.Pointer == e.Pointer }) {
					evidence = append(evidence, e)
				}
			}
		}
		for _, t := range policy.Passkeys.Include {
			if !t.Members.Yes.And(hit).Empty() && slices.ContainsFunc(t.AllowedPasskeyProfiles, func(id string) bool { return strings.EqualFold(id, l.ID) }) {
				evidence = append(evidence, policy.Quote(t.Pointer+"/allowedPasskeyProfiles", "this target brings some of them into "+l.Label()))
			}
		}
	}
	admits := "admits"
	if len(names) > 1 {
		admits = "together admit"
	}
	p.Report(audit.Finding{
		Severity:  severity,
		Certainty: certainty,
		Message: fmt.Sprintf("%s to %s, but %s as well, which %s %s. The looser profile wins.%s",
			audit.PeopleDo(people.Count(), with+"belongs", with+"belong"), strict.Label(), list("to ", names), admits, list("", what), note),
		Subject:  strict.Subject(policy.Passkeys),
		Affected: audit.People(people, dir),
		Evidence: evidence,
		Blockers: ids,
		Fix: []audit.Step{audit.Decide("Target the looser profile at a group that leaves these people out. What they registered through it stops working where the " +
			"strict profile rejects its type or AAGUID.")},
	})
}

// list writes some things with "and" before the last, each with a word before it.
func list(before string, things []string) string {
	text := before + things[0]
	for i, t := range things[1:] {
		joint := ", "
		if i == len(things)-2 {
			joint = " and "
		}
		text += joint + before + t
	}
	return text
}
