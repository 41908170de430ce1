// Package migrationincomplete finds a methods policy beside which legacy settings
// still rule.
package migrationincomplete

import (
	"context"
	_ "embed"
	"fmt"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-SCOPE-008.
var Check = &audit.Check{
	ID:       "PK-SCOPE-008",
	Slug:     "migration-incomplete",
	Doc:      audit.MustDoc(doc),
	Problem:  1,
	Severity: audit.Low,
	Reads: []audit.Read{
		// Only one member of the policy is looked at.
		{Section: snapshot.Users, Gap: audit.Refines},
		{Section: snapshot.Groups, Gap: audit.Refines},
		{Section: snapshot.GroupMembers, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{methods.Policy},
	Run:   run,
}

func run(ctx context.Context, p *audit.Pass) error {
	policy, err := audit.Get(ctx, p, methods.Policy)
	if err != nil {
		return err
	}
	state := policy.Value.PolicyMigrationState
	switch {
	case policy.MigrationComplete == audit.Yes, state == "":
		return nil
	case policy.MigrationComplete == audit.Unsure:
		return &audit.MissingError{Section: snapshot.AuthenticationMethodsPolicy,
			What: fmt.Sprintf("the policy has the migration state %q, which is not known", state)}
	}
	p.Report(audit.Finding{
		Message: fmt.Sprintf("The migration to the authentication methods policy is not complete (%s): legacy settings for multifactor authentication and self-service password reset, "+
			"which Graph does not show, may still let people use methods that this policy does not.", state),
		Subject:  audit.Subject{Type: audit.SubjectPolicy, ID: policy.Value.ID, Name: "Authentication methods policy"},
		Evidence: []audit.Evidence{policy.Quote("/policyMigrationState", "legacy settings still count")},
		Fix: []audit.Step{audit.Decide("Enable in the methods policy what people use, look through the legacy multifactor and password reset settings, " +
			"and set the migration to complete.")},
	})
	return nil
}
