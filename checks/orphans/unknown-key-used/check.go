// Package unknownkeyused finds people who tried passkeys that Entra cannot match with
// their account, without a deletion that would explain it.
package unknownkeyused

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

// Check is PK-ORPH-002.
var Check = &audit.Check{
	ID:       "PK-ORPH-002",
	Slug:     "unknown-key-used",
	Doc:      audit.MustDoc(doc),
	Problem:  5,
	Severity: audit.Medium,
	Reads: []audit.Read{
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.SignIns, Gap: audit.Hides},
		// A deletion that was not read would make it PK-ORPH-001's.
		{Section: snapshot.DirectoryAudits, Gap: audit.Refutes},
	},
	Facts: []audit.AnyFact{population.Users, activity.SignIns, activity.Changes},
	Run:   run,
}

func run(ctx context.Context, p *audit.Pass) error {
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return err
	}
	log, err := audit.Get(ctx, p, activity.SignIns)
	if err != nil {
		return err
	}
	changes, err := audit.Get(ctx, p, activity.Changes)
	if err != nil {
		return err
	}
	var unknown, other, all audit.Builder
	var tries []activity.Event
	unnamed := false
	for e := range log.Events(activity.KeyUnknown) {
		if !dir.People.Has(e.Account) {
			continue
		}
		if activity.OtherHandle(e.Code) {
			other.Add(e.Account)
		} else if _, deleted := changes.Last(e.Account, func(c activity.Change) bool {
			return c.IsPasskey(activity.Deleted) && (!c.At.After(e.At) || e.At.IsZero())
		}); deleted {
			continue
		} else {
			unknown.Add(e.Account)
			_, some := changes.Last(e.Account, func(c activity.Change) bool {
				return c.What == activity.Deleted && c.Method == activity.UnknownMethod && !c.At.After(e.At)
			})
			unnamed = unnamed || some
		}
		if len(tries) == 0 || tries[len(tries)-1].Account != e.Account {
			tries = append(tries, e)
		}
		all.Add(e.Account)
	}
	if unnamed {
		p.Lacks(snapshot.DirectoryAudits, audit.Refutes, "a deletion before a key was not found does not say which method was deleted")
	}
	people := all.Set()
	if people.Empty() {
		return nil
	}
	evidence, err := activity.QuoteEvents(ctx, p, tries[:min(len(tries), methods.QuotedPeople)], func(e activity.Event, row audit.KeyedRow) []audit.Evidence {
		means := "a sign-in with a key that is not registered for the person"
		if activity.OtherHandle(e.Code) {
			means = "a sign-in with a passkey that holds the handle of another account"
		}
		return []audit.Evidence{audit.Quote(snapshot.SignIns, row.Key, row.Raw, entra.Pointer("status", "errorCode"), means)}
	})
	if err != nil {
		return err
	}
	var said []string
	if set := unknown.Set(); !set.Empty() {
		said = append(said, audit.PeopleDo(set.Count(), "with a key that is not registered for them", "with keys that are not registered for them")+
			" (135010, 135001) and no deletion of a passkey in the audit log "+changes.Window.Phrase())
	}
	if set := other.Set(); !set.Empty() {
		said = append(said, audit.PeopleDo(set.Count(), "with a passkey of another account", "with passkeys of another account")+
			" (135012, 135013, 135014, 135021), as after an account was deleted and made again")
	}
	p.Report(audit.Finding{
		Certainty: audit.Possible,
		Message: fmt.Sprintf("Sign-ins that Entra could not match with a registered passkey: %s. The log names no key. Ask them: which passkeys does the device list for this account, "+
			"when was each registered, and was the account ever made anew?", strings.Join(said, "; ")),
		Subject:  audit.Subject{Type: audit.SubjectTenant},
		Affected: audit.People(people, dir),
		Evidence: evidence,
		Fix: []audit.Step{{Change: "Find out which passkey they use; have it deleted on the device if it is of no use any more, and a new one registered. " +
			"Nothing has to be changed in policies for this."}},
	})
	return nil
}
