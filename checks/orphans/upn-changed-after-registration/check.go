// Package upnchangedafterregistration finds people whose passkey was registered under
// a former user principal name.
package upnchangedafterregistration

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/activity"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-ORPH-003.
var Check = &audit.Check{
	ID:       "PK-ORPH-003",
	Slug:     "upn-changed-after-registration",
	Doc:      audit.MustDoc(doc),
	Problem:  5,
	Severity: audit.Medium,
	Reads: []audit.Read{
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.DirectoryAudits, Gap: audit.Hides},
		{Section: snapshot.AuthenticationMethods, Gap: audit.Hides},
		// The report has no times of registration.
		{Section: snapshot.UserRegistrationDetails, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, activity.Changes, methods.Holdings},
	Run:   run,
}

func run(ctx context.Context, p *audit.Pass) error {
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return err
	}
	changes, err := audit.Get(ctx, p, activity.Changes)
	if err != nil {
		return err
	}
	held, err := audit.Get(ctx, p, methods.Holdings)
	if err != nil {
		return err
	}
	if !changes.Names {
		p.Lacks(snapshot.DirectoryAudits, audit.Hides, "changes of user principal names were not collected; of a large tenant only the records about methods and policies are")
	}
	renamed := changes.With(func(c activity.Change) bool { return c.What == activity.Renamed }).And(dir.People)
	if unknown := renamed.Minus(held.Known()).Or(renamed.And(held.Of(methods.Passkey)).Minus(held.Asked)); !unknown.Empty() {
		p.Lacks(snapshot.AuthenticationMethods, audit.Hides, fmt.Sprintf("when passkeys of %s with a new name were registered was not read", audit.PeoplePhrase(unknown.Count())))
	}
	passkeys, err := methods.DatedPasskeys(ctx, p, dir, held, renamed.And(held.Of(methods.Passkey)))
	if err != nil {
		return err
	}
	var people, undated audit.Builder
	var first []activity.Change
	for n := range renamed.All() {
		for _, k := range passkeys[n] {
			c, found := renamedAfter(changes.Of(n), k, dir.Member(n).UserPrincipalName)
			if found && (k.Created.IsZero() || c.At.IsZero()) {
				undated.Add(n)
				continue
			}
			if found {
				people.Add(n)
				first = append(first, c)
				break
			}
		}
	}
	set := people.Set()
	if unsure := undated.Set().Minus(set); !unsure.Empty() {
		p.Lacks(snapshot.AuthenticationMethods, audit.Hides, fmt.Sprintf("when passkeys of %s with a new name were registered is not told", audit.PeoplePhrase(unsure.Count())))
	}
	if set.Empty() {
		return nil
	}
	evidence, err := activity.QuoteChanges(ctx, p, first[:min(len(first), methods.QuotedPeople)], func(c activity.Change, row audit.KeyedRow) []audit.Evidence {
		return []audit.Evidence{
			audit.Quote(snapshot.DirectoryAudits, row.Key, row.Raw, entra.Pointer("targetResources", c.Target, "modifiedProperties", c.Property, "oldValue"),
				"the user principal name before it was changed"),
			audit.Quote(snapshot.DirectoryAudits, row.Key, row.Raw, "/activityDateTime", "when it was changed"),
		}
	})
	if err != nil {
		return err
	}
	keys, err := methods.QuotePasskeyMember(ctx, p, dir, held, set, "createdDateTime", "a passkey registered before", func(n uint32, k methods.RegisteredPasskey) bool {
		for _, d := range passkeys[n] {
			if d.Pointer == k.Pointer {
				_, found := renamedAfter(changes.Of(n), d, dir.Member(n).UserPrincipalName)
				return found
			}
		}
		return false
	})
	if err != nil {
		return err
	}
	p.Report(audit.Finding{
		Message: fmt.Sprintf("%s a passkey registered before their user principal name was changed. A passkey cannot be updated with the new name: it has to be deleted and registered again (PF, 2026-03-08).",
			audit.PeopleDo(set.Count(), "holds", "hold")),
		Subject:  audit.Subject{Type: audit.SubjectTenant},
		Affected: audit.People(set, dir),
		Evidence: append(evidence, keys...),
		Fix: []audit.Step{{Change: "Have them register a new passkey, and then delete the old one in Entra and on the device. " +
			"Somebody without another strong method needs a Temporary Access Pass first."}},
	})
	return nil
}

// renamedAfter finds the first change of name after a passkey was registered; none if
// the name is again what it was then.
func renamedAfter(changes []activity.Change, k methods.Dated, name string) (first activity.Change, found bool) {
	for _, c := range changes { // newest first
		if c.What == activity.Renamed && (k.Created.IsZero() || !c.At.Before(k.Created)) {
			first, found = c, true
		}
	}
	return first, found && !strings.EqualFold(first.Before, name)
}
