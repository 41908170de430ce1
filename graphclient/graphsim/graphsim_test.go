package graphsim_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient/graphsim"
)

const (
	alice   = "a0000000-0000-0000-0000-000000000001"
	bob     = "a0000000-0000-0000-0000-000000000002"
	carol   = "a0000000-0000-0000-0000-000000000003"
	unknown = "a0000000-0000-0000-0000-00000000000f"

	staff    = "b0000000-0000-0000-0000-000000000001"
	nested   = "b0000000-0000-0000-0000-000000000002"
	empty    = "b0000000-0000-0000-0000-000000000003"
	cut      = "b0000000-0000-0000-0000-000000000004"
	dangling = "b0000000-0000-0000-0000-000000000005"
)

// files are the sections of a small tenant, by file name.
func files() map[string]string {
	return map[string]string{
		"organization.json": "{ \"id\": \"t1\",\n  \"displayName\": \"Contoso\" }\n",
		"authenticationMethodsPolicy.json": `{"id":"authenticationMethodsPolicy","policyMigrationState":"migrationComplete",` +
			`"authenticationMethodConfigurations":[{"@odata.type":"#microsoft.graph.fido2AuthenticationMethodConfiguration","id":"Fido2","state":"enabled",` +
			`"passkeyProfiles":[{"id":"p1"}]},{"id":"Sms","state":"disabled"}]}`,
		"securityDefaults.json":                 `{"id":"00000000-0000-0000-0000-000000000005","isEnabled":false}`,
		"crossTenantAccessPolicy.json":          `{"inboundTrust":{"isMfaAccepted":true}}`,
		"crossTenantPartners.ndjson":            `{"tenantId":"t2"}` + "\n",
		"authenticationStrengthPolicies.ndjson": `{"id":"s1","policyType":"builtIn","combinationConfigurations":[]}` + "\n" + `{"id":"s2","policyType":"custom"}` + "\n",
		"conditionalAccessPolicies.ndjson":      `{"id":"ca1","displayName":"One","state":"enabled"}` + "\n" + `{"id":"ca2","displayName":"Two","state":"disabled"}` + "\n",
		"namedLocations.ndjson":                 `{"@odata.type":"#microsoft.graph.ipNamedLocation","id":"n1"}` + "\n",
		"servicePrincipals.ndjson":              `{"id":"sp1","appId":"app1"}` + "\n" + `{"id":"sp2","appId":"app2"}` + "\n",
		"subscribedSkus.ndjson":                 `{"id":"sku1"}` + "\n",
		"domains.ndjson": `{"id":"contoso.example","authenticationType":"Managed"}` + "\n" +
			`{"id":"fed.example","authenticationType":"Federated","federationConfiguration":[{"id":"f1","federatedIdpMfaBehavior":"enforceMfaByFederatedIdp"}]}` + "\n",
		"roleAssignments.ndjson": `{"id":"r1","principalId":"` + alice + `","roleDefinitionId":"d1","directoryScopeId":"/"}` + "\n",
		"roleEligibility.ndjson": `{"id":"e1","principalId":"` + bob + `"}` + "\n",
		"users.ndjson": `{"userPrincipalName":"alice@contoso.example", "id":"` + alice + `","displayName":"Al\u0069ce","accountEnabled":true,"createdDateTime":"2026-01-01T00:00:00Z"}` + "\n" +
			`{"id":"` + bob + `","userPrincipalName":"bob_fabrikam.example#EXT#@contoso.example","accountEnabled":false,"userType":"Guest","createdDateTime":"2026-02-01T00:00:00Z"}` + "\n" +
			`{"id":"` + carol + `","userPrincipalName":"carol@contoso.example","displayName":null,"accountEnabled":true}` + "\n",
		"riskyUsers.ndjson": `{"id":"` + bob + `","riskLevel":"high"}` + "\n",
		"groups.ndjson": `{"id":"` + staff + `","displayName":"Staff"}` + "\n" + `{"id":"` + nested + `","displayName":"Nested"}` + "\n" +
			`{"id":"` + empty + `","displayName":"Empty"}` + "\n" + `{"id":"` + cut + `","displayName":"Cut"}` + "\n" + `{"id":"` + dangling + `","displayName":"Dangling"}` + "\n",
		"groupMembers.ndjson": `{"groupId":"` + staff + `","transitive":false,"userIds":["` + alice + `","` + nested + `"]}` + "\n" +
			`{"groupId":"` + nested + `","transitive":true,"userIds":["` + bob + `"]}` + "\n" +
			`{"groupId":"` + staff + `","transitive":false,"userIds":["` + unknown + `","` + alice + `"]}` + "\n" +
			`{"groupId":"` + cut + `","userIds":["` + alice + `","` + bob + `"]}` + "\n" +
			`{"groupId":"` + dangling + `","transitive":false,"userIds":["` + carol + `"],"groupIds":["b0000000-0000-0000-0000-0000000000ff"]}` + "\n",
		"userRegistrationDetails.ndjson": `{"id":"` + alice + `","methodsRegistered":["fido2SecurityKey"]}` + "\n" + `{"id":"` + carol + `","methodsRegistered":[]}` + "\n",
		"authenticationMethods.ndjson": `{"userId":"` + alice + `","value":[{"@odata.type":"#microsoft.graph.fido2AuthenticationMethod","id":"k1"},` +
			`{"@odata.type":"#microsoft.graph.passwordAuthenticationMethod","id":"pw"}]}` + "\n" +
			`{"userId":"` + bob + `","error":{"status":429,"code":"TooMany"}}` + "\n",
		"devices.ndjson": `{"id":"dev1","registeredOwners":["` + alice + `"]}` + "\n" + `{"id":"dev2","registeredUsers":[{"id":"` + bob + `"}]}` + "\n",
		"signIns.ndjson": `{"id":"si1","createdDateTime":"2026-11-20T10:00:00Z","userId":"` + alice + `","appId":"app1","status":{"errorCode":0}}` + "\n" +
			`{"id":"si3","createdDateTime":"2026-11-21T10:00:00.5Z","userId":"` + bob + `","appId":"app2","status":{"errorCode":135010}}` + "\n" +
			`{"id":"si2","createdDateTime":"2026-11-20T11:00:00Z","userId":"` + alice + `","appId":"app2","status":{"errorCode":50074}}` + "\n",
		"directoryAudits.ndjson": `{"id":"da1","activityDateTime":"2026-11-20T10:00:00Z","loggedByService":"Authentication Methods","activityDisplayName":"User registered security info"}` + "\n" +
			`{"id":"da2","activityDateTime":"2026-11-21T10:00:00Z","loggedByService":"Device Registration Service","activityDisplayName":"Add Passkey (device-bound)"}` + "\n",
	}
}

