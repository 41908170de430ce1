// Package danglingpolicyreference finds Conditional Access policies that name users,
// groups, locations or strengths that no longer exist.
package danglingpolicyreference

import (
	"context"
	_ "embed"
	"fmt"
	"path"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/change"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-POST-006.
var Check = &audit.Check{
	ID:       "PK-POST-006",
	Slug:     "dangling-policy-reference",
	Doc:      audit.MustDoc(doc),
	Problem:  0,
	Severity: audit.Low,
	Reads: []audit.Read{
		{Section: snapshot.ConditionalAccessPolicies, Gap: audit.Hides},
		// Where a policy names something that was not read, the check says so.
		{Section: snapshot.Users, Gap: audit.Refines},
		{Section: snapshot.Groups, Gap: audit.Refines},
		{Section: snapshot.GroupMembers, Gap: audit.Refines},
		{Section: snapshot.NamedLocations, Gap: audit.Refines},
		{Section: snapshot.AuthenticationStrengths, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, population.Groups},
	Run:   run,
}

// Ids that stand for something without an object of its own (general knowledge; no
// source lists them).
const (
	mfaTrustedIPs     = "00000000-0000-0000-0000-000000000000" // also "no group" in some exports
	compliantNetworks = "3d46dbda-8382-466a-856d-eb00cbc6b910"
)

func run(ctx context.Context, p *audit.Pass) error {
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return err
	}
	groups, err := audit.Get(ctx, p, population.Groups)
	if err != nil {
		return err
	}
	locations, locationRows, err := ids[entra.NamedLocation](ctx, p, snapshot.NamedLocations, func(l *entra.NamedLocation) string { return l.ID })
	if err != nil {
		return err
	}
	strengths, strengthRows, err := ids[entra.AuthenticationStrengthPolicy](ctx, p, snapshot.AuthenticationStrengths, func(s *entra.AuthenticationStrengthPolicy) string { return s.ID })
	if err != nil {
		return err
	}
	for _, id := range []string{entra.StrengthMultifactor, entra.StrengthPasswordless, entra.StrengthPhishingResistant} {
		strengths[id] = true
	}
	policies, err := audit.QuotedObjects[entra.ConditionalAccessPolicy](ctx, p, snapshot.ConditionalAccessPolicies)
	if err != nil {
		return err
	}
	complete := func(id snapshot.SectionID) audit.Tri {
		if p.Status(id).State == snapshot.Complete {
			return audit.Yes
		}
		return audit.Unsure
	}
	kinds := []kind{
		{"user", "users", snapshot.Users, dir.All.Count(), func(id string) audit.Tri {
			if _, known := dir.Ordinal(id); known || conditionalaccess.IsUserToken(id) || !conditionalaccess.IsID(id) {
				return audit.No
			}
			return complete(snapshot.Users)
		}},
		{"group", "groups", snapshot.Groups, groups.GroupRows, func(id string) audit.Tri {
			if id == mfaTrustedIPs || !conditionalaccess.IsID(id) {
				return audit.No
			}
			return groups.Lookup(id).Exists.Not()
		}},
		{"location", "locations", snapshot.NamedLocations, locationRows, func(id string) audit.Tri {
			if locations[strings.ToLower(id)] || strings.EqualFold(id, "All") || strings.EqualFold(id, "AllTrusted") || id == mfaTrustedIPs ||
				strings.EqualFold(id, compliantNetworks) || !conditionalaccess.IsID(id) {
				return audit.No
			}
			return complete(snapshot.NamedLocations)
		}},
		{"authentication strength", "authentication strengths", snapshot.AuthenticationStrengths, strengthRows, func(id string) audit.Tri {
			if strengths[strings.ToLower(id)] {
				return audit.No
			}
			return complete(snapshot.AuthenticationStrengths)
		}},
	}
	for i := range policies {
		judge(p, &policies[i], kinds)
	}
	return nil
}

// kind is what a policy may name.
type kind struct {
	one, many string
	section   snapshot.SectionID
	rows      int
	gone      func(id string) audit.Tri
}

// strengthReference is the position of strengths among the kinds.
const strengthReference = 3

// named is an id with where the policy names it.
type named struct{ id, pointer string }

func judge(p *audit.Pass, q *audit.Quoted[entra.ConditionalAccessPolicy], kinds []kind) {
	var blockers, phrases []string
	var evidence []audit.Evidence
	for k, list := range references(&q.Value) {
		var gone []string
		seen := map[string]bool{}
		for _, n := range list {
			switch kinds[k].gone(n.id) {
			case audit.Unsure:
				p.Lacks(kinds[k].section, audit.Hides, fmt.Sprintf("whether every one of the %s that policies name exists is not known", kinds[k].many))
			case audit.Yes:
				evidence = append(evidence, audit.Quote(snapshot.ConditionalAccessPolicies, q.Value.ID, q.Raw, n.pointer, "the "+kinds[k].one+" that no longer exists"))
				if !seen[n.id] {
					seen[n.id] = true
					gone = append(gone, n.id)
				}
			}
		}
		if len(gone) == 0 {
			continue
		}
		evidence = append(evidence, audit.Examined(kinds[k].section, kinds[k].rows, "no row has this id"))
		blockers = append(blockers, gone...)
		phrases = append(phrases, fmt.Sprintf("%s (%s)", audit.CountPhrase(len(gone), kinds[k].one, kinds[k].many), strings.Join(gone, ", ")))
	}
	if len(blockers) == 0 {
		return
	}
	p.Report(audit.Finding{
		Message: fmt.Sprintf("The policy %q, %s, names what no longer exists: %s. It does not do what whoever wrote it had in mind.",
			q.Value.DisplayName, state(q.Value.State), strings.Join(phrases, "; ")),
		Subject:  audit.Subject{Type: audit.SubjectPolicy, ID: q.Value.ID, Name: q.Value.DisplayName},
		Evidence: evidence,
		Blockers: blockers,
		Fix:      []audit.Step{fix(&q.Value, blockers)},
	})
}

// fix takes the ids that are gone out of the lists of a policy. A strength that is gone
// has to be replaced by one that somebody chooses.
func fix(pol *entra.ConditionalAccessPolicy, gone []string) audit.Step {
	const text = "Remove these from the policy, or put what was meant in their place."
	conditions := change.Body{}
	for k, list := range references(pol) {
		for _, n := range list {
			if !slices.Contains(gone, n.id) {
				continue
			}
			if k == strengthReference {
				return audit.Decide(text)
			}
			parts := strings.Split(n.pointer, "/") // "", conditions, users, includeUsers, 0
			within, _ := conditions[parts[2]].(change.Body)
			if within == nil {
				within = change.Body{}
				conditions[parts[2]] = within
			}
			within[parts[3]] = left(list, path.Dir(n.pointer), gone)
		}
	}
	return audit.Edit(text, change.PatchPolicy(pol.ID, change.Body{"conditions": conditions}))
}

// left are the ids that a list of a policy keeps.
func left(list []named, pointer string, gone []string) []string {
	kept := []string{}
	for _, n := range list {
		if path.Dir(n.pointer) == pointer && !slices.Contains(gone, n.id) {
			kept = append(kept, n.id)
		}
	}
	return kept
}

func state(text string) string {
	switch strings.ToLower(text) {
	case "enabled":
		return "which is enabled"
	case "disabled":
		return "which is off"
	case "enabledforreportingbutnotenforced":
		return "which is report-only"
	default:
		return "whose state is " + text
	}
}

// references are what a policy names, in the order of kinds.
func references(pol *entra.ConditionalAccessPolicy) [4][]named {
	var all [4][]named
	add := func(k int, pointer string, list []string) {
		for i, id := range list {
			all[k] = append(all[k], named{id, fmt.Sprintf("%s/%d", pointer, i)})
		}
	}
	if c := pol.Conditions; c != nil {
		if u := c.Users; u != nil {
			add(0, "/conditions/users/includeUsers", u.IncludeUsers)
			add(0, "/conditions/users/excludeUsers", u.ExcludeUsers)
			add(1, "/conditions/users/includeGroups", u.IncludeGroups)
			add(1, "/conditions/users/excludeGroups", u.ExcludeGroups)
		}
		if l := c.Locations; l != nil {
			add(2, "/conditions/locations/includeLocations", l.IncludeLocations)
			add(2, "/conditions/locations/excludeLocations", l.ExcludeLocations)
		}
	}
	if g := pol.GrantControls; g != nil && g.AuthenticationStrength != nil && g.AuthenticationStrength.ID != "" {
		all[strengthReference] = append(all[strengthReference], named{g.AuthenticationStrength.ID, "/grantControls/authenticationStrength/id"})
	}
	return all
}

func ids[T any](ctx context.Context, p *audit.Pass, section snapshot.SectionID, of func(*T) string) (map[string]bool, int, error) {
	set, rows := map[string]bool{}, 0
	for o, err := range audit.Objects[T](ctx, p, section) {
		if err != nil {
			return nil, 0, err
		}
		set[strings.ToLower(of(&o.Value))] = true
		rows++
	}
	return set, rows, nil
}
