package methods_test

import (
	"testing"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/factstest"
	"passkeyaudit/audit/facts/methods"
)

func TestSatisfiableAndNudged(t *testing.T) {
	const iCloud, authenticator = "fbfc3007-154e-4ecc-8c0b-6e020557d7bd", "DE1E552D-DB1D-4423-A619-566B625CDC84"
	inert := restrict("false", "allow", yubikey)
	tests := map[string]struct {
		rules               []string
		satisfiable, nudged audit.Tri
	}{
		"unrestricted":             {[]string{bothTypes, noAttest}, audit.Yes, audit.Yes},
		"device-bound":             {[]string{deviceOnly, attest}, audit.Yes, audit.Yes},
		"synced":                   {[]string{syncedOnly, noAttest}, audit.Yes, audit.Yes},
		"synced-attested":          {[]string{syncedOnly, attest}, audit.No, audit.Yes},
		"both-attested":            {[]string{bothTypes, attest}, audit.Yes, audit.Yes},
		"synced-attest-not-told":   {[]string{syncedOnly}, audit.Unsure, audit.Yes},
		"synced-attest-not-known":  {[]string{syncedOnly, `"attestationEnforcement":"always"`}, audit.Unsure, audit.Yes},
		"types-not-told":           {[]string{noAttest}, audit.Unsure, audit.Yes},
		"types-not-known":          {[]string{`"passkeyTypes":"quantum"`, noAttest}, audit.Unsure, audit.Yes},
		"keys-allowed":             {[]string{deviceOnly, noAttest, allow(yubikey)}, audit.Yes, audit.No},
		"one-provider-allowed":     {[]string{bothTypes, noAttest, allow(yubikey, iCloud)}, audit.Yes, audit.Yes},
		"provider-in-capitals":     {[]string{deviceOnly, attest, allow(authenticator)}, audit.Yes, audit.Yes},
		"nothing-allowed":          {[]string{bothTypes, noAttest, allow()}, audit.No, audit.No},
		"provider-blocked":         {[]string{bothTypes, noAttest, block(iCloud)}, audit.Yes, audit.Yes},
		"nothing-blocked":          {[]string{bothTypes, noAttest, block()}, audit.Yes, audit.Yes},
		"inert":                    {[]string{bothTypes, noAttest, inert}, audit.Yes, audit.Yes},
		"enforcement-not-told":     {[]string{bothTypes, noAttest, restrict("null", "allow")}, audit.Unsure, audit.Unsure},
		"enforcement-of-what":      {[]string{bothTypes, noAttest, restrict("true", "warn")}, audit.Unsure, audit.Unsure},
		"enforcement-of-what-list": {[]string{bothTypes, noAttest, restrict("true", "warn", yubikey)}, audit.Yes, audit.Unsure},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			e, _ := effective(t, policy(base(), fido2(target("g", "p"), profiles(profile("p", tc.rules...)))))
			p := &e.Passkeys.Profiles[0]
			if got := p.Satisfiable(); got != tc.satisfiable {
				t.Errorf("satisfiable %s, want %s", got, tc.satisfiable)
			}
			if got := p.Nudged(); got != tc.nudged {
				t.Errorf("nudged %s, want %s", got, tc.nudged)
			}
		})
	}
}

func TestMayRegister(t *testing.T) {
	const yes, no = `"isSelfServiceRegistrationAllowed":true`, `"isSelfServiceRegistrationAllowed":false`
	good, bad := profile("p", bothTypes, noAttest), profile("q", syncedOnly, attest)
	out := `"excludeTargets":[` + target("g") + `]`
	tests := map[string]struct{ entry, want string }{
		"everybody":            {fido2(target("all_users", "p"), yes, profiles(good)), "a b c"},
		"group":                {fido2(target("g", "p"), yes, profiles(good)), "a"},
		"excluded":             {fido2(target("all_users", "p"), yes, out, profiles(good)), "b c"},
		"unread-group":         {fido2(target("cut", "p"), yes, profiles(good)), "a? b? c?"},
		"bad-profile":          {fido2(target("all_users", "q")+","+target("g", "p"), yes, profiles(good, bad)), "a"},
		"deleted-profile":      {fido2(target("all_users", "gone"), yes, profiles(good)), ""},
		"profiles-unread":      {fido2(target("g", "p"), yes), "a?"},
		"legacy":               {fido2(everybody, yes, `"passkeyProfiles":[]`), "a b c"},
		"legacy-nothing-fits":  {fido2(everybody, yes, allow()), ""},
		"self-service-off":     {fido2(target("all_users", "p"), no, profiles(good)), ""},
		"self-service-unknown": {fido2(target("all_users", "p"), profiles(good)), "a? b? c?"},
		"method-off":           {off("Fido2"), ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			e, dir := effective(t, policy(base(), tc.entry))
			if got := factstest.Partly(dir, e.Passkeys.MayRegister()); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestNamed(t *testing.T) {
	const def = "00000000-0000-0000-0000-000000000001"
	both := profiles(profile("p", bothTypes), profile(def, bothTypes))
	for name, tc := range map[string]struct{ includes, want string }{
		"named":            {target("all_users", "p"), "a b c"},
		"nothing-named":    {target("all_users"), ""},
		"default-named":    {target("g", def) + "," + target("all_users"), "a"},
		"another-named":    {target("g", "p") + "," + target("all_users"), "a"},
		"deleted-is-named": {target("all_users", "gone"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			e, dir := effective(t, policy(base(), fido2(tc.includes, both)))
			if got := factstest.Names(dir, e.Passkeys.Named()); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestGuestsRegister(t *testing.T) {
	for at, want := range map[string]audit.Tri{
		"2026-11-22T00:00:00Z": audit.No, "2026-12-31T23:59:59Z": audit.No,
		"2026-12-31T23:30:00-01:00": audit.Unsure, "2027-01-01T00:00:00Z": audit.Unsure,
	} {
		if got := methods.GuestsRegister(at); got != want {
			t.Errorf("%s: %s, want %s", at, got, want)
		}
	}
}