const manifestHead = `{"format":"passkeyaudit.snapshot/v1","tenant":{"id":"t1"},"takenAt":"2026-11-22T00:00:00Z","sections":{`

// standard manifest entries: managed devices are denied, one group was not read
// to its end.
const standardSections = `"managedDevices":{"state":"denied","status":403,"code":"Forbidden"},` +
	`"groupMembers":{"state":"partial","reason":"throttled","incompleteIds":["` + cut + `"]}`

func openSnapshot(t testing.TB, sections string, files map[string]string) *snapshot.Snapshot {
	t.Helper()
	fsys := fstest.MapFS{"manifest.json": {Data: []byte(manifestHead + sections + `}}`)}}
	for name, text := range files {
		fsys["sections/"+name] = &fstest.MapFile{Data: []byte(text)}
	}
	snap, err := snapshot.Open(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return snap
}

// sim is a client of a simulated tenant.
type sim struct {
	t      testing.TB
	server *graphsim.Server
	client *http.Client
	root   string
}

func newSim(t testing.TB, snap *snapshot.Snapshot, o graphsim.Options) *sim {
	t.Helper()
	server, err := graphsim.New(snap, o)
	if err != nil {
		t.Fatal(err)
	}
	return &sim{t, server, &http.Client{Transport: server.Transport()}, "https://graph.test"}
}

func standard(t testing.TB, o graphsim.Options) *sim {
	return newSim(t, openSnapshot(t, standardSections, files()), o)
}

type reply struct {
	status int
	header http.Header
	body   string
	err    error // from reading the body
}

func (s *sim) do(method, url, body string, headers ...string) reply {
	s.t.Helper()
	if strings.HasPrefix(url, "/") {
		url = s.root + url
	}
	r, err := http.NewRequestWithContext(s.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.server.Token())
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := s.client.Do(r)
	if err != nil {
		return reply{err: err}
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, string(text), err}
}

func (s *sim) get(url string, headers ...string) reply {
	s.t.Helper()
	return s.do(http.MethodGet, url, "", headers...)
}

var eventual = []string{"ConsistencyLevel", "eventual"}

// page is a listing as clients read it.
type page struct {
	Context string           `json:"@odata.context"`
	Count   *int             `json:"@odata.count"`
	Next    string           `json:"@odata.nextLink"`
	Value   []jsontext.Value `json:"value"`
}

func (r reply) page(t testing.TB) page {
	t.Helper()
	var p page
	if r.status != http.StatusOK {
		t.Fatalf("status %d: %s", r.status, r.body)
	}
	if err := json.Unmarshal([]byte(r.body), &p); err != nil {
		t.Fatalf("%v in %s", err, r.body)
	}
	return p
}

// code is the code of an error answer.
func (r reply) code(t testing.TB) string {
	t.Helper()
	var body struct {
		Error struct {
			Code       string            `json:"code"`
			Message    string            `json:"message"`
			InnerError map[string]string `json:"innerError"`
		} `json:"error"`
	}
	if err := json.Unmarshal([]byte(r.body), &body); err != nil {
		t.Fatalf("%v in %q", err, r.body)
	}
	if body.Error.Message == "" || body.Error.InnerError["request-id"] == "" || body.Error.InnerError["date"] == "" {
		t.Fatalf("incomplete error body %s", r.body)
	}
	return body.Error.Code
}

func ids(p page) string {
	var all []string
	for _, v := range p.Value {
		var row struct {
			ID       string `json:"id"`
			TenantID string `json:"tenantId"`
		}
		if err := json.Unmarshal(v, &row); err != nil {
			return string(v)
		}
		all = append(all, row.ID+row.TenantID)
	}
	return strings.Join(all, " ")
}

// all follows the next links of a listing.
func (s *sim) all(url string, headers ...string) (rows []jsontext.Value, last reply) {
	s.t.Helper()
	for url != "" {
		last = s.get(url, headers...)
		if last.status != http.StatusOK {
			return rows, last
		}
		p := last.page(s.t)
		rows = append(rows, p.Value...)
		url = p.Next
	}
	return rows, last
}
