// Package aaguidunknown finds registered passkeys whose model cannot be told, or of which
// the FIDO Alliance says that it is not to be relied on.
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
	known := p.Catalogue()
	strangers := holding(registered, dir, func(aaguid string) bool { return strange(known, aaguid) })
	if set := registered.Undisclosed.And(dir.People).Minus(strangers.people); !set.Empty() {
		p.Lacks(snapshot.AuthenticationMethods, audit.Hides,
			fmt.Sprintf("the AAGUID of passkeys of %s was not read", audit.PeoplePhrase(set.Count())))
	}
	for _, k := range append([]kind{unknownKind(known)}, standingKinds(known)...) {
		models := holding(registered, dir, k.is)
		if models.people.Empty() {
			continue
		}
		f := audit.Finding{
			Severity: k.severity, Certainty: k.certainty, Message: k.message(models),
			Subject: policy.Passkeys.Subject(), Affected: audit.People(models.people, dir), Blockers: append(models.ids(), k.blockers...),
			Fix: []audit.Step{audit.Do(k.fix)},
		}
		f.Evidence, err = methods.QuotePasskeys(ctx, p, dir, held, models.people, k.means,
			func(_ uint32, passkey methods.RegisteredPasskey) bool {
				return passkey.AAGUID != "" && k.is(passkey.AAGUID)
			})
		if err != nil {
			return err
		}
		p.Report(f)
	}
	return nil
}

// kind is a kind of models about which there is something to say.
type kind struct {
	is         func(aaguid string) bool
	severity   audit.Severity
	certainty  audit.Certainty
	message    func(models) string
	means, fix string
	blockers   []string
}

// unknownKind are models that nobody knows.
func unknownKind(known *catalogue.Catalogue) kind {
	return kind{
		is: func(aaguid string) bool { return strange(known, aaguid) },
		message: func(m models) string {
			here := known.Edition(catalogue.AAGUIDs).String()
			if list := known.AttestationList(); list.Date != "" {
				here += ", with Microsoft's list of " + list.Date
			}
			if fido := known.FIDO(); fido != nil {
				here += ", and those of the " + fido.String()
			}
			return fmt.Sprintf("%s a passkey whose AAGUID names no model known here: %s. Known are the models of the %s.",
				audit.PeopleDo(m.people.Count(), "holds", "hold"), m.describe(known), here)
		},
		means: "a registered passkey of a model that is not known",
		fix: "Ask the people what they registered. Where the model matters, have them register a known one, through a profile that " +
			"enforces attestation, before the other is deleted.",
	}
}

func strange(known *catalogue.Catalogue, aaguid string) bool {
	return catalogue.Undisclosed(aaguid) || known.ModelOf(aaguid) == nil && known.FIDO().Of(aaguid) == nil
}

// models are some AAGUIDs with the number of people who hold each, and all these people.
type models struct {
	list   []model
	people audit.Set
}

type model struct {
	aaguid string
	people int
}

// holding finds the models of a kind that people hold.
func holding(registered *methods.HeldModels, dir *population.Directory, is func(aaguid string) bool) models {
	var m models
	for _, id := range registered.AAGUIDs() {
		if with := registered.With(id).And(dir.People); is(id) && !with.Empty() {
			m.list, m.people = append(m.list, model{id, with.Count()}), m.people.Or(with)
		}
	}
	return m
}

func (m models) ids() []string {
	var all []string
	for _, one := range m.list {
		all = append(all, one.aaguid)
	}
	return all
}

// describe lists the models, those of the most people first.
func (m models) describe(known *catalogue.Catalogue) string {
	list := slices.Clone(m.list)
	slices.SortStableFunc(list, func(a, b model) int { return cmp.Compare(b.people, a.people) })
	const most = 4
	var parts []string
	for i, one := range list {
		if i == most {
			parts = append(parts, audit.CountPhrase(len(list)-most, "other", "others"))
			break
		}
		part := fmt.Sprintf("%s: %d", known.Label(one.aaguid), one.people)
		if catalogue.Undisclosed(one.aaguid) {
			part = fmt.Sprintf("all zero, the model is not disclosed: %d", one.people)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}
