package conditionalaccess

import (
	"strings"

	"passkeyaudit/audit/entra"
)

// sessionControls lists the session controls of a policy that are on. They impose no
// grant; a sign-in frequency of every time matters to whoever registers a passkey
// with a pass that can be used once. Source: SIF (concept-session-lifetime,
// 2025-03-03).
func sessionControls(raw entra.Raw) []string {
	var list []string
	for name, value := range entra.Members(raw) {
		if strings.ContainsAny(name, "@#") || says(value) == "" {
			continue
		}
		if enabled, found := entra.Lookup(value, "/isEnabled"); found && enabled.Kind() == 'f' {
			continue
		}
		text := name
		if name == "signInFrequency" {
			text += frequency(value)
		}
		list = append(list, text)
	}
	return list
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
