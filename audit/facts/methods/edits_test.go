package methods

import (
	"testing"

	"passkeyaudit/audit/change"
	"passkeyaudit/audit/entra"
)

func TestProfileEdits(t *testing.T) {
	yes, no := true, false
	list := func(enforced *bool, kind string, ids ...string) *entra.KeyRestrictions {
		return &entra.KeyRestrictions{IsEnforced: enforced, EnforcementType: kind, AAGUIDs: ids}
	}
	profile := func(k *entra.KeyRestrictions) *Profile {
		return &Profile{PasskeyProfile: entra.PasskeyProfile{ID: "p", KeyRestrictions: k}}
	}
	legacy := func(k *entra.KeyRestrictions) *Profile {
		return &Profile{PasskeyProfile: entra.PasskeyProfile{KeyRestrictions: k}, legacy: true}
	}
	const ofProfile = "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/fido2/passkeyProfiles/p"
	const ofMethod = "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/fido2"
	const typed = `"@odata.type":"#microsoft.graph.fido2AuthenticationMethodConfiguration",`
	tests := []struct {
		name      string
		got       change.Request
		url, body string
	}{
		{"attest", profile(nil).Attest(true), ofProfile, `{"attestationEnforcement":"registrationOnly"}`},
		{"do not attest", profile(nil).Attest(false), ofProfile, `{"attestationEnforcement":"disabled"}`},
		{"attest in settings of old", legacy(nil).Attest(true), ofMethod, `{` + typed + `"isAttestationEnforced":true}`},
		{"admit onto an allow list", profile(list(&yes, "allow", "A")).Admit("b"), ofProfile, `{"keyRestrictions":{"aaGuids":["A","b"],"enforcementType":"allow","isEnforced":true}}`},
		{"admit off a block list", profile(list(&yes, "block", "A", "b")).Admit("a"), ofProfile, `{"keyRestrictions":{"aaGuids":["b"],"enforcementType":"block","isEnforced":true}}`},
		{"keep some, each once", profile(list(&no, "allow", "A", "a", "b")).Keep(func(id string) bool { return id == "a" }), ofProfile, `{"keyRestrictions":{"aaGuids":["A"],"enforcementType":"allow","isEnforced":false}}`},
		{"enforce", profile(list(&no, "allow", "A")).Restrict(true), ofProfile, `{"keyRestrictions":{"aaGuids":["A"],"enforcementType":"allow","isEnforced":true}}`},
		{"empty in settings of old", legacy(list(&yes, "block", "A")).Unrestrict(), ofMethod, `{` + typed + `"keyRestrictions":{"aaGuids":[],"enforcementType":"block","isEnforced":false}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.got.Method != "PATCH" || tt.got.URL() != tt.url || string(tt.got.Body) != tt.body {
				t.Errorf("%s %s %s\nwant PATCH %s %s", tt.got.Method, tt.got.URL(), tt.got.Body, tt.url, tt.body)
			}
		})
	}
	if r, ok := profile(nil).ListTypes(DeviceBound, Synced); !ok || string(r.Body) != `{"passkeyTypes":"deviceBound,synced"}` {
		t.Errorf("types: %s, %t", r.Body, ok)
	}
	if _, ok := legacy(nil).ListTypes(DeviceBound); ok {
		t.Error("settings of old have no list of types")
	}
}
