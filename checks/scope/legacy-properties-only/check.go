// Package legacypropertiesonly finds a passkey policy that rests on settings Graph
// will stop returning.
package legacypropertiesonly

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-SCOPE-009.
var Check = &audit.Check{
	ID:       "PK-SCOPE-009",
	Slug:     "legacy-properties-only",
	Doc:      audit.MustDoc(doc),
	Problem:  1,
	Severity: audit.Info,
	Reads: []audit.Read{
		// Only the policy is looked at.
		{Section: snapshot.Users, Gap: audit.Refines},
		{Section: snapshot.Groups, Gap: audit.Refines},
		{Section: snapshot.GroupMembers, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, methods.Policy},
	Run:   run,
}

func run(ctx context.Context, p *audit.Pass) error {
	policy, _, err := methods.EnabledPasskeys(ctx, p)
	if err != nil || policy == nil {
		return err
	}
	passkeys := policy.Passkeys
	c := passkeys.Config
	switch {
	case passkeys.Mode == methods.ProfilesUnread && c.PasskeyProfiles != nil:
		return &audit.MissingError{Section: snapshot.AuthenticationMethodsPolicy,
			What: "the policy lists no passkey profiles and names some all the same"}
	case passkeys.Mode != methods.Legacy:
		return nil
	}
	var used []string
	var evidence []audit.Evidence
	if c.IsAttestationEnforced != nil && *c.IsAttestationEnforced {
		used = append(used, "attestation")
		evidence = append(evidence, policy.Quote(passkeys.Pointer+"/isAttestationEnforced", "attestation is enforced by the old setting"))
	}
	k := c.KeyRestrictions
	if k != nil && k.IsEnforced != nil && *k.IsEnforced {
		used = append(used, "key restrictions")
		evidence = append(evidence, policy.Quote(passkeys.Pointer+"/keyRestrictions/isEnforced", "key restrictions are enforced by the old setting"))
	}
	gone := methods.Reached(p.Now(), methods.LegacyMembersEnd)
	switch {
	case len(used) > 0:
	case gone && (c.IsAttestationEnforced == nil || k == nil):
		return &audit.MissingError{Section: snapshot.AuthenticationMethodsPolicy,
			What: "Graph no longer returns the old attestation and key settings, and the policy has no passkey profiles"}
	case k != nil && k.IsEnforced == nil && len(k.AAGUIDs) > 0:
		return &audit.MissingError{Section: snapshot.AuthenticationMethodsPolicy,
			What: "the key restrictions do not say whether they are enforced"}
	default:
		return nil
	}
	evidence = append(evidence, policy.Quote(passkeys.Pointer+"/passkeyProfiles", "there are no passkey profiles"))
	ends := "Graph stops returning these on " + methods.LegacyMembersEnd
	if gone {
		ends = "Graph was to stop returning these on " + methods.LegacyMembersEnd
	}
	p.Report(audit.Finding{
		Message: fmt.Sprintf("The passkey method has no profiles; its old settings for %s decide. %s: from then on neither this program nor any other can see what holds.",
			strings.Join(used, " and "), ends),
		Subject:  passkeys.Subject(),
		Evidence: evidence,
		Fix: []audit.Step{audit.Decide("Turn on passkey profiles. The settings move into the Default profile: attestation on becomes device-bound " +
			"passkeys only, off both types; key restrictions and targets stay. It cannot be undone.")},
	})
	return nil
}
