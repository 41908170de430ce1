// Package aaguidunknown finds registered passkeys whose model cannot be told.
package aaguidunknown

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
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
	Facts: []audit.AnyFact{population.Users, methods.Policy, methods.Holdings, methods.Models},
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
	registered, err := audit.Get(ctx, p, methods.Models)
	if err != nil {
		return err
	}
	var models []model
	var people audit.Set
	for _, id := range registered.AAGUIDs() {
		if with := registered.With(id).And(dir.People); strange(p.Catalogue(), id) && !with.Empty() {
			models, people = append(models, model{id, with.Count()}), people.Or(with)
		}
	}
	if set := registered.Undisclosed.And(dir.People).Minus(people); !set.Empty() {
		p.Lacks(snapshot.AuthenticationMethods, audit.Hides,
			fmt.Sprintf("the AAGUID of passkeys of %s was not read", audit.PeoplePhrase(set.Count())))
	}
	if people.Empty() {
		return nil
	}
	evidence, err := methods.QuotePasskeys(ctx, p, dir, held, people, "a registered passkey of a model that is not known",
		func(_ uint32, k methods.RegisteredPasskey) bool {
			return k.AAGUID != "" && strange(p.Catalogue(), k.AAGUID)
		})
	if err != nil {
		return err
	}
	p.Report(audit.Finding{
		Message: fmt.Sprintf("%s a passkey whose AAGUID names no model known here: %s. Known are the models on Microsoft's list of %s and the providers this program carries.",
			audit.PeopleDo(people.Count(), "holds", "hold"), describe(models), p.Catalogue().AttestationList().Date),
		Subject:  policy.Passkeys.Subject(),
		Affected: audit.People(people, dir),
		Evidence: evidence,
		Blockers: ids(models),
		Fix: []audit.Step{{Change: "Ask the people what they registered. Where the model matters, have them register a known one, through a profile that " +
			"enforces attestation, before the other is deleted."}},
	})
	return nil
}

func strange(known *catalogue.Catalogue, aaguid string) bool {
	return catalogue.Undisclosed(aaguid) || known.ModelOf(aaguid) == nil && known.FIDO().Of(strings.ToLower(aaguid)) == nil
}

// model is one AAGUID with the number of people who hold it.
type model struct {
	aaguid string
	people int
}

func ids(models []model) []string {
	var all []string
	for _, m := range models {
		all = append(all, m.aaguid)
	}
	return all
}

// describe lists the AAGUIDs, the most people first.
func describe(models []model) string {
	models = slices.Clone(models)
	slices.SortStableFunc(models, func(a, b model) int { return cmp.Compare(b.people, a.people) })
	const most = 4
	var parts []string
	for i, m := range models {
		if i == most {
			parts = append(parts, audit.CountPhrase(len(models)-most, "other", "others"))
			break
		}
		part := fmt.Sprintf("%s: %d", m.aaguid, m.people)
		if catalogue.Undisclosed(m.aaguid) {
			part = fmt.Sprintf("all zero, the model is not disclosed: %d", m.people)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}
