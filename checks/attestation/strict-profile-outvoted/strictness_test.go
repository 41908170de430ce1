package strictprofileoutvoted

import (
	"fmt"
	"strings"
	"testing"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/factstest"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/snapshot"
)

const (
	one   = "2fc0579f-8113-47ea-b116-bb5a8db9202a"
	two   = "ee041bce-25e5-4cdb-8f86-897fd6418464"
	three = "fbfc3007-154e-4ecc-8c0b-6e020557d7bd"
)

// universe has a profile of every combination of types, attestation and some
// restrictions, those that nobody knows among them.
func universe(t *testing.T) []methods.Profile {
	t.Helper()
	var list []string
	for _, types := range []string{"deviceBound", "synced", "deviceBound,synced", "deviceBound,later"} {
		for _, attestation := range []string{"disabled", "registrationOnly", "always"} {
			for _, restrictions := range []string{
				`false,"enforcementType":"allow","aaGuids":["` + one + `"]`, `true,"enforcementType":"allow","aaGuids":[]`,
				`true,"enforcementType":"allow","aaGuids":["` + one + `"]`, `true,"enforcementType":"allow","aaGuids":["` + two + `","` + one + `"]`,
				`true,"enforcementType":"block","aaGuids":["` + one + `"]`, `true,"enforcementType":"block","aaGuids":["` + one + `","` + two + `"]`,
				`true,"enforcementType":"later","aaGuids":["` + one + `"]`,
			} {
				list = append(list, fmt.Sprintf(`{"id":"%d","passkeyTypes":%q,"attestationEnforcement":%q,"keyRestrictions":{"isEnforced":%s}}`,
					len(list), types, attestation, restrictions))
			}
		}
	}
	tenant := factstest.Tenant{}.With(snapshot.Users, factstest.Users("a")).With(snapshot.Groups).With(snapshot.GroupMembers).
		With(snapshot.AuthenticationMethodsPolicy, `{"id":"p","authenticationMethodConfigurations":[{"id":"Fido2","state":"enabled","passkeyProfiles":[`+
			strings.Join(list, ",")+`]}]}`)
	return factstest.Of(t, tenant, methods.Policy).Passkeys.Profiles
}

// TestStricterIsAnOrder: nothing is stricter than itself, nor both of two than each
// other, and what is stricter than something stricter is stricter.
func TestStricterIsAnOrder(t *testing.T) {
	all := universe(t)
	for i := range all {
		a := &all[i]
		if stricter(a, a) == audit.Yes {
			t.Errorf("%+v is stricter than itself", a.PasskeyProfile)
		}
		for j := range all {
			b := &all[j]
			if stricter(a, b) != audit.Yes {
				continue
			}
			if stricter(b, a) != audit.No {
				t.Errorf("%+v and %+v are each stricter", a.PasskeyProfile, b.PasskeyProfile)
			}
			for k := range all {
				if c := &all[k]; stricter(b, c) == audit.Yes && stricter(a, c) != audit.Yes {
					t.Errorf("%d before %d before %d, but not %d before %d", i, j, k, i, k)
				}
			}
		}
	}
}

// TestLooserAdmitsMore: of a strict profile and a looser one, the looser certainly
// admits some passkey at registration that the strict one certainly refuses, and the
// finding can say which.
func TestLooserAdmitsMore(t *testing.T) {
	var passkeys []methods.Credential
	for _, aaguid := range []string{one, two, three} {
		for _, attest := range []audit.Tri{audit.Yes, audit.No} {
			passkeys = append(passkeys, methods.Credential{AAGUID: aaguid, Type: "deviceBound", Attest: attest})
		}
		passkeys = append(passkeys, methods.Credential{AAGUID: aaguid, Type: "synced", Attest: audit.No})
	}
	all := universe(t)
	pairs := 0
	for i := range all {
		for j := range all {
			a, b := &all[i], &all[j]
			if stricter(a, b) != audit.Yes {
				continue
			}
			pairs++
			found := false
			for _, c := range passkeys {
				found = found || a.AllowsRegistration(c) == audit.No && b.AllowsRegistration(c) == audit.Yes
			}
			if !found {
				t.Errorf("nothing is admitted by %+v %+v and refused by %+v %+v", b.PasskeyProfile, b.AAGUIDs(), a.PasskeyProfile, a.AAGUIDs())
			}
			if what, members := extra(a, b); len(what) == 0 || len(members) != len(what) {
				t.Errorf("%+v beside %+v: nothing to say", b.PasskeyProfile, a.PasskeyProfile)
			}
		}
	}
	if pairs < 100 {
		t.Errorf("only %d pairs", pairs)
	}
}

func TestStricter(t *testing.T) {
	all := universe(t)
	find := func(types, attestation, kind string, listed int) *methods.Profile {
		for i := range all {
			p := &all[i]
			k := p.KeyRestrictions
			if string(p.PasskeyTypes) == types && p.AttestationEnforcement == attestation && len(k.AAGUIDs) == listed &&
				(kind == "off" && !*k.IsEnforced || *k.IsEnforced && k.EnforcementType == kind) {
				return p
			}
		}
		t.Fatalf("no profile %s %s %s", types, attestation, kind)
		return nil
	}
	attestedKeys := find("deviceBound", "registrationOnly", "allow", 1)
	free := find("deviceBound,synced", "disabled", "off", 1)
	tests := map[string]struct {
		a, b *methods.Profile
		want audit.Tri
	}{
		"attested-beside-free":        {attestedKeys, free, audit.Yes},
		"free-beside-attested":        {free, attestedKeys, audit.No},
		"attested-by-list":            {attestedKeys, find("deviceBound", "registrationOnly", "allow", 2), audit.Yes},
		"attested-lists-complement":   {attestedKeys, find("deviceBound", "registrationOnly", "block", 1), audit.No},
		"attested-synced-unreachable": {attestedKeys, find("deviceBound,synced", "registrationOnly", "allow", 1), audit.No},
		"device-bound-beside-synced":  {find("deviceBound", "disabled", "off", 1), find("synced", "disabled", "allow", 1), audit.Yes},
		"synced-beside-both":          {find("synced", "disabled", "off", 1), free, audit.Yes},
		"types-and-lists-cross":       {find("synced", "disabled", "off", 1), find("deviceBound,synced", "disabled", "allow", 1), audit.No},
		"nothing-beside-anything":     {find("deviceBound", "disabled", "allow", 0), attestedKeys, audit.Yes},
		"nothing-beside-nothing":      {find("deviceBound", "disabled", "allow", 0), find("synced", "disabled", "allow", 0), audit.No},
		"mistake":                     {find("synced", "registrationOnly", "off", 1), free, audit.No},
		"unknown-attestation":         {attestedKeys, find("deviceBound", "always", "off", 1), audit.Unsure},
		"unknown-kind":                {find("deviceBound", "disabled", "off", 1), find("deviceBound", "disabled", "later", 1), audit.Unsure},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := stricter(tc.a, tc.b); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}
