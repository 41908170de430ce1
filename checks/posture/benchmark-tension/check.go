// Package benchmarktension finds settings that a benchmark asks for and that keep people
// from getting started.
package benchmarktension

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/change"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-POST-007.
var Check = &audit.Check{
	ID:       "PK-POST-007",
	Slug:     "benchmark-tension",
	Doc:      audit.MustDoc(doc),
	Problem:  0,
	Severity: audit.Info,
	Reads: []audit.Read{
		{Section: snapshot.AuthenticationMethodsPolicy, Gap: audit.Hides},
		// A policy that is not there could be the way in.
		{Section: snapshot.ConditionalAccessPolicies},
		{Section: snapshot.AuthenticationStrengths, Gap: audit.Hides},
	},
	Run: run,
}

// tension is a setting that some controls ask for, and what it costs.
type tension struct {
	controls []string
	subject  audit.Subject
	blocker  string
	evidence []audit.Evidence
	setting  string // what is set, as a sentence without its end
	cost     string
	fix      audit.Step
	likely   bool
}

func run(ctx context.Context, p *audit.Pass) error {
	var found []tension
	policy, err := audit.Singleton[entra.AuthenticationMethodsPolicy](ctx, p, snapshot.AuthenticationMethodsPolicy)
	if _, missing := errors.AsType[*audit.MissingError](err); err != nil && !missing {
		return err
	} else if !missing {
		found = append(found, methodTensions(&policy)...)
	}
	rules, err := audit.QuotedObjects[entra.ConditionalAccessPolicy](ctx, p, snapshot.ConditionalAccessPolicies)
	if err != nil {
		return err
	}
	strengths, err := audit.Values[entra.AuthenticationStrengthPolicy](ctx, p, snapshot.AuthenticationStrengths)
	if err != nil {
		return err
	}
	found = append(found, accessTensions(rules, slices.Concat(strengths, catalogue.BuiltInStrengths()))...)
	for _, t := range found {
		certainty := audit.Confirmed
		if t.likely {
			certainty = audit.Likely
		}
		p.Report(audit.Finding{
			Certainty: certainty,
			Message:   fmt.Sprintf("%s, as %s. %s", t.setting, asked(t.controls), t.cost),
			Subject:   t.subject, Evidence: t.evidence, Blockers: []string{t.blocker},
			Fix: []audit.Step{t.fix},
		})
	}
	return nil
}

// asked names controls: "EIDSCA.AT02 (EIDSCA, 2026-08-18) asks".
func asked(ids []string) string {
	var names []string
	for _, id := range ids {
		name := id
		if c := catalogue.ControlOf(id); c != nil {
			name = fmt.Sprintf("%s (%s, %s)", id, c.Benchmark, c.Source.Date)
		}
		names = append(names, name)
	}
	if len(names) == 1 {
		return names[0] + " asks"
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1] + " ask"
}

// methodTensions are those of the methods policy.
func methodTensions(policy *audit.Quoted[entra.AuthenticationMethodsPolicy]) (found []tension) {
	at := func(id string) (c *entra.AuthenticationMethodConfiguration, pointer string) {
		for i := range policy.Value.Configurations {
			if policy.Value.Configurations[i].Is(id) {
				return &policy.Value.Configurations[i], entra.Pointer("authenticationMethodConfigurations", i)
			}
		}
		return nil, ""
	}
	is := func(id, state string) bool {
		c, _ := at(id)
		return c != nil && strings.EqualFold(c.State, state)
	}
	quote := func(pointer, means string) audit.Evidence {
		return audit.Quote(snapshot.AuthenticationMethodsPolicy, policy.Value.ID, policy.Raw, pointer, means)
	}
	subject := func(id string) audit.Subject { return audit.Subject{Type: audit.SubjectPolicy, ID: id, Name: id} }

	if pass, pointer := at(entra.MethodTemporaryAccessPass); pass != nil && is(entra.MethodTemporaryAccessPass, "enabled") && pass.IsUsableOnce != nil && *pass.IsUsableOnce {
		found = append(found, tension{
			controls: []string{"EIDSCA.AT02", "ZTA.21846"}, subject: subject(entra.MethodTemporaryAccessPass), blocker: "oneTimePass",
			evidence: []audit.Evidence{quote(pointer+"/isUsableOnce", "every pass can be used once")},
			setting:  "Every Temporary Access Pass can be used once only",
			cost:     "Whoever sets up a computer and a phone signs in twice and needs two passes; PK-BOOT-020 names people whose way takes both.",
			fix: audit.Edit("Let both kinds be issued, with a short lifetime, and issue the one-time kind where one sign-in is enough.",
				change.PatchMethod(entra.MethodTemporaryAccessPass, change.Body{"isUsableOnce": false})),
		})
	}
	if is(entra.MethodSms, "disabled") && is(entra.MethodVoice, "disabled") && is(entra.MethodTemporaryAccessPass, "disabled") &&
		is(entra.MethodMicrosoftAuthenticator, "disabled") && is(entra.MethodSoftwareOath, "disabled") {
		_, sms := at(entra.MethodSms)
		_, pass := at(entra.MethodTemporaryAccessPass)
		found = append(found, tension{
			controls: []string{"CIS-M365-5.2.3.5", "MS.AAD.3.5v2"}, subject: subject(entra.MethodSms), blocker: "phonesOff",
			evidence: []audit.Evidence{quote(sms+"/state", "text messages are off"), quote(pass+"/state", "and so are passes, Authenticator and codes")},
			setting:  "Text messages and calls are off",
			cost:     "Nothing else is on that people could begin with: a passkey takes multifactor authentication first, and there is none to be had.",
			fix: audit.Edit("Turn on the Temporary Access Pass for who may register passkeys; text messages and calls can stay off.",
				change.PatchMethod(entra.MethodTemporaryAccessPass, change.Body{"state": "enabled"})),
		})
	}
	if fido2, pointer := at(entra.MethodFido2); fido2 != nil && is(entra.MethodFido2, "enabled") && fido2.PasskeyProfiles != nil && len(*fido2.PasskeyProfiles) > 0 &&
		!slices.ContainsFunc(*fido2.PasskeyProfiles, func(p entra.PasskeyProfile) bool {
			return !strings.EqualFold(p.AttestationEnforcement, "registrationOnly")
		}) {
		found = append(found, tension{
			controls: []string{"EIDSCA.AF03", "ZTA.21840"}, subject: subject(entra.MethodFido2), blocker: "attestedOnly",
			evidence: []audit.Evidence{quote(pointer+"/passkeyProfiles/0/attestationEnforcement", "no profile takes a passkey without attestation")},
			setting:  "Attestation is enforced in every passkey profile",
			cost: "Synced passkeys cannot be registered, nor can a phone be set up from a computer by a QR code (AUT, 2026-07-05): who has no security key must register inside Authenticator, " +
				"and may not where policies on the phone stand in the way (PK-ATT-008).",
			fix: audit.Decide("Keep attestation for administrators, by a profile of their own, and give the others one without it."),
		})
	}
	return found
}
