package bootstrap

import (
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/snapshot"
)

// settled says what the search takes for true where no source settles it, by the
// name of the switch that turns it; with the source that comes nearest and its date.
var settled = map[string]string{
	"manageModeRegisterOnly":    "in Security info, strengths on all resources count beside one on the register action for people who have a method (STH, 2025-03-17, gives precedence in the wizard only)",
	"noInterruptRegistration":   "the wizard offers a passkey to people who have a method (STH, 2025-03-17; reports of 2023 disagree)",
	"credentialResourceIgnored": "Authenticator asks for the resource Microsoft Authenticator Credential Registration (AUT, 2026-07-05)",
	"windowsPasskeys":           "a passkey in Windows Hello wants its model on an allow list (WIN, 2026-02-18)",
	"passwordOnlyBootstrap":     "a passkey cannot be the first method after a password alone (PF, 2026-03-08; a change is announced for the end of 2026)",
	"mfaBlocksFirstMethod":      "multifactor authentication on all resources lets people register their first method (CMB, 2024-10-01)",
	"helloUnderAllResources":    "only policies on the register action govern the set-up of Windows Hello (MC13, 2026-05-29)",
	"mfaTrustedIPs":             "legacy settings, which Graph does not show, hold no trusted addresses (NET, 2024-05-22)",
	"allResourcesSpareRegister": "a policy on all resources matches the register action (EVA, 2025-07-08)",
	helloContainer:              "people register a passkey in Windows Hello on a computer where they have no Windows Hello for Business (WIN, 2026-02-18)",
	"legacyMethodSettings":      "legacy settings, which Graph does not show, grant no other method (MAN, 2025-03-04)",
}

// Caveat says in a sentence, with a space before it, on which rules that no source
// settles a state hangs; empty where it hangs on none.
func (r *Result) Caveat(hangsOn []string) string {
	var rules, turned []string
	for _, name := range hangsOn {
		i := slices.IndexFunc(switchList, func(s switchEntry) bool { return s.name == name })
		if sw := r.Options.Switches; i >= 0 && *switchList[i].of(&sw) {
			turned = append(turned, name)
			continue
		}
		rules = append(rules, settled[name])
	}
	var text string
	if len(rules) > 0 {
		text = " This takes for true that " + strings.Join(rules, "; that ") + "."
	}
	if len(turned) > 0 {
		text += " It hangs on the configuration, which turns " + enumerate(turned) + "."
	}
	return text
}

// Certainty is how certain a finding is that rests on states of some confidence.
func (c Confidence) Certainty() audit.Certainty {
	switch c {
	case High:
		return audit.Confirmed
	case Medium:
		return audit.Likely
	default:
		return audit.Possible
	}
}

// Firmness is the confidence that findings go by: how much the state hangs on rules
// that no source settles, and on the report. That somebody is in scope through a group
// inside a group plays no part in it, unlike in Verdict.Confidence: whether groups are
// nested shows in some snapshots of a tenant and not in others.
func (c *Class) Firmness() Confidence { return c.Verdict.firmness(c.ReportOnly) }

func (v *Verdict) firmness(reportOnly bool) Confidence {
	firm := Verdict{Confidence: High}
	for _, name := range v.HangsOn {
		i := slices.IndexFunc(switchList, func(s switchEntry) bool { return s.name == name })
		if i >= 0 && switchList[i].medium {
			firm.lower(Medium)
		} else {
			firm.lower(Low)
		}
	}
	if reportOnly {
		firm.lower(Medium)
	}
	return firm.Confidence
}

// Lower is the lesser of two confidences.
func (c Confidence) Lower(d Confidence) Confidence {
	v := Verdict{Confidence: c}
	v.lower(d)
	return v.Confidence
}

// SectionOf is the section to name for something that is missing: itself, or the one
// that would tell if Graph showed it.
func SectionOf(missing string) snapshot.SectionID {
	switch missing {
	case "federatedMfa", "certificate", "externalMfa":
		return snapshot.AuthenticationMethods
	case "legacyMethodSettings":
		return snapshot.AuthenticationMethodsPolicy
	default:
		return snapshot.SectionID(missing)
	}
}

// Reads declares what a check reads that reports only what certainly holds of
// people, and says itself of how many it could not tell.
func Reads(more ...audit.Read) []audit.Read {
	list := []audit.Read{
		{Section: snapshot.AuthenticationMethodsPolicy, Gap: audit.Hides}, {Section: snapshot.ConditionalAccessPolicies, Gap: audit.Hides},
		{Section: snapshot.NamedLocations, Gap: audit.Hides}, {Section: snapshot.AuthenticationStrengths, Gap: audit.Hides},
		{Section: snapshot.Users, Gap: audit.Hides}, {Section: snapshot.Groups, Gap: audit.Hides}, {Section: snapshot.GroupMembers, Gap: audit.Hides},
		// Whose state hangs on these is unknown, and the check says so.
		{Section: snapshot.AuthenticationMethods, Gap: audit.Refines}, {Section: snapshot.UserRegistrationDetails, Gap: audit.Refines},
	}
	return append(list, more...)
}
