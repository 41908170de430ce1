package graphclient

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRequests(t *testing.T) {
	const id = "11111111-2222-3333-4444-555555555555"
	q := Query{Select: []string{"id", "displayName"}, Filter: "accountEnabled eq true", OrderBy: "displayName", Top: 999, Count: true, Expand: []string{"manager"}, Eventual: true}
	all := "?$count=true&$expand=manager&$filter=accountEnabled eq true&$orderby=displayName&$select=id,displayName&$top=999"
	tests := []struct {
		name   string
		r      Request
		want   string
		bucket Bucket
	}{
		{"organization", Organization(), "GET /v1.0/organization", BucketDirectory},
		{"methods-policy", AuthenticationMethodsPolicy(), "GET /v1.0/policies/authenticationMethodsPolicy", BucketDirectory},
		{"method", AuthenticationMethodConfiguration("Fido2", "passkeyProfiles", "includeTargets"), "GET /v1.0/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/Fido2?$expand=passkeyProfiles,includeTargets", BucketDirectory},
		{"method-plain", AuthenticationMethodConfiguration("Fido2"), "GET /v1.0/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/Fido2", BucketDirectory},
		{"security-defaults", SecurityDefaults(), "GET /v1.0/policies/identitySecurityDefaultsEnforcementPolicy", BucketDirectory},
		{"cross-tenant", CrossTenantAccessPolicy(), "GET /v1.0/policies/crossTenantAccessPolicy/default", BucketDirectory},
		{"partners", CrossTenantPartners(), "GET /v1.0/policies/crossTenantAccessPolicy/partners", BucketDirectory},
		{"strengths", AuthenticationStrengthPolicies(), "GET /v1.0/policies/authenticationStrengthPolicies?$expand=combinationConfigurations", BucketDirectory},
		{"policies", ConditionalAccessPolicies(), "GET /v1.0/identity/conditionalAccess/policies", BucketConditionalAccess},
		{"locations", NamedLocations(), "GET /v1.0/identity/conditionalAccess/namedLocations", BucketConditionalAccess},
		{"apps", ServicePrincipals(Query{Filter: "appId eq 'x'"}), "GET /v1.0/servicePrincipals?$filter=appId eq 'x'", BucketDirectory},
		{"licences", SubscribedSkus(), "GET /v1.0/subscribedSkus", BucketDirectory},
		{"domains", Domains(), "GET /v1.0/domains", BucketDirectory},
		{"federation", DomainFederation("contoso.example"), "GET /v1.0/domains/contoso.example/federationConfiguration", BucketDirectory},
		{"roles", RoleAssignments(Query{Expand: []string{"roleDefinition"}}), "GET /v1.0/roleManagement/directory/roleAssignments?$expand=roleDefinition", BucketDirectory},
		{"eligibility", RoleEligibility(Query{Expand: []string{"roleDefinition"}}), "GET /v1.0/roleManagement/directory/roleEligibilitySchedules?$expand=roleDefinition", BucketDirectory},
		{"users", Users(q), "GET /v1.0/users" + all, BucketDirectory},
		{"users-count", UsersCount(), "GET /v1.0/users/$count", BucketDirectory},
		{"user", UserByID("alice@contoso.example", Query{Select: []string{"id"}}), "GET /v1.0/users/alice@contoso.example?$select=id", BucketDirectory},
		{"risky", RiskyUsers(Query{}), "GET /v1.0/identityProtection/riskyUsers", BucketConditionalAccess},
		{"by-ids", DirectoryObjectsByIDs([]string{id}, []string{"group"}), "POST /v1.0/directoryObjects/getByIds", BucketDirectory},
		{"what-if", WhatIf(WhatIfSignIn{UserID: id, App: "x"}), "POST /v1.0/identity/conditionalAccess/evaluate", BucketConditionalAccess},
		{"groups", Groups(Query{Top: 5}), "GET /v1.0/groups?$top=5", BucketDirectory},
		{"groups-count", GroupsCount(), "GET /v1.0/groups/$count", BucketDirectory},
		{"group", GroupByID(id, Query{}), "GET /v1.0/groups/" + id, BucketDirectory},
		{"members", GroupTransitiveMembers(id, Query{Select: []string{"id"}, Top: 999}), "GET /v1.0/groups/" + id + "/transitiveMembers/microsoft.graph.user?$count=true&$select=id&$top=999", BucketDirectory},
		{"member-of", UserTransitiveMemberOf(id, Query{Select: []string{"id"}}), "GET /v1.0/users/" + id + "/transitiveMemberOf?$select=id", BucketDirectory},
		{"registration", UserRegistrationDetails(Query{Filter: "isMfaCapable eq false"}), "GET /v1.0/reports/authenticationMethods/userRegistrationDetails?$filter=isMfaCapable eq false", BucketReports},
		{"methods", AuthenticationMethods(id), "GET /v1.0/users/" + id + "/authentication/methods", BucketDirectory},
		{"fido2", Fido2Methods(id), "GET /v1.0/users/" + id + "/authentication/fido2Methods", BucketDirectory},
		{"devices", Devices(q), "GET /v1.0/devices" + all, BucketDirectory},
		{"registered-devices", UserRegisteredDevices(id, Query{}), "GET /v1.0/users/" + id + "/registeredDevices", BucketDirectory},
		{"managed", ManagedDevices(Query{Select: []string{"id"}}), "GET /v1.0/deviceManagement/managedDevices?$select=id", BucketIntune},
		{"sign-ins", SignIns(Query{Filter: "createdDateTime ge 2026-11-01T00:00:00Z", Top: 1000}), "GET /v1.0/auditLogs/signIns?$filter=createdDateTime ge 2026-11-01T00:00:00Z&$top=1000", BucketReports},
		{"sign-ins-beta", SignIns(Query{}).Beta(), "GET /beta/auditLogs/signIns", BucketReports},
		{"audits", DirectoryAudits(Query{Top: 5}), "GET /v1.0/auditLogs/directoryAudits?$top=5", BucketReports},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, tt.r.String()); diff != "" {
				t.Error(diff)
			}
			if tt.r.Bucket() != tt.bucket {
				t.Errorf("bucket %s, want %s", tt.r.Bucket(), tt.bucket)
			}
			// What a request says of itself is what it sends, and the guard agrees.
			var sent *http.Request
			c := memoryClient(t, func(r *http.Request) (*http.Response, error) {
				sent = r
				return answer(r, 200, "{}"), nil
			})
			if _, err := c.Get(t.Context(), tt.r); err != nil {
				t.Fatal(err)
			}
			method, target, _ := strings.Cut(tt.want, " ")
			path, query, _ := strings.Cut(target, "?")
			if sent.Method != method || sent.URL.Path != path {
				t.Errorf("sent %s %s", sent.Method, sent.URL.Path)
			}
			for pair := range strings.SplitSeq(query, "&") {
				if name, value, _ := strings.Cut(pair, "="); name != "" && sent.URL.Query().Get(name) != value {
					t.Errorf("sent %s=%q, want %q", name, sent.URL.Query().Get(name), value)
				}
			}
		})
	}
}

