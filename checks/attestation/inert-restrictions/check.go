// Package inertrestrictions finds key restrictions, or parts of them, that do
// nothing.
package inertrestrictions

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-ATT-009.
var Check = &audit.Check{
	ID:       "PK-ATT-009",
	Slug:     "inert-restrictions",
	Doc:      audit.MustDoc(doc),
	Problem:  7,
	Severity: audit.Low,
	Reads: []audit.Read{
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.Groups, Gap: audit.Hides},
		{Section: snapshot.GroupMembers, Gap: audit.Hides},
		// Whether somebody owns a model: where that matters, the check says itself
		// whose passkeys were not read.
		{Section: snapshot.AuthenticationMethods, Gap: audit.Refines},
		{Section: snapshot.UserRegistrationDetails, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, methods.Policy, methods.Holdings, methods.Models},
	Run:   run,
}

func run(ctx context.Context, p *audit.Pass) error {
	policy, dir, applied, err := methods.AppliedProfiles(ctx, p)
	if err != nil || policy == nil {
		return err
	}
	held, err := audit.Get(ctx, p, methods.Holdings)
	if err != nil {
		return err
	}
	models, err := audit.Get(ctx, p, methods.Models)
	if err != nil {
		return err
	}
	o := ownership(dir, held, models)
	for i := range applied {
		a := &applied[i]
		list := a.AAGUIDs()
		people := a.People.Yes
		if len(list.Listed) == 0 && !(list.Known && list.Enforced && list.Block) {
			continue
		}
		methods.LacksPeople(p, a.People.Maybe, a.Label())
		if people.Empty() {
			continue
		}
		certainty, note := a.Inference(people)
		at := a.Pointer + "/keyRestrictions"
		report := func(cause string, ids []string, evidence []audit.Evidence, message string, fix ...audit.Step) {
			p.Report(audit.Finding{
				Certainty: certainty,
				Message:   message + note,
				Subject:   a.Subject(policy.Passkeys),
				Affected:  audit.People(people, dir),
				Evidence:  evidence,
				Blockers:  append([]string{cause}, ids...),
				Fix:       fix,
			})
		}
		if twice := repeated(policy, a); len(twice) > 0 {
			report("repeated", nil, twice,
				fmt.Sprintf("The AAGUID list of %s has %s that it has already.", a.Label(), audit.CountPhrase(len(twice), "entry", "entries")),
				audit.Edit("Take the repeated entries off the list.", a.Keep(func(string) bool { return true })))
		}
		switch {
		case !list.Known:
			methods.LacksRule(p, a, "the key restriction")
		case !list.Enforced:
			report("notEnforced", nil, []audit.Evidence{
				policy.Quote(at+"/isEnforced", "the key restrictions are not enforced"),
				policy.Quote(at+"/aaGuids", "and yet AAGUIDs are listed"),
			},
				fmt.Sprintf("%s listed in %s, but the restriction is not enforced: every model is admitted for %s.",
					countAre(len(list.Listed)), a.Label(), audit.PeoplePhrase(people.Count())),
				audit.Edit("Enforce the key restrictions if the list is meant, after a look at who holds a model that is not on it.", a.Restrict(true)),
				audit.Edit("If not, empty the list.", a.Unrestrict()))
		case len(list.Listed) == 0:
			report("empty", nil, []audit.Evidence{policy.Quote(at+"/aaGuids", "the block list is enforced and empty")},
				fmt.Sprintf("The block list of %s is enforced and empty: it blocks nothing.", a.Label()),
				audit.Edit("Switch the enforcement of key restrictions off, or list the models that are meant.", a.Restrict(false)))
		default:
			if !o.assertable(p) {
				continue
			}
			none := o.byNobody(list.Listed)
			switch {
			case list.Block && len(none) == len(list.Listed):
				report("blocksNobody", list.Listed, []audit.Evidence{policy.Quote(at+"/aaGuids", "nobody has registered any of these models")},
					fmt.Sprintf("The block list of %s names no model that anybody in the tenant has registered: %s.", a.Label(), names(p.Catalogue(), none)),
					audit.Edit("Keep the list if it is meant as a precaution, and accept the finding. If not, empty it and switch the enforcement off.", a.Unrestrict()))
			case !list.Block && len(none) > 0:
				report("unowned", none, []audit.Evidence{policy.Quote(at+"/aaGuids", "the list names models that nobody has registered")},
					fmt.Sprintf("The allow list of %s names %s, of which nobody in the tenant has registered %d: %s.",
						a.Label(), audit.CountPhrase(len(list.Listed), "model", "models"), len(none), names(p.Catalogue(), none)),
					audit.Edit("Take off the list the models that nobody is about to be given.", a.Keep(func(id string) bool { return !slices.Contains(none, id) })))
			}
		}
	}
	return nil
}

// assertable tells whether "nobody owns this model" can be said: all accounts were
// collected, the AAGUIDs of all registered passkeys were read, and there are any.
// Before the first passkey is registered no list is inert.
func (o owned) assertable(p *audit.Pass) bool {
	if !o.unread.Empty() {
		p.Lacks(snapshot.AuthenticationMethods, audit.Hides,
			fmt.Sprintf("the models of passkeys of %s were not read", audit.CountPhrase(o.unread.Count(), "account", "accounts")))
		return false
	}
	return len(o.models.AAGUIDs()) > 0 && p.Status(snapshot.Users).State == snapshot.Complete
}

// repeated quotes the entries of a list that stand in it before, in any letter case.
func repeated(policy *methods.Effective, a *methods.Applied) []audit.Evidence {
	var twice []audit.Evidence
	seen := map[string]bool{}
	for i, id := range a.KeyRestrictions.AAGUIDs {
		key := strings.ToLower(id)
		if seen[key] {
			twice = append(twice, policy.Quote(a.Pointer+"/keyRestrictions/aaGuids"+entra.Pointer(i), "this AAGUID is listed before"))
		}
		seen[key] = true
	}
	return twice
}

func countAre(n int) string {
	if n == 1 {
		return "1 AAGUID is"
	}
	return fmt.Sprintf("%d AAGUIDs are", n)
}

// names writes models, the first few.
func names(known *catalogue.Catalogue, aaguids []string) string {
	const most = 3
	var parts []string
	for i, id := range aaguids {
		if i == most {
			parts = append(parts, audit.CountPhrase(len(aaguids)-most, "other", "others"))
			break
		}
		parts = append(parts, known.Label(id))
	}
	return strings.Join(parts, ", ")
}
