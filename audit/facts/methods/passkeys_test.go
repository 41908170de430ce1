package methods_test

import (
	"fmt"
	"strings"
	"testing"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/factstest"
	"passkeyaudit/audit/facts/methods"
)

const (
	yubikey = "2fc0579f-8113-47ea-b116-bb5a8db9202a"
	epass   = "ee041bce-25e5-4cdb-8f86-897fd6418464"
)

// profile writes a profile; rules are further members.
func profile(id string, rules ...string) string {
	return fmt.Sprintf(`{%s}`, strings.Join(append([]string{fmt.Sprintf(`"id":%q`, id)}, rules...), ","))
}

const (
	bothTypes  = `"passkeyTypes":"deviceBound,synced"`
	deviceOnly = `"passkeyTypes":"deviceBound"`
	syncedOnly = `"passkeyTypes":"synced"`
	noAttest   = `"attestationEnforcement":"disabled"`
	attest     = `"attestationEnforcement":"registrationOnly"`
)

func restrict(enforced, how string, aaguids ...string) string {
	list := ""
	if len(aaguids) > 0 {
		list = `"` + strings.Join(aaguids, `","`) + `"`
	}
	return fmt.Sprintf(`"keyRestrictions":{"isEnforced":%s,"enforcementType":%q,"aaGuids":[%s]}`, enforced, how, list)
}

func allow(aaguids ...string) string { return restrict("true", "allow", aaguids...) }
func block(aaguids ...string) string { return restrict("true", "block", aaguids...) }

// fido2 writes the passkey entry.
func fido2(includes string, members ...string) string { return entry("Fido2", includes, members...) }

func profiles(list ...string) string { return `"passkeyProfiles":[` + strings.Join(list, ",") + `]` }

func TestMode(t *testing.T) {
	const defaultID = `"defaultPasskeyProfile":"00000000-0000-0000-0000-000000000001"`
	tests := map[string]struct {
		entry string
		want  methods.Mode
	}{
		"profiles":                     {fido2(target("g", "p"), profiles(profile("p")), defaultID), methods.Profiles},
		"absent":                       {fido2(everybody), methods.Legacy},
		"null":                         {fido2(everybody, `"passkeyProfiles":null,"defaultPasskeyProfile":null`), methods.Legacy},
		"empty":                        {fido2(target("g"), profiles(), `"defaultPasskeyProfile":null`), methods.Legacy},
		"absent-but-default-set":       {fido2(everybody, defaultID), methods.ProfilesUnread},
		"absent-but-named-by-a-target": {fido2(target("g", "p")), methods.ProfilesUnread},
		"empty-but-default-set":        {fido2(everybody, profiles(), defaultID), methods.ProfilesUnread},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			e, _ := effective(t, policy(base(), tc.entry))
			if got := e.Passkeys.Mode; got != tc.want {
				t.Errorf("mode %d, want %d", got, tc.want)
			}
			allowed, why, _ := e.Passkeys.SignIn(0, methods.Credential{Type: "deviceBound", AAGUID: yubikey})
			if tc.want == methods.ProfilesUnread && (allowed != audit.Unsure || why != methods.NotRejected) {
				t.Errorf("with profiles unread sign-in is %s for reason %d, want unknown", allowed, why)
			}
		})
	}
}