func TestRequestHeaders(t *testing.T) {
	var sent *http.Request
	var body string
	c := memoryClient(t, func(r *http.Request) (*http.Response, error) {
		sent = r
		if r.Body != nil {
			b, _ := io.ReadAll(r.Body)
			body = string(b)
		}
		return answer(r, 200, `{"value":[]}`), nil
	}, func(c *Config) { c.UserAgent = "passkeyaudit/1.2" })
	if _, err := c.Post(t.Context(), DirectoryObjectsByIDs([]string{"a", "b"}, nil)); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"Authorization": "Bearer " + testToken, "User-Agent": "passkeyaudit/1.2", "x-ms-throttle-priority": "low",
		"Content-Type": "application/json", "Accept": "application/json", "ConsistencyLevel": "",
	} {
		if got := sent.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if !isGUID(sent.Header.Get("client-request-id")) {
		t.Errorf("client-request-id is %q", sent.Header.Get("client-request-id"))
	}
	if body != `{"ids":["a","b"]}` || sent.ContentLength != int64(len(body)) {
		t.Errorf("sent %q of length %d", body, sent.ContentLength)
	}
}

func TestRequestMistakes(t *testing.T) {
	c := memoryClient(t, func(r *http.Request) (*http.Response, error) {
		t.Error("sent")
		return answer(r, 200, `{"value":[]}`), nil
	})
	tests := []struct {
		name string
		r    Request
		want string
	}{
		{"empty", Request{}, "constructors"},
		{"no-user", UserByID("", Query{}), "empty user id"},
		{"no-group", GroupTransitiveMembers("", Query{}), "empty group id"},
		{"negative-top", Users(Query{Top: -1}), "negative"},
		{"unknown-option", UserByID("u", Query{Filter: "x"}), "takes no $filter"},
		{"no-ids", DirectoryObjectsByIDs(nil, nil), "0 ids"},
		{"many-ids", DirectoryObjectsByIDs(make([]string, 1001), nil), "1001 ids"},
		{"slash-in-id", UserByID("a/../b", Query{}), "slash"},
		{"create", AuthenticationMethodConfiguration("creationOptions"), "creationOptions"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := c.Get(t.Context(), tt.r); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestQueryIsEscaped(t *testing.T) {
	var raw string
	c := memoryClient(t, func(r *http.Request) (*http.Response, error) {
		raw = r.URL.RawQuery
		return answer(r, 200, `{}`), nil
	})
	filter := "userPrincipalName eq 'o''hara&x=1#é@contoso.example'"
	if _, err := c.Get(t.Context(), Users(Query{Filter: filter})); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(raw, " #") || strings.Count(raw, "&") != 0 {
		t.Errorf("query %q", raw)
	}
}
