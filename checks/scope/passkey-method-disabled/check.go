// Package passkeymethoddisabled finds a tenant whose passkey method is off.
package passkeymethoddisabled

import (
	"context"
	_ "embed"
	"fmt"

	"passkeyaudit/audit"
	"passkeyaudit/audit/change"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-SCOPE-001.
var Check = &audit.Check{
	ID:       "PK-SCOPE-001",
	Slug:     "passkey-method-disabled",
	Doc:      audit.MustDoc(doc),
	Problem:  1,
	Severity: audit.High,
	Reads: []audit.Read{
		// Who is hit changes with rows that are missing; that the method is off does not.
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.Groups, Gap: audit.Refines},
		{Section: snapshot.GroupMembers, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, methods.Policy},
	Run:   run,
}

func run(ctx context.Context, p *audit.Pass) error {
	policy, err := audit.Get(ctx, p, methods.Policy)
	if err != nil {
		return err
	}
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return err
	}
	passkeys, err := policy.Fido2()
	if err != nil || passkeys.Enabled == audit.Yes || dir.People.Empty() {
		return err
	}
	p.Report(audit.Finding{
		Message: fmt.Sprintf("The Passkey (FIDO2) method is %s: %s can neither register nor use a passkey.",
			passkeys.Config.State, audit.PeoplePhrase(dir.People.Count())),
		Subject:  passkeys.Subject(),
		Affected: audit.People(dir.People, dir),
		Evidence: []audit.Evidence{policy.Quote(passkeys.Pointer+"/state", "the method is not enabled")},
		Fix: []audit.Step{audit.Edit("Enable the Passkey (FIDO2) method, first with a pilot group as its only include target.",
			change.PatchMethod(entra.MethodFido2, change.Body{"state": "enabled"}))},
	})
	return nil
}
