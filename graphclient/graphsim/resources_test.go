package graphsim_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"passkeyaudit/graphclient/graphsim"
)

func TestLists(t *testing.T) {
	s := standard(t, graphsim.Options{})
	tests := []struct {
		name, url string
		want      string // ids
		headers   []string
	}{
		{"organization", "/v1.0/organization", "t1", nil},
		{"beta", "/beta/organization", "t1", nil},
		{"anyCase", "/v1.0/SubscribedSkus", "sku1", nil},
		{"partners", "/v1.0/policies/crossTenantAccessPolicy/partners", "t2", nil},
		{"strengths", "/v1.0/policies/authenticationStrengthPolicies?$expand=combinationConfigurations", "s1 s2", nil},
		{"strengthsOtherPath", "/v1.0/identity/conditionalAccess/authenticationStrength/policies?$filter=policyType+eq+'custom'", "s2", nil},
		{"policies", "/v1.0/identity/conditionalAccess/policies", "ca1 ca2", nil},
		{"policiesCounted", "/v1.0/identity/conditionalAccess/policies?$count=true&$filter=state%20eq%20'enabled'", "ca1", nil},
		{"locations", "/v1.0/identity/conditionalAccess/namedLocations", "n1", nil},
		{"servicePrincipalsIn", "/v1.0/servicePrincipals?$filter=appId%20in%20('app2','app9')", "sp2", nil},
		{"servicePrincipalsEq", "/v1.0/servicePrincipals?%24filter=appId%20eq%20%27app1%27", "sp1", nil},
		{"domains", "/v1.0/domains", "contoso.example fed.example", nil},
		{"federated", "/v1.0/domains/fed.example/federationConfiguration", "f1", nil},
		{"managedDomain", "/v1.0/domains/contoso.example/federationConfiguration", "", nil},
		{"roles", "/v1.0/roleManagement/directory/roleAssignments?$expand=roleDefinition&$filter=principalId%20eq%20'" + alice + "'", "r1", nil},
		{"eligibility", "/v1.0/roleManagement/directory/roleEligibilityScheduleInstances", "e1", nil},
		{"eligibilitySchedules", "/v1.0/roleManagement/directory/roleEligibilitySchedules", "e1", nil},
		{"configurations", "/v1.0/policies/authenticationMethodsPolicy/authenticationMethodConfigurations?$expand=passkeyProfiles", "Fido2 Sms", nil},
		{"users", "/v1.0/users?$select=id&$top=999", alice + " " + bob + " " + carol, nil},
		{"usersByName", "/v1.0/users?$filter=userPrincipalName%20eq%20'ALICE@contoso.example'", alice, nil},
		{"usersByID", "/v1.0/users?$filter=id%20in%20('" + carol + "','" + alice + "','" + unknown + "')", alice + " " + carol, nil},
		{"usersEnabled", "/v1.0/users?$filter=accountEnabled%20eq%20true", alice + " " + carol, nil},
		{"usersStartsWith", "/v1.0/users?$filter=startsWith(userPrincipalName,'Bob_')", bob, nil},
		{"usersAdvanced", "/v1.0/users?$count=true&$filter=userType%20ne%20'Guest'", alice + " " + carol, eventual},
		{"usersCreated", "/v1.0/users?$filter=createdDateTime%20ge%202026-01-15T00:00:00Z", bob, nil},
		{"riskyUsers", "/v1.0/identityProtection/riskyUsers?$filter=riskLevel%20eq%20'high'", bob, nil},
		{"registration", "/v1.0/reports/authenticationMethods/userRegistrationDetails", alice + " " + carol, nil},
		{"registrationAny", "/v1.0/reports/authenticationMethods/userRegistrationDetails?$filter=methodsRegistered/any(t:t%20eq%20'fido2SecurityKey')", alice, nil},
		{"devices", "/v1.0/devices?$expand=registeredOwners", "dev1 dev2", nil},
		{"registeredDevices", "/v1.0/users/" + bob + "/registeredDevices", "dev2", nil},
		{"methods", "/v1.0/users/" + alice + "/authentication/methods", "k1 pw", nil},
		{"methodsByName", "/v1.0/users/alice@contoso.example/authentication/methods", "k1 pw", nil},
		{"fido2Methods", "/v1.0/users/" + alice + "/authentication/fido2Methods", "k1", nil},
		{"passes", "/v1.0/users/" + alice + "/authentication/temporaryAccessPassMethods", "", nil},
		{"authenticator", "/v1.0/users/" + alice + "/authentication/microsoftAuthenticatorMethods", "", nil},
		{"hello", "/v1.0/users/" + alice + "/authentication/windowsHelloForBusinessMethods", "", nil},
		{"signInsNewestFirst", "/v1.0/auditLogs/signIns", "si3 si2 si1", nil},
		{"signInsOldestFirst", "/v1.0/auditLogs/signIns?$orderby=createdDateTime", "si1 si2 si3", nil},
		{"signInsWindow", "/v1.0/auditLogs/signIns?$filter=createdDateTime%20ge%202026-11-20T10:30:00Z%20and%20createdDateTime%20lt%202026-11-21T00:00:00Z", "si2", nil},
		{"signInsErrors", "/v1.0/auditLogs/signIns?$filter=userId%20eq%20'" + alice + "'%20and%20(status/errorCode%20eq%2050074%20or%20status/errorCode%20eq%20135010)", "si2", nil},
		{"audits", "/v1.0/auditLogs/directoryAudits?$filter=loggedByService%20eq%20'Device%20Registration%20Service'%20and%20startswith(activityDisplayName,'Add%20Passkey')", "da2", nil},
		{"auditsTime", "/v1.0/auditLogs/directoryAudits?$filter=activityDateTime%20le%202026-11-20T10:00:00Z", "da1", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := s.get(tt.url, tt.headers...).page(t)
			if got := ids(p); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if p.Next != "" {
				t.Errorf("next link %s", p.Next)
			}
		})
	}
}

