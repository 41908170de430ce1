// Package unknownkeyused finds people who tried passkeys that Entra cannot match with
// their account, without a deletion that would explain it.
package unknownkeyused

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/activity"
	"passkeyaudit/audit/facts/lifecycle"
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
	Facts: []audit.AnyFact{population.Users, activity.Changes, lifecycle.LeftOnDevice},
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
	left, err := audit.Get(ctx, p, lifecycle.LeftOnDevice)
	if err != nil {
		return err
	}
	if !left.Unnamed.And(dir.People).Empty() {
		p.Lacks(snapshot.DirectoryAudits, audit.Refutes, "a deletion before a key was not found does not say which method was deleted")
	}
	unknown, other := left.With(lifecycle.Unexplained).And(dir.People), left.With(lifecycle.OtherAccount).And(dir.People)
	people := unknown.Or(other)
	if people.Empty() {
		return nil
	}
	evidence, err := lifecycle.QuoteSome(ctx, p, left.All(lifecycle.Unexplained, lifecycle.OtherAccount), people)
	if err != nil {
		return err
	}
	var said []string
	if !unknown.Empty() {
		said = append(said, audit.PeopleDo(unknown.Count(), "with a key that is not registered for them", "with keys that are not registered for them")+
			" (135010, 135001) and no deletion of a passkey in the audit log "+changes.Window.Phrase())
	}
	if !other.Empty() {
		said = append(said, audit.PeopleDo(other.Count(), "with a passkey of another account", "with passkeys of another account")+
			" (135012, 135013, 135014, 135021), as after an account was deleted and made again")
	}
	p.Report(audit.Finding{
		Certainty: audit.Possible,
		Message: fmt.Sprintf("Sign-ins that Entra could not match with a registered passkey: %s. The log names no key. Ask them: which passkeys does the device list for this account, "+
			"when was each registered, and was the account ever made anew?", strings.Join(said, "; ")),
		Subject:  audit.Subject{Type: audit.SubjectTenant},
		Affected: audit.People(people, dir),
		Evidence: evidence,
		Fix: []audit.Step{audit.Do("Find out which passkey they use; have it deleted on the device if it is of no use any more, and a new one registered. " +
			"Nothing has to be changed in policies for this.")},
	})
	return nil
}
