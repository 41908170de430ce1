// Package syncedinprivilegedhands finds administrators whose passkeys are synced.
package syncedinprivilegedhands

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/facts/privilege"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-SYNC-003.
var Check = &audit.Check{
	ID:       "PK-SYNC-003",
	Slug:     "synced-in-privileged-hands",
	Doc:      audit.MustDoc(doc),
	Problem:  7,
	Severity: audit.Medium,
	Reads: []audit.Read{
		{Section: snapshot.Users, Gap: audit.Hides},
		// Roles may be held through groups.
		{Section: snapshot.Groups, Gap: audit.Hides},
		{Section: snapshot.GroupMembers, Gap: audit.Hides},
		{Section: snapshot.AuthenticationMethods, Gap: audit.Hides},
		// The report only tells who should have been asked for their passkeys.
		{Section: snapshot.UserRegistrationDetails, Gap: audit.Refines},
		// Roles matter for those only who hold a synced passkey: the check says itself
		// where there are such people and roles were not read.
		{Section: snapshot.RoleAssignments, Gap: audit.Refines},
		{Section: snapshot.RoleEligibility, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, methods.Policy, methods.Holdings, privilege.Privileged},
	Run:   run,
}

func run(ctx context.Context, p *audit.Pass) error {
	policy, dir, err := methods.EnabledPasskeys(ctx, p)
	if err != nil || policy == nil {
		return err
	}
	held, err := audit.Get(ctx, p, methods.Holdings)
	if err != nil {
		return err
	}
	admins, err := audit.Get(ctx, p, privilege.Privileged)
	if err != nil {
		return err
	}
	who := admins.Accounts.Within(dir.People)
	if unknown := who.Yes.Minus(held.Known()); !unknown.Empty() {
		p.Lacks(snapshot.UserRegistrationDetails, audit.Hides,
			fmt.Sprintf("whether %s with a privileged role a passkey is not known", audit.PeopleDo(unknown.Count(), "has", "have")))
	}
	var found, unsure, unranked, refused audit.Builder
	for n := range held.Of(methods.Passkey).And(who.Possible()).All() {
		answer := audit.No
		for _, k := range held.Passkeys(n) {
			answer = answer.Or(synced(p.Catalogue(), k))
		}
		switch {
		case answer == audit.No:
			continue
		case !who.Yes.Has(n):
			unranked.Add(n)
			continue
		case answer == audit.Unsure:
			unsure.Add(n)
			continue
		}
		found.Add(n)
		if accepted(p.Catalogue(), policy.Passkeys, held, n) == audit.No {
			refused.Add(n)
		}
	}
	if set := unsure.Set(); !set.Empty() {
		p.Lacks(snapshot.AuthenticationMethods, audit.Hides, fmt.Sprintf("whether passkeys of %s with a privileged role are synced is not known", audit.PeoplePhrase(set.Count())))
	}
	if set := unranked.Set().Or(who.Maybe.Minus(held.Known())); !set.Empty() {
		sections := admins.Unread
		if len(sections) == 0 {
			sections = []snapshot.SectionID{snapshot.RoleAssignments}
		}
		for _, section := range sections {
			p.Lacks(section, audit.Hides, fmt.Sprintf("whether %s a privileged role is not known, and their passkeys may be synced", audit.PeopleDo(set.Count(), "has", "have")))
		}
	}
	people := found.Set()
	if people.Empty() {
		return nil
	}
	evidence, err := methods.QuotePasskeys(ctx, p, dir, held, people, "a synced passkey of somebody with a privileged role",
		func(_ uint32, k methods.RegisteredPasskey) bool { return synced(p.Catalogue(), k) == audit.Yes })
	if err != nil {
		return err
	}
	standing := ""
	if set := refused.Set(); !set.Empty() {
		standing = fmt.Sprintf(" Of %s today's policy rejects it, so that it is of use only if the policy is loosened.", audit.PeoplePhrase(set.Count()))
	}
	p.Report(audit.Finding{
		Message: fmt.Sprintf("%s: the private key is in the cloud account of a provider and on every device of it, and no one can say on which.%s",
			audit.PeopleDo(people.Count(), "with a privileged role holds a synced passkey", "with a privileged role hold synced passkeys"), standing),
		Subject:  policy.Passkeys.Subject(),
		Affected: audit.People(people, dir),
		Evidence: evidence,
		Fix: []audit.Step{audit.Do("Have them register an attested security key, through a profile for administrators that lists deviceBound alone, see that no looser profile applies to them too, " +
			"and then delete the synced passkey.")},
	})
	return nil
}

// synced tells whether a passkey is synced: by what Graph says, or else by its model.
func synced(known *catalogue.Catalogue, k methods.RegisteredPasskey) audit.Tri {
	switch {
	case strings.EqualFold(k.Type, "synced"):
		return audit.Yes
	case strings.EqualFold(k.Type, "deviceBound"):
		return audit.No
	}
	if m := known.ModelOf(k.AAGUID); m != nil {
		return m.Synced()
	}
	return audit.Unsure
}

// accepted tells whether policy takes one of the synced passkeys of an account at
// sign-in.
func accepted(known *catalogue.Catalogue, pk *methods.Passkeys, held *methods.Held, n uint32) audit.Tri {
	answer := audit.No
	for _, k := range held.Passkeys(n) {
		if synced(known, k) == audit.Yes {
			allowed, _, _ := pk.SignIn(n, k.Credential)
			answer = answer.Or(allowed)
		}
	}
	return answer.And(pk.InScope().Has(n))
}
