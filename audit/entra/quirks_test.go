package entra

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestQuirks decodes what Graph, its documentation and exports of it are known to
// write.
func TestQuirks(t *testing.T) {
	tests := []struct {
		name, row string
		into      any
		want      any
	}{
		{"annotations-anywhere",
			`{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#users","id":"a","createdDateTime@odata.type":"#DateTimeOffset","@odata.id":"x",
			  "manager@odata.navigationLink":"y","#microsoft.graph.restore":{"target":"z"},"assignedLicenses@odata.type":"#Collection(x)"}`,
			&User{}, &User{ID: "a"}},
		{"boolean-as-text", `{"id":"Fido2","isAttestationEnforced":"true","isSelfServiceRegistrationAllowed":"False"}`,
			&AuthenticationMethodConfiguration{},
			&AuthenticationMethodConfiguration{ID: "Fido2", IsAttestationEnforced: ptr(true), IsSelfServiceRegistrationAllowed: ptr(false)}},
		{"boolean-as-text-deep", `{"verifiedDomains":[{"name":"a","isDefault":"TRUE"}]}`, &Organization{},
			&Organization{VerifiedDomains: []VerifiedDomain{{Name: "a", IsDefault: true}}}},
		{"null-everywhere", `{"id":"p","conditions":null,"grantControls":null,"displayName":null,"sessionControls":{}}`, &ConditionalAccessPolicy{},
			&ConditionalAccessPolicy{ID: "p", SessionControls: Raw(`{}`)}},
		{"flags-as-text", `{"passkeyTypes":"deviceBound,synced"}`, &PasskeyProfile{}, &PasskeyProfile{PasskeyTypes: "deviceBound,synced"}},
		{"flags-as-list", `{"passkeyTypes":["deviceBound","synced"]}`, &PasskeyProfile{}, &PasskeyProfile{PasskeyTypes: "deviceBound,synced"}},
		{"flags-as-number", `{"conditionsSatisfied":1035,"conditionsNotSatisfied":0}`, &AppliedConditionalAccessPolicy{},
			&AppliedConditionalAccessPolicy{ConditionsSatisfied: "1035", ConditionsNotSatisfied: "0"}},
		{"flags-null", `{"passkeyTypes":null}`, &PasskeyProfile{}, &PasskeyProfile{}},
		{"unknown-enum", `{"state":"enabledOnTuesdays"}`, &ConditionalAccessPolicy{}, &ConditionalAccessPolicy{State: "enabledOnTuesdays"}},
		{"profiles-absent", `{"id":"Fido2"}`, &AuthenticationMethodConfiguration{}, &AuthenticationMethodConfiguration{ID: "Fido2"}},
		{"profiles-empty", `{"id":"Fido2","passkeyProfiles":[],"defaultPasskeyProfile":null}`, &AuthenticationMethodConfiguration{},
			&AuthenticationMethodConfiguration{ID: "Fido2", PasskeyProfiles: &[]PasskeyProfile{}}},
		{"duplicate-aaguids-stay", `{"aaGuids":["A","a","A"]}`, &KeyRestrictions{}, &KeyRestrictions{AAGUIDs: []string{"A", "a", "A"}}},
		{"migration-null", `{"policyMigrationState":null}`, &AuthenticationMethodsPolicy{}, &AuthenticationMethodsPolicy{}},
		{"policies-not-told", `{"id":"s"}`, &SignIn{}, &SignIn{ID: "s"}},
		{"policies-null", `{"id":"s","appliedConditionalAccessPolicies":null}`, &SignIn{}, &SignIn{ID: "s"}},
		{"policies-none", `{"id":"s","appliedConditionalAccessPolicies":[]}`, &SignIn{},
			&SignIn{ID: "s", AppliedConditionalAccessPolicies: &[]AppliedConditionalAccessPolicy{}}},
		{"policy-by-text", `{"appliedConditionalAccessPolicies":[{"id":"SecurityDefaults","result":"reportOnlyFailure"}]}`, &SignIn{},
			&SignIn{AppliedConditionalAccessPolicies: &[]AppliedConditionalAccessPolicy{{ID: "SecurityDefaults", Result: "reportOnlyFailure"}}}},
		{"status", `{"status":{"errorCode":0,"failureReason":"Other."}}`, &SignIn{}, &SignIn{Status: &SignInStatus{ErrorCode: ptr(0), FailureReason: "Other."}}},
		{"status-as-text", `{"status":"Success"}`, &SignIn{}, &SignIn{Status: &SignInStatus{Text: "Success"}}},
		{"status-empty", `{"status":{}}`, &SignIn{}, &SignIn{Status: &SignInStatus{}}},
		{"status-null", `{"status":null}`, &SignIn{}, &SignIn{}},
		{"location", `{"location":{"city":"","countryOrRegion":"PL"}}`, &SignIn{}, &SignIn{Location: &SignInLocation{CountryOrRegion: "PL"}}},
		{"location-as-text", `{"location":"PL"}`, &SignIn{}, &SignIn{Location: &SignInLocation{Text: "PL"}}},
		{"device-not-known", `{"deviceDetail":{"deviceId":"","isCompliant":null,"trustType":null}}`, &SignIn{}, &SignIn{DeviceDetail: &DeviceDetail{}}},
		{"device", `{"deviceDetail":{"deviceId":"d","isCompliant":false,"operatingSystem":"Windows10"}}`, &SignIn{},
			&SignIn{DeviceDetail: &DeviceDetail{DeviceID: "d", IsCompliant: ptr(false), OperatingSystem: "Windows10"}}},
		{"audit-target-without-id", `{"id":"Authentication Methods_1_2","targetResources":[{"id":null,"type":"User","userPrincipalName":"a@b"}],"initiatedBy":{"user":null,"app":{"servicePrincipalId":"s"}}}`,
			&DirectoryAudit{},
			&DirectoryAudit{ID: "Authentication Methods_1_2", TargetResources: []TargetResource{{Type: "User", UserPrincipalName: "a@b"}},
				InitiatedBy: &AuditActivityInitiator{App: &AppIdentity{ServicePrincipalID: "s"}}}},
		{"modified-values", `{"modifiedProperties":[{"displayName":"p","oldValue":null,"newValue":"[\"{\\\"x\\\":1}\"]"}]}`, &TargetResource{},
			&TargetResource{ModifiedProperties: []ModifiedProperty{{DisplayName: "p", NewValue: ptr(`["{\"x\":1}"]`)}}}},
		{"owners-not-told", `{"id":"d"}`, &Device{}, &Device{ID: "d"}},
		{"owners-none", `{"id":"d","registeredOwners":[]}`, &Device{}, &Device{ID: "d", RegisteredOwners: []DirectoryObject{}}},
		{"jail-broken-is-a-text", `{"jailBroken":"False"}`, &ManagedDevice{}, &ManagedDevice{JailBroken: "False"}},
		{"partner-without-trust", `{"tenantId":"t","inboundTrust":null}`, &CrossTenantPartner{}, &CrossTenantPartner{TenantID: "t"}},
		{"passkey", `{"@odata.type":"#microsoft.graph.fido2AuthenticationMethod","id":"k","aaGuid":"A","passkeyType":"synced","attestationLevel":"notAttested","attestationCertificates":["x"]}`,
			&AuthenticationMethod{},
			&AuthenticationMethod{ODataType: "#microsoft.graph.fido2AuthenticationMethod", ID: "k", AAGUID: "A", PasskeyType: "synced", AttestationLevel: "notAttested"}},
		{"pass", `{"isUsable":false,"methodUsabilityReason":"Expired","lifetimeInMinutes":60}`, &AuthenticationMethod{},
			&AuthenticationMethod{IsUsable: ptr(false), MethodUsabilityReason: "Expired", LifetimeInMinutes: ptr(60)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := Decode(Raw(tt.row), tt.into); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, tt.into); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestLenienceStops: what is neither true nor false stays an error that names the
// member, also where another member was taken leniently.
func TestLenienceStops(t *testing.T) {
	tests := []struct{ name, row, want string }{
		{"other-text", `{"accountEnabled":"yes"}`, "/accountEnabled cannot be a text"},
		{"empty-text", `{"accountEnabled":""}`, "/accountEnabled cannot be a text"},
		{"number", `{"accountEnabled":1}`, "/accountEnabled cannot be a number"},
		{"after-a-lenient-one", `{"accountEnabled":"true","onPremisesSyncEnabled":[]}`, "/onPremisesSyncEnabled cannot be a list"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := Decode(Raw(tt.row), &User{})
			if want := "a member has an unexpected type: " + tt.want; err == nil || err.Error() != want {
				t.Errorf("got %v, want %s", err, want)
			}
		})
	}
}

// TestUnknownMembersStay: what the types of Conditional Access do not model comes
// out again.
func TestUnknownMembersStay(t *testing.T) {
	const row = `{"id":"p","partialEnablementStrategy":"x","conditions":{"times":{"a":[1]},"agents":null,"applications":{"globalSecureAccess":{}}},"grantControls":{"b":1.50}}`
	var p ConditionalAccessPolicy
	if err := Decode(Raw(row), &p); err != nil {
		t.Fatal(err)
	}
	again, err := Encode(&p)
	if err != nil {
		t.Fatal(err)
	}
	for _, pointer := range []string{"/partialEnablementStrategy", "/conditions/times", "/conditions/agents", "/conditions/applications/globalSecureAccess", "/grantControls/b"} {
		want, _ := Lookup(Raw(row), pointer)
		got, found := Lookup(again, pointer)
		if !found || string(got) != string(want) {
			t.Errorf("%s: %s, want %s", pointer, got, want)
		}
	}
}

func TestDetail(t *testing.T) {
	a := DirectoryAudit{AdditionalDetails: []KeyValue{{Key: "User-Agent", Value: "x"}, {Key: " AAGuid", Value: "de1e"}}}
	if got := a.Detail("aaguid"); got != "de1e" {
		t.Errorf("got %q", got)
	}
	if got := a.Detail("WebAuthnInfo"); got != "" {
		t.Errorf("got %q", got)
	}
}
