// Package targetwithoutprofile finds include targets of the passkey method that
// name no passkey profile, or one that does not exist, while profiles are in use.
package targetwithoutprofile

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-SCOPE-005.
var Check = &audit.Check{
	ID:       "PK-SCOPE-005",
	Slug:     "target-without-profile",
	Doc:      audit.MustDoc(doc),
	Problem:  1,
	Severity: audit.Medium,
	Reads: []audit.Read{
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.Groups, Gap: audit.Hides},
		{Section: snapshot.GroupMembers, Gap: audit.Hides},
	},
	Facts: []audit.AnyFact{population.Users, methods.Policy},
	Run:   run,
}

func run(ctx context.Context, p *audit.Pass) error {
	policy, dir, err := methods.EnabledPasskeys(ctx, p)
	if err != nil || policy == nil {
		return err
	}
	passkeys := policy.Passkeys
	if passkeys.Mode == methods.Legacy {
		p.NotApplicable("the tenant has no passkey profiles")
		return nil
	}
	named := passkeys.Named()
	seen := map[string]bool{}
	for _, t := range passkeys.Include {
		people := t.Members.Minus(passkeys.Excluded).Within(dir.People)
		missing := missing(passkeys, t)
		switch {
		case len(t.AllowedPasskeyProfiles) == 0, len(missing) > 0:
		case passkeys.Mode == methods.ProfilesUnread && !people.Possible().Empty():
			p.Lacks(snapshot.AuthenticationMethodsPolicy, audit.Hides, "the passkey profiles were not read, so whether those that targets name exist is not known")
			continue
		default:
			continue
		}
		if !people.Maybe.Empty() {
			p.Lacks(snapshot.GroupMembers, audit.Hides,
				fmt.Sprintf("whether %s by the target %s is not known", audit.PeopleDo(people.Maybe.Count(), "is reached", "are reached"), label(t)))
		}
		key := strings.ToLower(t.ID) + " " + strings.Join(missing, " ")
		if people.Yes.Empty() || seen[key] {
			continue
		}
		seen[key] = true
		f := audit.Finding{
			Subject:  audit.Subject{Type: audit.SubjectGroup, ID: t.ID},
			Affected: audit.People(people.Yes, dir),
		}
		switch {
		case strings.EqualFold(t.ID, entra.AllUsers):
			f.Subject.Name = "All users"
		case t.Group == nil:
			f.Subject.Type = audit.SubjectUser
		default:
			f.Subject.Name = t.Group.Name
		}
		list := policy.Quote(t.Pointer+"/allowedPasskeyProfiles", "the profiles that the target names")
		if len(missing) == 0 {
			unnamed(&f, policy, t, people.Yes, list)
		} else {
			deleted(&f, policy, t, people.Yes, named, missing, list)
		}
		p.Report(f)
	}
	return nil
}

// missing are the profiles a target names that do not exist, where profiles were read.
func missing(passkeys *methods.Passkeys, t methods.Target) []string {
	var ids []string
	for _, id := range t.AllowedPasskeyProfiles {
		if passkeys.Profile(id) == nil && passkeys.Mode == methods.Profiles {
			ids = append(ids, strings.ToLower(id))
		}
	}
	return ids
}

// unnamed words a target without profiles.
func unnamed(f *audit.Finding, policy *methods.Effective, t methods.Target, people audit.Set, list audit.Evidence) {
	passkeys := policy.Passkeys
	fallback := "that they get the Default profile is inferred, not documented"
	f.Evidence = []audit.Evidence{list}
	if passkeys.Mode == methods.Profiles {
		if pr := passkeys.Profile(passkeys.DefaultProfileID()); pr != nil {
			fallback = fmt.Sprintf("that they get %s, the Default profile, is inferred, not documented", pr.Label())
			f.Evidence = append(f.Evidence, policy.Quote(pr.Pointer+"/id", "the Default profile, which is taken to apply"))
		} else {
			fallback = "the Default profile, which is taken to apply then, does not exist either"
			f.Evidence = append(f.Evidence, policy.Quote(passkeys.Pointer+"/passkeyProfiles", "the profiles that exist"))
		}
	} else {
		f.Evidence = append(f.Evidence, policy.Quote(passkeys.Pointer+"/defaultPasskeyProfile", "the policy uses profiles, which were not read"))
	}
	f.Certainty = audit.Likely
	f.Message = fmt.Sprintf("The include target %s names no passkey profile while profiles are in use. It reaches %s: %s.",
		label(t), audit.PeoplePhrase(people.Count()), fallback)
	f.Blockers = []string{"none"}
	f.Fix = []audit.Step{nameProfile("Name the profile that is meant in the target, the Default profile if nothing else.", policy, t, nil)}
}

// deleted words a target that names profiles which do not exist.
func deleted(f *audit.Finding, policy *methods.Effective, t methods.Target, people, named audit.Set, missing []string, list audit.Evidence) {
	what := "a passkey profile that does not exist"
	if len(missing) > 1 {
		what = "passkey profiles that do not exist"
	}
	without := people.Minus(named)
	effect := "Other profiles apply to all of them."
	if !without.Empty() {
		effect = "No other target gives a profile to " + audit.CountPhrase(without.Count(), "of them", "of them") + ": in scope, and nothing admitted, neither at registration nor at sign-in."
		// That a missing profile admits nothing follows from there being no rules; what
		// Entra does with such a target is not documented, since it cannot come about in
		// the admin centre.
		f.Certainty = audit.Likely
	}
	f.Message = fmt.Sprintf("The include target %s names %s (%s). It reaches %s. %s",
		label(t), what, strings.Join(missing, ", "), audit.PeoplePhrase(people.Count()), effect)
	f.Evidence = []audit.Evidence{list, policy.Quote(policy.Passkeys.Pointer+"/passkeyProfiles", "the profiles that exist")}
	f.Blockers = missing
	left := slices.DeleteFunc(slices.Clone(t.AllowedPasskeyProfiles), func(id string) bool { return slices.Contains(missing, strings.ToLower(id)) })
	f.Fix = []audit.Step{nameProfile("Take the id out of the target, and name the profile that is meant instead, the Default profile if nothing else.", policy, t, left)}
}

// nameProfile is the step that leaves these profiles in a target; where none is left,
// the Default profile takes their place, if there is one.
func nameProfile(text string, policy *methods.Effective, t methods.Target, ids []string) audit.Step {
	if fallback := policy.Passkeys.DefaultProfileID(); len(ids) == 0 && policy.Passkeys.Profile(fallback) != nil {
		ids = []string{fallback}
	}
	if len(ids) == 0 {
		return audit.Decide(text)
	}
	return audit.Edit(text, policy.NameProfiles(t, ids))
}

// label names a target for people.
func label(t methods.Target) string {
	switch {
	case strings.EqualFold(t.ID, entra.AllUsers):
		return "for all users"
	case t.Group != nil:
		return t.Group.Label()
	default:
		return t.ID
	}
}
