// Package changedbymicrosoft finds passkey settings that Microsoft changed, by the
// migration to profiles or by enabling passkeys for people with a phone.
package changedbymicrosoft

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

// Check is PK-SCOPE-010.
var Check = &audit.Check{
	ID:       "PK-SCOPE-010",
	Slug:     "changed-by-microsoft",
	Doc:      audit.MustDoc(doc),
	Problem:  1,
	Severity: audit.Medium,
	Reads: []audit.Read{
		// Settings that contradict each other stand without the log, and the log without
		// them.
		{Section: snapshot.DirectoryAudits, Gap: audit.Hides},
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.Groups, Gap: audit.Refines},
		{Section: snapshot.GroupMembers, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, methods.Policy},
	Run:   run,
}

func run(ctx context.Context, p *audit.Pass) error {
	policy, dir, err := methods.EnabledPasskeys(ctx, p)
	if err != nil || policy == nil {
		return err
	}
	passkeys := policy.Passkeys
	log, err := changes(ctx, p)
	if err != nil {
		return err
	}
	f := audit.Finding{
		Certainty: audit.Possible,
		Subject:   passkeys.Subject(),
		Fix: []audit.Step{audit.Decide("Look through profiles, targets and campaign, and set again what was meant. If synced passkeys are not wanted, take " +
			"the type out of the profile before people register them: later it takes their sign-in away.")},
	}
	var said []string
	if len(log.named)+len(log.unnamed) > 0 {
		said = append(said, log.words())
		if len(log.named) > 0 {
			f.Certainty = audit.Likely
		}
		if f.Evidence, err = log.quote(ctx, p); err != nil {
			return err
		}
	}
	if d := contradicting(passkeys); d != nil {
		admitted := passkeys.InScope().And(d.Reach).Within(dir.People).Yes
		if !admitted.Empty() {
			said = append(said, fmt.Sprintf("%s admits synced passkeys without attestation, for %s, while the settings from before profiles say that attestation is enforced, "+
				"under which no synced passkey could be registered", upperFirst(d.Label()), audit.PeoplePhrase(admitted.Count())))
			f.Affected = audit.People(admitted, dir)
			f.Evidence = append(f.Evidence,
				policy.Quote(passkeys.Pointer+"/isAttestationEnforced", "the setting from before profiles: attestation enforced, so device-bound passkeys only"),
				policy.Quote(d.Pointer+"/passkeyTypes", "the profile admits synced passkeys"),
				policy.Quote(d.Pointer+"/attestationEnforcement", "the profile does not enforce attestation"))
		}
	}
	if len(said) == 0 {
		return nil
	}
	f.Message = strings.Join(said, ". ") + ". Microsoft moved tenants to passkey profiles in spring 2026 (government clouds in October) and has enabled passkeys for people with text messages or calls since 2026-09-01."
	if len(log.named)+len(log.unnamed) == 0 {
		f.Message += " An administrator may have done it all the same."
	}
	p.Report(f)
	return nil
}

// contradicting gives the Default profile where it admits synced passkeys although
// the settings from before profiles say that attestation is enforced. Those mirror
// the profile in general, so a profile that enforces attestation contradicts
// nothing: synced passkeys cannot be registered through it, whatever it lists.
func contradicting(passkeys *methods.Passkeys) *methods.Profile {
	enforced := passkeys.Config.IsAttestationEnforced
	d := passkeys.Profile(passkeys.DefaultProfileID())
	if d == nil || enforced == nil || !*enforced || !d.PasskeyTypes.Has("synced") || !strings.EqualFold(d.AttestationEnforcement, "disabled") {
		return nil
	}
	return d
}

func upperFirst(text string) string { return strings.ToUpper(text[:1]) + text[1:] }
