package conditionalaccess

import (
	"slices"
	"strings"

	"passkeyaudit/audit/entra"
)

// sessionControls lists the session controls of a policy that are on. They impose no
// grant; a sign-in frequency of every time matters to whoever registers a passkey
// with a pass that can be used once. Source: SIF (concept-session-lifetime,
// 2025-03-03). Ones that are not known are listed too, and reported.
func sessionControls(raw entra.Raw, problem func(where, what string)) []string {
	var list []string
	for name, value := range entra.Members(raw) {
		if strings.ContainsAny(name, "@#") || says(value) == "" {
			continue
		}
		if enabled, found := entra.Lookup(value, "/isEnabled"); found && enabled.Kind() == 'f' {
			continue
		}
		if !slices.Contains(knownSession, name) {
			problem("sessionControls."+name, "not known; taken as one that imposes no grant, like all other session controls")
		}
		text := name
		if name == "signInFrequency" {
			text += frequency(value)
		}
		list = append(list, text)
	}
	return list
}

// knownSession are the session controls of Graph v1.0 (CSDL, 2026-08), and those of
// beta that published policies have.
var knownSession = []string{
	"applicationEnforcedRestrictions", "cloudAppSecurity", "continuousAccessEvaluation", "disableResilienceDefaults",
	"globalSecureAccessFilteringProfile", "networkAccessSecurity", "persistentBrowser", "secureSignInSession", "signInFrequency",
}

// frequency says how often a sign-in is asked for.
func frequency(value entra.Raw) string {
	if entra.Text(value, "/frequencyInterval") == "everyTime" {
		return ": everyTime"
	}
	n, found := entra.Lookup(value, "/value")
	unit := entra.Text(value, "/type")
	if !found || unit == "" {
		return ""
	}
	return ": " + string(n) + " " + unit
}
