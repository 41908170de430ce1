package entra

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func ptr[T any](v T) *T { return &v }

func TestGuest(t *testing.T) {
	tests := []struct {
		name, row string
		want      bool
	}{
		{"member", `{"userType":"Member","userPrincipalName":"a@b"}`, false},
		{"nothing-told", `{}`, false},
		{"null-type", `{"userType":null,"externalUserState":null}`, false},
		{"guest", `{"userType":"Guest"}`, true},
		{"lower-case", `{"userType":"guest"}`, true},
		{"ext-member", `{"userType":"Member","userPrincipalName":"a_b#EXT#@c"}`, true},
		{"ext-lower-case", `{"userPrincipalName":"a_b#ext#@c"}`, true},
		{"state", `{"userType":"Member","externalUserState":"PendingAcceptance"}`, true},
		{"empty-state", `{"userType":"Member","externalUserState":""}`, false},
		{"unknown-type", `{"userType":"Robot"}`, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var u User
			if err := Decode(Raw(tt.row), &u); err != nil {
				t.Fatal(err)
			}
			if got := u.Guest(); got != tt.want {
				t.Errorf("Guest() = %v, want %v", got, tt.want)
			}
		})
	}
}

func TestEnabled(t *testing.T) {
	for _, tt := range []struct {
		name string
		told *bool
		want bool
	}{{"not-told", nil, true}, {"true", ptr(true), true}, {"false", ptr(false), false}} {
		t.Run(tt.name, func(t *testing.T) {
			if got := (&User{AccountEnabled: tt.told}).Enabled(); got != tt.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestFlags(t *testing.T) {
	tests := []struct {
		name  string
		flags Flags
		want  []string
		has   bool // synced
	}{
		{"empty", "", nil, false},
		{"one", "deviceBound", []string{"deviceBound"}, false},
		{"two", "deviceBound,synced", []string{"deviceBound", "synced"}, true},
		{"spaces", "deviceBound, Synced", []string{"deviceBound", "Synced"}, true},
		{"part-of-a-word", "unsynced,syncedToo", []string{"unsynced", "syncedToo"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, tt.flags.Members()); diff != "" {
				t.Errorf("members (-want +got):\n%s", diff)
			}
			if got := tt.flags.Has("synced"); got != tt.has {
				t.Errorf("Has = %v", got)
			}
		})
	}
}

func TestPhishingResistant(t *testing.T) {
	tests := []struct {
		name             string
		s                AuthenticationStrengthPolicy
		resistant, known bool
	}{
		{"built-in-by-id", AuthenticationStrengthPolicy{ID: StrengthPhishingResistant}, true, true},
		{"other-by-id", AuthenticationStrengthPolicy{ID: "00000000-0000-0000-0000-000000000002"}, false, false},
		{"custom", AuthenticationStrengthPolicy{ID: "c", AllowedCombinations: []string{"fido2"}}, true, true},
		{"all-three", AuthenticationStrengthPolicy{AllowedCombinations: []string{"windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor"}}, true, true},
		{"one-weak", AuthenticationStrengthPolicy{AllowedCombinations: []string{"fido2", "password,sms"}}, false, true},
		{"one-factor-certificate", AuthenticationStrengthPolicy{AllowedCombinations: []string{"x509CertificateSingleFactor"}}, false, true},
		{"unknown-combination", AuthenticationStrengthPolicy{AllowedCombinations: []string{"telepathy"}}, false, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			resistant, known := tt.s.PhishingResistant()
			if resistant != tt.resistant || known != tt.known {
				t.Errorf("got %v, %v; want %v, %v", resistant, known, tt.resistant, tt.known)
			}
		})
	}
}

func TestKind(t *testing.T) {
	tests := []struct{ name, odataType, want string }{
		{"graph", "#microsoft.graph.fido2AuthenticationMethod", "fido2"},
		{"no-hash", "microsoft.graph.temporaryAccessPassAuthenticationMethod", "temporaryAccessPass"},
		{"no-namespace", "phoneAuthenticationMethod", "phone"},
		{"hash-only", "#passwordAuthenticationMethod", "password"},
		{"other", "#microsoft.graph.somethingNew", "somethingNew"},
		{"empty", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := (&AuthenticationMethod{ODataType: tt.odataType}).Kind(); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestRoles(t *testing.T) {
	expanded := RoleAssignment{RoleDefinitionID: "d", RoleDefinition: &RoleDefinition{TemplateID: "t"}, DirectoryScopeID: "/"}
	plain := RoleAssignment{RoleDefinitionID: "d", RoleDefinition: &RoleDefinition{}, DirectoryScopeID: "/administrativeUnits/1"}
	if got := expanded.TemplateID(); got != "t" || !expanded.TenantWide() {
		t.Errorf("expanded: %q", got)
	}
	if got := plain.TemplateID(); got != "d" || plain.TenantWide() {
		t.Errorf("plain: %q", got)
	}
	if got := (&RoleAssignment{RoleDefinitionID: "d"}).TemplateID(); got != "d" {
		t.Errorf("not expanded: %q", got)
	}
}

func TestRejectsFederatedMFA(t *testing.T) {
	tests := []struct {
		name, row string
		want      bool
	}{
		{"nothing", `{}`, false},
		{"domain", `{"federatedIdpMfaBehavior":"rejectMfaByFederatedIdp"}`, true},
		{"spliced", `{"federationConfiguration":[{"federatedIdpMfaBehavior":"rejectMfaByFederatedIdp"}]}`, true},
		{"spliced-wins", `{"federatedIdpMfaBehavior":"rejectMfaByFederatedIdp","federationConfiguration":[{"federatedIdpMfaBehavior":"acceptIfMfaDoneByFederatedIdp"}]}`, false},
		{"null", `{"federationConfiguration":null,"federatedIdpMfaBehavior":null}`, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var d Domain
			if err := Decode(Raw(tt.row), &d); err != nil {
				t.Fatal(err)
			}
			if got := d.RejectsFederatedMFA(); got != tt.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestConfigurations(t *testing.T) {
	tests := []struct {
		name, row       string
		fido2, external bool
		profiles        *[]PasskeyProfile
	}{
		{"fido2", `{"@odata.type":"#microsoft.graph.fido2AuthenticationMethodConfiguration","id":"Fido2"}`, true, false, nil},
		{"lower-case", `{"id":"fido2","passkeyProfiles":null}`, true, false, nil},
		{"empty-profiles", `{"id":"Fido2","passkeyProfiles":[]}`, true, false, &[]PasskeyProfile{}},
		{"external", `{"@odata.type":"#microsoft.graph.externalAuthenticationMethodConfiguration","id":"4711"}`, false, true, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var c AuthenticationMethodConfiguration
			if err := Decode(Raw(tt.row), &c); err != nil {
				t.Fatal(err)
			}
			if c.Is(MethodFido2) != tt.fido2 || c.External() != tt.external {
				t.Errorf("Is %v, External %v", c.Is(MethodFido2), c.External())
			}
			if diff := cmp.Diff(tt.profiles, c.PasskeyProfiles); diff != "" {
				t.Errorf("profiles (-want +got):\n%s", diff)
			}
		})
	}
}