func TestObjects(t *testing.T) {
	s := standard(t, graphsim.Options{})
	f := files()
	tests := []struct{ name, url, want string }{
		{"methodsPolicy", "/v1.0/policies/authenticationMethodsPolicy", f["authenticationMethodsPolicy.json"]},
		{"securityDefaults", "/v1.0/policies/identitySecurityDefaultsEnforcementPolicy", f["securityDefaults.json"]},
		{"crossTenant", "/v1.0/policies/crossTenantAccessPolicy/default", f["crossTenantAccessPolicy.json"]},
		{"fido2", "/v1.0/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/fido2?$expand=passkeyProfiles,includeTargets",
			`{"@odata.type":"#microsoft.graph.fido2AuthenticationMethodConfiguration","id":"Fido2","state":"enabled","passkeyProfiles":[{"id":"p1"}]}`},
		{"noProfilesAreAdded", "/v1.0/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/Sms?$expand=passkeyProfiles", `{"id":"Sms","state":"disabled"}`},
		{"user", "/v1.0/users/" + strings.ToUpper(carol), `{"id":"` + carol + `","userPrincipalName":"carol@contoso.example","displayName":null,"accountEnabled":true}`},
		{"userByName", "/v1.0/users/bob_fabrikam.example%23EXT%23@contoso.example?$select=id", `{"id":"` + bob + `"}`},
		{"selectKeepsSpellingAndOrder", "/v1.0/users/" + alice + "?$select=displayName,userPrincipalName,department",
			`{"userPrincipalName":"alice@contoso.example","displayName":"Al\u0069ce"}`},
		{"selectKeepsNull", "/v1.0/users/" + carol + "?$select=displayName", `{"displayName":null}`},
		{"group", "/v1.0/groups/" + staff, `{"id":"` + staff + `","displayName":"Staff"}`},
		{"policy", "/v1.0/identity/conditionalAccess/policies/ca1?$select=state", `{"state":"enabled"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := s.get(tt.url)
			if diff := cmp.Diff(tt.want, r.body); r.status != 200 || diff != "" {
				t.Errorf("status %d (-want +got):\n%s", r.status, diff)
			}
		})
	}
}

func TestRowsAreTheRecordedBytes(t *testing.T) {
	s := standard(t, graphsim.Options{PageSize: 2})
	rows, last := s.all("/v1.0/users")
	if last.status != 200 {
		t.Fatal(last.body)
	}
	var got strings.Builder
	for _, r := range rows {
		got.WriteString(string(r) + "\n")
	}
	if diff := cmp.Diff(files()["users.ndjson"], got.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestHeaders(t *testing.T) {
	s := standard(t, graphsim.Options{})
	r := s.get("/v1.0/users?$select=id", "client-request-id", "mine")
	want := map[string]string{
		"Date": "Sun, 22 Nov 2026 00:00:00 GMT", "Client-Request-Id": "mine", "X-Ms-Resource-Unit": "1",
	}
	for name, value := range want {
		if got := r.header.Get(name); got != value {
			t.Errorf("%s is %q, want %q", name, got, value)
		}
	}
	if r.header.Get("request-id") == "" {
		t.Error("no request-id")
	}
	if got, want := r.page(t).Context, "https://graph.test/v1.0/$metadata#users(id)"; got != want {
		t.Errorf("context %q, want %q", got, want)
	}
}

func TestCount(t *testing.T) {
	s := standard(t, graphsim.Options{PageSize: 2})
	if r := s.get("/v1.0/users/$count", eventual...); r.body != "3" || r.header.Get("Content-Type") != "text/plain" {
		t.Errorf("got %q as %q", r.body, r.header.Get("Content-Type"))
	}
	if r := s.get("/v1.0/users/$count?$filter=accountEnabled%20eq%20false", eventual...); r.body != "1" {
		t.Errorf("filtered: got %q", r.body)
	}
	first := s.get("/v1.0/users?$count=true", eventual...).page(t)
	if first.Count == nil || *first.Count != 3 {
		t.Errorf("the first page counts %v", first.Count)
	}
	if second := s.get(first.Next, eventual...).page(t); second.Count != nil {
		t.Errorf("the second page counts %d", *second.Count)
	}
	if r := s.get(first.Next); r.status != 400 || r.code(t) != "Request_UnsupportedQuery" {
		t.Errorf("a later page without the header: status %d", r.status)
	}
}

func TestRefusals(t *testing.T) {
	s := standard(t, graphsim.Options{})
	longFilter := "/v1.0/users?$filter=" + strings.Repeat("(", 100)
	tests := []struct {
		name, method, url string
		status            int
		code, message     string
	}{
		{"post", "POST", "/v1.0/users", 405, "Request_BadRequest", ""},
		{"patch", "PATCH", "/v1.0/users/" + alice, 405, "Request_BadRequest", ""},
		{"delete", "DELETE", "/v1.0/nothing", 405, "Request_BadRequest", ""},
		{"head", "HEAD", "/v1.0/users", 405, "", ""},
		{"getOfBatch", "GET", "/v1.0/$batch", 405, "Request_BadRequest", ""},
		{"unknownPath", "GET", "/v1.0/me", 400, "BadRequest", "'me'"},
		{"unknownOption", "GET", "/v1.0/users?$search=x", 400, "BadRequest", "$search"},
		{"optionOfOthers", "GET", "/v1.0/auditLogs/signIns?$count=true", 400, "BadRequest", "$count"},
		{"methodsTakeNoOptions", "GET", "/v1.0/users/" + alice + "/authentication/methods?$select=id", 400, "BadRequest", "$select"},
		{"twice", "GET", "/v1.0/users?$top=1&%24top=2", 400, "BadRequest", "twice"},
		{"notAnOption", "GET", "/v1.0/users?top=1", 400, "BadRequest", "'top'"},
		{"badTop", "GET", "/v1.0/users?$top=0", 400, "BadRequest", "$top"},
		{"topTooBig", "GET", "/v1.0/users?$top=1000", 400, "BadRequest", "999"},
		{"badCount", "GET", "/v1.0/users?$count=yes", 400, "BadRequest", "$count"},
		{"badExpand", "GET", "/v1.0/devices?$expand=memberOf", 400, "BadRequest", "memberOf"},
		{"nestedExpand", "GET", "/v1.0/devices?$expand=registeredOwners($select=id)", 400, "BadRequest", "registeredOwners($select=id)"},
		{"badConfigurationExpand", "GET", "/v1.0/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/fido2?$expand=x", 400, "BadRequest", "'x'"},
		{"badOrder", "GET", "/v1.0/auditLogs/signIns?$orderby=appId", 400, "BadRequest", "$orderby"},
		{"badFilter", "GET", "/v1.0/users?$filter=id%20like%20'x'", 400, "BadRequest", "$filter"},
		{"deepFilter", "GET", longFilter, 400, "BadRequest", "deeper"},
		{"countWithoutHeader", "GET", "/v1.0/users?$count=true", 400, "Request_UnsupportedQuery", "ConsistencyLevel"},
		{"countPathWithoutHeader", "GET", "/v1.0/users/$count", 400, "Request_UnsupportedQuery", "ConsistencyLevel"},
		{"advancedWithoutHeader", "GET", "/v1.0/users?$filter=userType%20ne%20'Guest'", 400, "Request_UnsupportedQuery", "ConsistencyLevel"},
		{"castWithoutHeader", "GET", "/v1.0/groups/" + staff + "/transitiveMembers/microsoft.graph.user?$count=true", 400, "Request_UnsupportedQuery", "ConsistencyLevel"},
		{"badToken", "GET", "/v1.0/users?$skiptoken=abc", 400, "Directory_ExpiredPageToken", ""},
		{"emptyToken", "GET", "/v1.0/users?$skiptoken=", 400, "Directory_ExpiredPageToken", ""},
		{"noUser", "GET", "/v1.0/users/" + unknown, 404, "Request_ResourceNotFound", unknown},
		{"noMethods", "GET", "/v1.0/users/" + carol + "/authentication/methods", 404, "Request_ResourceNotFound", carol},
		{"refusedMethods", "GET", "/v1.0/users/" + bob + "/authentication/fido2Methods", 429, "TooMany", ""},
		{"noGroup", "GET", "/v1.0/groups/" + unknown, 404, "Request_ResourceNotFound", unknown},
		{"noGroupMembers", "GET", "/v1.0/groups/" + unknown + "/transitiveMembers", 404, "Request_ResourceNotFound", unknown},
		{"noDomain", "GET", "/v1.0/domains/x/federationConfiguration", 404, "Request_ResourceNotFound", ""},
		{"denied", "GET", "/v1.0/deviceManagement/managedDevices", 403, "Forbidden", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := s.do(tt.method, tt.url, "")
			if r.status != tt.status {
				t.Fatalf("status %d: %s", r.status, r.body)
			}
			if tt.method == "HEAD" {
				return
			}
			if got := r.code(t); got != tt.code {
				t.Errorf("code %q, want %q", got, tt.code)
			}
			if !strings.Contains(r.body, tt.message) {
				t.Errorf("no %q in %s", tt.message, r.body)
			}
		})
	}
}

func TestStates(t *testing.T) {
	tests := []struct {
		name, section, entry, url string
		status                    int
		code                      string
	}{
		{"denied", "users", `{"state":"denied"}`, "/users", 403, "Authorization_RequestDenied"},
		{"deniedAsRecorded", "conditionalAccessPolicies", `{"state":"denied","status":401,"code":"AccessDenied"}`, "/identity/conditionalAccess/policies", 401, "AccessDenied"},
		{"oddStatus", "users", `{"state":"denied","status":7}`, "/users", 403, "Authorization_RequestDenied"},
		{"unlicensed", "signIns", `{"state":"unlicensed"}`, "/auditLogs/signIns", 403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant"},
		{"unlicensedRoles", "roleEligibility", `{"state":"unlicensed"}`, "/roleManagement/directory/roleEligibilitySchedules", 400, "AadPremiumLicenseRequired"},
		{"unlicensedAsRecorded", "roleEligibility", `{"state":"unlicensed","status":403,"code":"x"}`, "/roleManagement/directory/roleEligibilitySchedules", 403, "x"},
		{"unavailable", "authenticationMethodsPolicy", `{"state":"unavailable","code":"gone"}`, "/policies/authenticationMethodsPolicy", 404, "gone"},
		{"notCollected", "devices", `{"state":"notCollected"}`, "/devices", 501, "notRecorded"},
		{"absent", "", "", "/auditLogs/directoryAudits", 501, "notRecorded"},
		{"configurations", "authenticationMethodsPolicy", `{"state":"denied"}`, "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/fido2", 403, "Authorization_RequestDenied"},
		{"methods", "authenticationMethods", `{"state":"denied"}`, "/users/" + alice + "/authentication/methods", 403, "Authorization_RequestDenied"},
		{"members", "groupMembers", `{"state":"denied"}`, "/groups/" + staff + "/transitiveMembers", 403, "Authorization_RequestDenied"},
		{"partialSingletonWithoutObject", "organization", `{"state":"partial"}`, "/organization", 200, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sections := ""
			if tt.section != "" {
				sections = `"` + tt.section + `":` + tt.entry
			}
			s := newSim(t, openSnapshot(t, sections, nil), graphsim.Options{})
			r := s.get("/v1.0" + tt.url)
			if r.status != tt.status {
				t.Fatalf("status %d: %s", r.status, r.body)
			}
			if tt.code != "" && r.code(t) != tt.code {
				t.Errorf("code %q, want %q", r.code(t), tt.code)
			}
		})
	}
}

func TestBrokenRowIsNamed(t *testing.T) {
	s := newSim(t, openSnapshot(t, "", map[string]string{"users.ndjson": "{\"id\":\"1\"}\n{\"id\":\"2\"\n"}), graphsim.Options{})
	r := s.get("/v1.0/users")
	if r.status != http.StatusInternalServerError || !strings.Contains(r.body, "users.ndjson, line 2") {
		t.Errorf("status %d: %s", r.status, r.body)
	}
}

// The number of groups is told where it was recorded: the rows are only some.
func TestGroupCount(t *testing.T) {
	if r := standard(t, graphsim.Options{}).get("/v1.0/groups/$count", eventual...); r.status != 501 {
		t.Errorf("not recorded: %d %s", r.status, r.body)
	}
	s := newSim(t, openSnapshot(t, `"groups":{"state":"complete","total":87}`, files()), graphsim.Options{})
	if r := s.get("/v1.0/groups/$count", eventual...); r.status != 200 || r.body != "87" {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := s.get("/v1.0/groups/$count"); r.status != 400 {
		t.Errorf("without the header: %d %s", r.status, r.body)
	}
}