func TestReachOfProfiles(t *testing.T) {
	const def = "00000000-0000-0000-0000-000000000001"
	tests := map[string]struct {
		includes, members string
		want              string // reach and inferred of the profiles p and Default
	}{
		"named":                        {target("g", "P"), "", "p: a; default: "},
		"named-twice":                  {target("g", "p") + "," + target("all_users", "p"), "", "p: a b c; default: "},
		"both":                         {target("g", "p", def), "", "p: a; default: a"},
		"unread-group":                 {target("cut", "p"), "", "p: a? b? c?; default: "},
		"unnamed-means-default":        {target("g"), "", "p: ; default: a inferred a"},
		"unnamed-beside-named":         {target("g", "p") + "," + target("all_users"), "", "p: a; default: a b c inferred a b c"},
		"named-default-beside-unnamed": {target("g", def) + "," + target("all_users"), "", "p: ; default: a b c inferred b c"},
		"default-is-another":           {target("g"), `"defaultPasskeyProfile":"P"`, "p: a inferred a; default: "},
		"default-does-not-exist":       {target("g"), `"defaultPasskeyProfile":"gone"`, "p: ; default: "},
		"deleted-profile":              {target("g", "gone"), "", "p: ; default: "},
		"unnamed-unread-group":         {target("cut"), "", "p: ; default: a? b? c? inferred a b c"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			members := []string{profiles(profile("p", bothTypes), profile(def, bothTypes))}
			if tc.members != "" {
				members = append(members, tc.members)
			}
			e, dir := effective(t, policy(base(), fido2(tc.includes, members...)))
			var got []string
			for i, name := range []string{"p", "default"} {
				p := &e.Passkeys.Profiles[i]
				text := name + ": " + factstest.Partly(dir, p.Reach)
				if !p.Inferred.Empty() {
					text += " inferred " + factstest.Names(dir, p.Inferred)
				}
				got = append(got, text)
				if e.Quote(p.Pointer+"/id", "").Absent {
					t.Errorf("%s does not resolve", p.Pointer)
				}
			}
			if got := strings.Join(got, "; "); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

func TestProfileRules(t *testing.T) {
	key := methods.Credential{Type: "deviceBound", AAGUID: strings.ToUpper(yubikey), Attest: audit.Yes}
	cloud := methods.Credential{Type: "synced", AAGUID: epass}
	tests := map[string]struct {
		rules           string
		passkey         methods.Credential
		signIn, enrol   audit.Tri
		typ, restricted audit.Tri // AllowsType, AllowsAAGUID
	}{
		"anything":                  {bothTypes + "," + noAttest, key, audit.Yes, audit.Yes, audit.Yes, audit.Yes},
		"type-in-the-list":          {deviceOnly + "," + noAttest, key, audit.Yes, audit.Yes, audit.Yes, audit.Yes},
		"type-not-in-the-list":      {syncedOnly + "," + noAttest, key, audit.No, audit.No, audit.No, audit.Yes},
		"synced-not-in-the-list":    {deviceOnly + "," + noAttest, cloud, audit.No, audit.No, audit.No, audit.Yes},
		"type-in-capitals":          {`"passkeyTypes":"DEVICEBOUND",` + noAttest, key, audit.Yes, audit.Yes, audit.Yes, audit.Yes},
		"types-with-space":          {`"passkeyTypes":"synced, deviceBound",` + noAttest, key, audit.Yes, audit.Yes, audit.Yes, audit.Yes},
		"type-of-passkey-not-told":  {deviceOnly + "," + noAttest, methods.Credential{AAGUID: yubikey}, audit.Unsure, audit.Unsure, audit.Unsure, audit.Yes},
		"not-told-but-both":         {bothTypes + "," + noAttest, methods.Credential{AAGUID: yubikey}, audit.Yes, audit.Yes, audit.Yes, audit.Yes},
		"type-of-passkey-not-known": {bothTypes + "," + noAttest, methods.Credential{Type: "quantum"}, audit.Unsure, audit.Unsure, audit.Unsure, audit.Yes},
		"types-missing":             {noAttest, key, audit.Unsure, audit.Unsure, audit.Unsure, audit.Yes},
		"types-empty":               {`"passkeyTypes":"",` + noAttest, key, audit.Unsure, audit.Unsure, audit.Unsure, audit.Yes},
		"types-not-known":           {`"passkeyTypes":"unknownFutureValue",` + noAttest, key, audit.Unsure, audit.Unsure, audit.Unsure, audit.Yes},
		"types-with-one-not-known":  {`"passkeyTypes":"deviceBound,quantum",` + noAttest, key, audit.Yes, audit.Yes, audit.Yes, audit.Yes},
		"other-type-with-not-known": {`"passkeyTypes":"deviceBound,quantum",` + noAttest, cloud, audit.Unsure, audit.Unsure, audit.Unsure, audit.Yes},

		"attested":                {deviceOnly + "," + attest, key, audit.Yes, audit.Yes, audit.Yes, audit.Yes},
		"not-attested":            {deviceOnly + "," + attest, methods.Credential{Type: "deviceBound", Attest: audit.No}, audit.Yes, audit.No, audit.Yes, audit.Yes},
		"attestation-not-told":    {deviceOnly + "," + attest, methods.Credential{Type: "deviceBound"}, audit.Yes, audit.Unsure, audit.Yes, audit.Yes},
		"synced-cannot-attest":    {bothTypes + "," + attest, methods.Credential{Type: "synced", Attest: audit.Yes}, audit.Yes, audit.No, audit.Yes, audit.Yes},
		"enforcement-not-known":   {deviceOnly + `,"attestationEnforcement":"always"`, key, audit.Yes, audit.Unsure, audit.Yes, audit.Yes},
		"enforcement-missing":     {deviceOnly, key, audit.Yes, audit.Unsure, audit.Yes, audit.Yes},
		"enforcement-in-capitals": {deviceOnly + `,"attestationEnforcement":"Disabled"`, key, audit.Yes, audit.Yes, audit.Yes, audit.Yes},

		"allowed":                    {bothTypes + "," + noAttest + "," + allow(yubikey), key, audit.Yes, audit.Yes, audit.Yes, audit.Yes},
		"allowed-twice":              {bothTypes + "," + noAttest + "," + allow(yubikey, yubikey), key, audit.Yes, audit.Yes, audit.Yes, audit.Yes},
		"not-allowed":                {bothTypes + "," + noAttest + "," + allow(epass), key, audit.No, audit.No, audit.Yes, audit.No},
		"blocked":                    {bothTypes + "," + noAttest + "," + block(epass, yubikey), key, audit.No, audit.No, audit.Yes, audit.No},
		"not-blocked":                {bothTypes + "," + noAttest + "," + block(epass), key, audit.Yes, audit.Yes, audit.Yes, audit.Yes},
		"list-not-enforced":          {bothTypes + "," + noAttest + "," + restrict("false", "allow", epass), key, audit.Yes, audit.Yes, audit.Yes, audit.Yes},
		"enforced-not-told":          {bothTypes + "," + noAttest + "," + restrict("null", "allow", epass), key, audit.Unsure, audit.Unsure, audit.Yes, audit.Unsure},
		"enforcement-type-not-known": {bothTypes + "," + noAttest + "," + restrict("true", "prefer", epass), key, audit.Unsure, audit.Unsure, audit.Yes, audit.Unsure},
		"enforcement-type-capital":   {bothTypes + "," + noAttest + "," + restrict("true", "Block", epass), key, audit.Yes, audit.Yes, audit.Yes, audit.Yes},
		"restrictions-null":          {bothTypes + "," + noAttest + `,"keyRestrictions":null`, key, audit.Yes, audit.Yes, audit.Yes, audit.Yes},
		"empty-allow-list":           {bothTypes + "," + noAttest + "," + allow(), key, audit.No, audit.No, audit.Yes, audit.No},
		"empty-allow-list-no-aaguid": {bothTypes + "," + noAttest + "," + allow(), methods.Credential{Type: "synced"}, audit.No, audit.No, audit.Yes, audit.No},
		"empty-block-list-no-aaguid": {bothTypes + "," + noAttest + "," + block(), methods.Credential{Type: "synced"}, audit.Yes, audit.Yes, audit.Yes, audit.Yes},
		"aaguid-not-told":            {bothTypes + "," + noAttest + "," + allow(yubikey), methods.Credential{Type: "synced"}, audit.Unsure, audit.Unsure, audit.Yes, audit.Unsure},
		"type-decides-before-aaguid": {deviceOnly + "," + noAttest + "," + allow(yubikey), methods.Credential{Type: "synced"}, audit.No, audit.No, audit.No, audit.Unsure},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			e, _ := effective(t, policy(base(), fido2(target("all_users", "p"), profiles(profile("p", tc.rules)))))
			p := &e.Passkeys.Profiles[0]
			got := [4]audit.Tri{p.AllowsSignIn(tc.passkey), p.AllowsRegistration(tc.passkey), p.AllowsType(tc.passkey), p.AllowsAAGUID(tc.passkey)}
			if want := [4]audit.Tri{tc.signIn, tc.enrol, tc.typ, tc.restricted}; got != want {
				t.Errorf("sign-in, registration, type, AAGUID: got %v, want %v", got, want)
			}
		})
	}
}

func TestLegacySettings(t *testing.T) {
	const before, after = "2027-10-14T23:59:59Z", "2027-10-15T00:00:00Z"
	key := methods.Credential{Type: "deviceBound", AAGUID: yubikey, Attest: audit.Yes}
	plain := methods.Credential{Type: "deviceBound", AAGUID: yubikey, Attest: audit.No}
	cloud := methods.Credential{Type: "synced", AAGUID: epass}
	const off, on = `"isAttestationEnforced":false`, `"isAttestationEnforced":true`
	tests := map[string]struct {
		takenAt       string
		members       string
		passkey       methods.Credential
		signIn, enrol audit.Tri
	}{
		"attestation-off":                 {before, off, plain, audit.Yes, audit.Yes},
		"attestation-off-synced":          {before, off, cloud, audit.Yes, audit.Yes},
		"attestation-on":                  {before, on, key, audit.Yes, audit.Yes},
		"attestation-on-unattested":       {before, on, plain, audit.Yes, audit.No},
		"attestation-on-synced":           {before, on, cloud, audit.Unsure, audit.No},
		"attestation-not-told":            {before, `"isAttestationEnforced":null`, cloud, audit.Yes, audit.Yes},
		"allowed":                         {before, off + "," + allow(yubikey), plain, audit.Yes, audit.Yes},
		"not-allowed":                     {before, off + "," + allow(epass), plain, audit.No, audit.No},
		"not-enforced":                    {before, off + "," + restrict("false", "allow"), plain, audit.Yes, audit.Yes},
		"blocked":                         {before, on + "," + block(yubikey), key, audit.No, audit.No},
		"nothing-told-before-the-end":     {before, `"isAttestationEnforced":null`, key, audit.Yes, audit.Yes},
		"nothing-told-after-the-end":      {after, `"isAttestationEnforced":null`, key, audit.Unsure, audit.Unsure},
		"attestation-told-after-the-end":  {after, off, key, audit.Unsure, audit.Unsure},
		"all-told-after-the-end":          {after, off + "," + restrict("false", "allow"), key, audit.Yes, audit.Yes},
		"restrictions-told-after-the-end": {after, allow(epass), key, audit.No, audit.No},
		"end-in-another-time-zone":        {"2027-10-15T01:00:00+02:00", `"isAttestationEnforced":null`, key, audit.Yes, audit.Yes},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			tenant := policy(base(), fido2(everybody, tc.members))
			tenant.TakenAt = tc.takenAt
			e, _ := effective(t, tenant)
			p := &e.Passkeys.Profiles[0]
			if got := p.AllowsSignIn(tc.passkey); got != tc.signIn {
				t.Errorf("sign-in %s, want %s", got, tc.signIn)
			}
			if got := p.AllowsRegistration(tc.passkey); got != tc.enrol {
				t.Errorf("registration %s, want %s", got, tc.enrol)
			}
			if got := p.Label(); got != "the passkey method" {
				t.Errorf("label %q", got)
			}
		})
	}
}

