// Package aaguidunknown finds registered passkeys whose model cannot be told.
package aaguidunknown

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-ATT-007.
var Check = &audit.Check{
	ID:       "PK-ATT-007",
	Slug:     "aaguid-unknown",
	Doc:      audit.MustDoc(doc),
	Problem:  7,
	Severity: audit.Low,
	Reads: []audit.Read{
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.AuthenticationMethods, Gap: audit.Hides},
		// The report only tells who should have been asked for their passkeys.
		{Section: snapshot.UserRegistrationDetails, Gap: audit.Refines},
		// What is registered does not depend on who is in scope.
		{Section: snapshot.Groups, Gap: audit.Refines},
		{Section: snapshot.GroupMembers, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, methods.Policy, methods.Holdings},
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
	if unknown := dir.People.Minus(held.Known()); !unknown.Empty() {
		p.Lacks(snapshot.UserRegistrationDetails, audit.Hides,
			fmt.Sprintf("whether %s a passkey is not known", audit.PeopleDo(unknown.Count(), "has", "have")))
	}
	var found, unread audit.Builder
	byAAGUID := map[string]*audit.Builder{}
	for n := range held.Of(methods.Passkey).And(dir.People).All() {
		for _, k := range held.Passkeys(n) {
			switch {
			case k.AAGUID == "":
				unread.Add(n)
			case strange(k.AAGUID):
				id := strings.ToLower(k.AAGUID)
				if byAAGUID[id] == nil {
					byAAGUID[id] = &audit.Builder{}
				}
				byAAGUID[id].Add(n)
				found.Add(n)
			}
		}
	}
	people := found.Set()
	if set := unread.Set().Minus(people); !set.Empty() {
		p.Lacks(snapshot.AuthenticationMethods, audit.Hides,
			fmt.Sprintf("the AAGUID of passkeys of %s was not read", audit.PeoplePhrase(set.Count())))
	}
	if people.Empty() {
		return nil
	}
	evidence, err := methods.QuotePasskeys(ctx, p, dir, held, people, "a registered passkey of a model that is not known",
		func(_ uint32, k methods.RegisteredPasskey) bool { return k.AAGUID != "" && strange(k.AAGUID) })
	if err != nil {
		return err
	}
	p.Report(audit.Finding{
		Message: fmt.Sprintf("%s a passkey whose AAGUID names no model known here: %s. Known are the models on Microsoft's list of %s and the providers this program carries.",
			audit.PeopleDo(people.Count(), "holds", "hold"), describe(byAAGUID), catalogue.AttestationList().Date),
		Subject:  policy.Passkeys.Subject(),
		Affected: audit.People(people, dir),
		Evidence: evidence,
		Blockers: slices.Collect(maps.Keys(byAAGUID)),
		Fix: []audit.Step{{Change: "Ask the people what they registered. Where the model matters, have them register a known one, through a profile that " +
			"enforces attestation, before the other is deleted."}},
	})
	return nil
}

func strange(aaguid string) bool {
	return catalogue.Undisclosed(aaguid) || catalogue.ModelOf(aaguid) == nil
}

// describe lists the AAGUIDs, the most people first.
func describe(byAAGUID map[string]*audit.Builder) string {
	type entry struct {
		aaguid string
		count  int
	}
	var list []entry
	for id, b := range byAAGUID {
		list = append(list, entry{id, b.Set().Count()})
	}
	slices.SortFunc(list, func(a, b entry) int {
		return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.aaguid, b.aaguid))
	})
	const most = 4
	var parts []string
	for i, e := range list {
		if i == most {
			parts = append(parts, audit.CountPhrase(len(list)-most, "other", "others"))
			break
		}
		part := fmt.Sprintf("%s: %d", e.aaguid, e.count)
		if catalogue.Undisclosed(e.aaguid) {
			part = fmt.Sprintf("all zero, the model is not disclosed: %d", e.count)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}
