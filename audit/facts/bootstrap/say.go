package bootstrap

import (
	"fmt"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/snapshot"
)

// Name names an object for people.
func (r *Result) Name(b Blocker) string {
	switch b.Type {
	case PolicyBlocker:
		if names := r.Policies.PolicyLabels([]string{b.ID}); len(names) > 0 {
			return names[0]
		}
		return "the policy " + b.ID
	case ProfileBlocker:
		if pk := r.Methods.Passkeys; pk != nil {
			if p := pk.Profile(b.ID); p != nil {
				return p.Label()
			}
		}
		return "the passkey profile " + b.ID
	case PassBlocker:
		return "Temporary Access Pass"
	case MethodBlocker:
		return "the Passkey (FIDO2) method"
	default:
		for _, d := range r.Policies.StrengthDemands() {
			if strings.EqualFold(d.StrengthID(), b.ID) {
				return d.Label()
			}
		}
		return "the strength " + b.ID
	}
}

// Remedy says in words how some objects change so that a way opens.
func (r *Result) Remedy(objects []Blocker) string {
	var parts []string
	for _, b := range objects {
		name := r.Name(b)
		switch b.Type {
		case PolicyBlocker:
			parts = append(parts, "leave people who are just starting out of "+name+" until they have a passkey")
		case ProfileBlocker:
			parts = append(parts, "let "+name+" admit the passkeys they can have")
		case PassBlocker:
			parts = append(parts, "let these people be issued a Temporary Access Pass of either kind")
		case MethodBlocker:
			parts = append(parts, "turn on "+name+" with self-service")
		default:
			parts = append(parts, "let "+name+" admit a Temporary Access Pass, or what else they can do")
		}
	}
	if len(parts) == 0 {
		return ""
	}
	text := strings.Join(parts, ", and ")
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// reasonTexts say what stands in the way.
var reasonTexts = map[Reason]string{
	MethodDisabled:              "the passkey method is off",
	SelfServiceOff:              "self-service registration is off",
	NoBootstrapMethod:           "there is no method to start with",
	TapDisabled:                 "Temporary Access Pass is off",
	TapNotInScope:               "no target of Temporary Access Pass reaches them",
	ProfileRejects:              "no passkey profile admits what they could register",
	AttestationRequired:         "the passkey profile demands attestation that they cannot give",
	RegistrationBlockedByPolicy: "registration is blocked",
	StrengthUnsatisfiable:       "the authentication demanded is one they cannot do",
	DeviceControlUnsatisfiable:  "a managed device is demanded",
	AppControlUnsatisfiable:     "a protected app is demanded, which Microsoft Authenticator is not",
	LocationBlocked:             "registration is blocked outside given places",
	RiskBlocked:                 "accounts at risk are kept from registering",
	PasskeyNotAllowedAnymore:    "the passkey they have is no longer admitted",
}

// ReasonsText says what stands in the way, in words.
func ReasonsText(reasons []Reason) string {
	var parts []string
	for _, r := range reasons {
		if text := reasonTexts[r]; text != "" {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, "; ")
}

// doubts say of every switch what is not settled, with the source and its date.
var doubts = map[string]string{
	"manageModeRegisterOnly":    "that strengths on all resources count in Security info beside one on the register action (STH, 2025-03-17, documents the opposite for the interrupt wizard only)",
	"noInterruptRegistration":   "that the wizard offers a passkey to whoever has another method (STH, 2025-03-17; reports of 2023 say otherwise)",
	"credentialResourceIgnored": "that excluding Microsoft Authenticator Credential Registration helps inside Authenticator (AUT, 2026-07-05; other resources are named by reports)",
	"windowsPasskeys":           "that a passkey in Windows Hello needs its models on an allow list (WIN, 2026-02-18; a message of 2026 says no longer)",
	"passwordOnlyBootstrap":     "that a passkey cannot be the first method after a password alone (PF, 2026-03-08; a change is announced for the end of 2026)",
	"mfaBlocksFirstMethod":      "that multifactor authentication on all resources does not keep people from registering a first method (CMB, 2024-10-01)",
	"helloUnderAllResources":    "that policies on all resources do not govern the set-up of Windows Hello (MC13, 2026-05-29)",
	"mfaTrustedIPs":             "that the tenant has no trusted addresses in its legacy multifactor settings, which Graph does not show (NET, 2024-05-22)",
	"allResourcesSpareRegister": "that a policy on all resources matches the register action (EVA, 2025-07-08)",
	"legacyMethodSettings":      "that legacy multifactor settings, which Graph does not show, offer no other method (MAN, 2025-03-04)",
}

// DoubtText says what a verdict hangs on that is not settled; empty for one that
// hangs on nothing.
func DoubtText(hangsOn []string) string {
	var parts []string
	for _, name := range hangsOn {
		if text := doubts[name]; text != "" && !slices.Contains(parts, text) {
			parts = append(parts, text)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return " This takes for granted " + strings.Join(parts, ", and ") + "."
}

// CertaintyOf is how certain a finding is that rests on a verdict.
func CertaintyOf(c Confidence) audit.Certainty {
	switch c {
	case High:
		return audit.Confirmed
	case Medium:
		return audit.Likely
	default:
		return audit.Possible
	}
}

// LacksMissing notes why something about some people is not known: the sections, or
// what Graph does not show, that a verdict misses.
func LacksMissing(p *audit.Pass, missing []string, what string) {
	for _, name := range missing {
		section := snapshot.SectionID(name)
		if _, is := snapshot.Spec(section); !is {
			switch name {
			case gapNames[gapFederated]:
				section = snapshot.Domains
			case gapNames[gapLegacy]:
				section = snapshot.AuthenticationMethodsPolicy
			default:
				section = snapshot.AuthenticationMethods
			}
			what += fmt.Sprintf(" (%s)", name)
		}
		p.Lacks(section, audit.Hides, what)
	}
}