// TestProfilesIgnoreTheMirror: in profile mode the top-level settings do not count.
func TestProfilesIgnoreTheMirror(t *testing.T) {
	e, _ := effective(t, policy(base(), fido2(target("all_users", "p"), `"isAttestationEnforced":true`, allow(epass),
		profiles(profile("p", `"name":"Staff"`, bothTypes, noAttest)))))
	p := &e.Passkeys.Profiles[0]
	if got := p.AllowsRegistration(methods.Credential{Type: "synced", AAGUID: yubikey}); got != audit.Yes {
		t.Errorf("registration %s, want yes", got)
	}
	if got := p.Label(); got != `the profile "Staff"` {
		t.Errorf("label %s", got)
	}
}

func TestSelfService(t *testing.T) {
	for members, want := range map[string]audit.Tri{
		`"isSelfServiceRegistrationAllowed":true`: audit.Yes, `"isSelfServiceRegistrationAllowed":false`: audit.No,
		`"isSelfServiceRegistrationAllowed":null`: audit.Unsure,
	} {
		if e, _ := effective(t, policy(base(), fido2(everybody, members))); e.Passkeys.SelfService != want {
			t.Errorf("%s: %s, want %s", members, e.Passkeys.SelfService, want)
		}
	}
}

func TestSignIn(t *testing.T) {
	const def = "00000000-0000-0000-0000-000000000001"
	key := methods.Credential{Type: "deviceBound", AAGUID: yubikey}
	cloud := methods.Credential{Type: "synced", AAGUID: epass}
	both := func(rules1, rules2 string) string { return profiles(profile("p", rules1), profile(def, rules2)) }
	tests := map[string]struct {
		includes, profiles string
		passkey            methods.Credential
		allowed            audit.Tri
		why                methods.Rejection
		inferred           bool
	}{
		"one-admits":        {target("g", "p"), both(bothTypes, deviceOnly), key, audit.Yes, methods.NotRejected, false},
		"second-admits":     {target("g", "p", def), both(deviceOnly, syncedOnly), cloud, audit.Yes, methods.NotRejected, false},
		"second-of-another": {target("g", "p") + "," + target("all_users", def), both(deviceOnly, syncedOnly), cloud, audit.Yes, methods.NotRejected, false},
		// The first admits the type and the second the AAGUID: together they admit nothing.
		"never-mixed":          {target("g", "p", def), both(syncedOnly+","+allow(yubikey), deviceOnly+","+allow(epass)), cloud, audit.No, methods.RejectedAAGUID, false},
		"not-his-profile":      {target("g", "p"), both(deviceOnly, syncedOnly), cloud, audit.No, methods.RejectedType, false},
		"rejected-aaguid":      {target("g", "p"), both(bothTypes+","+allow(epass), bothTypes), key, audit.No, methods.RejectedAAGUID, false},
		"rejected-type":        {target("g", "p", def), both(syncedOnly, syncedOnly), key, audit.No, methods.RejectedType, false},
		"aaguid-before-type":   {target("g", "p", def), both(syncedOnly, deviceOnly+","+allow(epass)), key, audit.No, methods.RejectedAAGUID, false},
		"no-profile":           {target("g", "gone"), both(bothTypes, bothTypes), key, audit.No, methods.RejectedNoProfile, true},
		"no-default-profile":   {target("g"), profiles(profile("p", bothTypes)), key, audit.No, methods.RejectedNoProfile, true},
		"inferred-admits":      {target("g"), both(syncedOnly, bothTypes), key, audit.Yes, methods.NotRejected, true},
		"inferred-rejects":     {target("g"), both(bothTypes, syncedOnly), key, audit.No, methods.RejectedType, true},
		"named-admits-anyway":  {target("g", "p") + "," + target("all_users"), both(bothTypes, bothTypes), key, audit.Yes, methods.NotRejected, false},
		"named-rejects":        {target("g", "p") + "," + target("all_users"), both(syncedOnly, bothTypes), key, audit.Yes, methods.NotRejected, true},
		"reach-unsure-admits":  {target("cut", "p"), both(bothTypes, bothTypes), key, audit.Unsure, methods.NotRejected, false},
		"reach-unsure-rejects": {target("cut", "p"), both(syncedOnly, bothTypes), key, audit.No, methods.RejectedType, false},
		"unsure-beside-yes":    {target("cut", "p") + "," + target("g", def), both(bothTypes, bothTypes), key, audit.Yes, methods.NotRejected, false},
		"unsure-beside-no":     {target("cut", "p") + "," + target("g", def), both(bothTypes, syncedOnly), key, audit.Unsure, methods.NotRejected, false},
		"aaguid-not-told":      {target("g", "p"), both(bothTypes+","+allow(epass), bothTypes), methods.Credential{Type: "deviceBound"}, audit.Unsure, methods.NotRejected, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			e, dir := effective(t, policy(base(), fido2(tc.includes, tc.profiles)))
			n, _ := dir.Ordinal("a")
			allowed, why, inferred := e.Passkeys.SignIn(n, tc.passkey)
			if allowed != tc.allowed || why != tc.why || inferred != tc.inferred {
				t.Errorf("got %s, reason %d, inferred %t; want %s, reason %d, inferred %t", allowed, why, inferred, tc.allowed, tc.why, tc.inferred)
			}
		})
	}
}
