// Package selfserviceoff finds a tenant in which nobody can register a passkey
// alone.
package selfserviceoff

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

// Check is PK-SELF-001.
var Check = &audit.Check{
	ID:       "PK-SELF-001",
	Slug:     "self-service-off",
	Doc:      audit.MustDoc(doc),
	Problem:  1,
	Severity: audit.High,
	Reads: []audit.Read{
		{Section: snapshot.Users, Gap: audit.Hides},
		// While self-service is on, none of these matters; while it is off, the check
		// says itself about whom it could not tell.
		{Section: snapshot.Groups, Gap: audit.Refines},
		{Section: snapshot.GroupMembers, Gap: audit.Refines},
		{Section: snapshot.AuthenticationMethods, Gap: audit.Refines},
		{Section: snapshot.UserRegistrationDetails, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, methods.Policy, methods.Holdings},
	Run:   run,
}

func run(ctx context.Context, p *audit.Pass) error {
	policy, dir, err := methods.EnabledPasskeys(ctx, p)
	if err != nil || policy == nil {
		return err
	}
	passkeys := policy.Passkeys
	switch passkeys.SelfService {
	case audit.Yes:
		return nil
	case audit.Unsure:
		return &audit.MissingError{Section: snapshot.AuthenticationMethodsPolicy,
			What: "the Fido2 configuration does not say whether self-service registration is allowed"}
	}
	held, err := audit.Get(ctx, p, methods.Holdings)
	if err != nil {
		return err
	}
	scope := passkeys.InScope().Within(dir.People)
	without := audit.Partly{
		Yes:   held.Known().Minus(held.Of(methods.Passkey)),
		Maybe: dir.All.Minus(held.Known()),
	}
	stuck := scope.And(without)
	if unsure := scope.Maybe.Minus(held.Of(methods.Passkey)); !unsure.Empty() {
		p.Lacks(snapshot.GroupMembers, audit.Hides, fmt.Sprintf("whether %s in scope is not known", audit.PeopleDo(unsure.Count(), "is", "are")))
	}
	if unsure := scope.Yes.Minus(held.Known()); !unsure.Empty() {
		p.Lacks(snapshot.UserRegistrationDetails, audit.Hides, fmt.Sprintf("whether %s a passkey is not known", audit.PeopleDo(unsure.Count(), "has", "have")))
	}
	if stuck.Yes.Empty() {
		return nil
	}
	p.Report(audit.Finding{
		Message: fmt.Sprintf("Self-service registration of passkeys is off: %s no passkey, although in scope, and cannot register one alone.",
			audit.PeopleDo(stuck.Yes.Count(), "has", "have")),
		Subject:  passkeys.Subject(),
		Affected: audit.People(stuck.Yes, dir),
		Evidence: []audit.Evidence{policy.Quote(passkeys.Pointer+"/isSelfServiceRegistrationAllowed", "self-service registration is off for the whole tenant")},
		Fix: []audit.Step{audit.Edit("Allow self-service set-up in the Passkey (FIDO2) method. It holds for the whole tenant; limit who may register by the include targets.",
			change.PatchMethod(entra.MethodFido2, change.Body{"isSelfServiceRegistrationAllowed": true}))},
	})
	return nil
}
