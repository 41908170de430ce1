package snapshot

import (
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"passkeyaudit/audit/entra"
)

// writeCompat makes a fixture anew, for a new major version of the format. The
// fixture of a released version is never rewritten.
var writeCompat = flag.String("write-compat", "", "write a compatibility fixture into this new folder")

// compatDigest is the snapshot digest of testdata/v1-compat.
const compatDigest = "24c597c1c254e9eddd51639df1eeaf56076b9eadd04a28384f192942f050e9e3"

// TestVersion1StaysReadable reads a snapshot that the first version wrote.
func TestVersion1StaysReadable(t *testing.T) {
	if *writeCompat != "" {
		writeCompatFixture(t, *writeCompat)
	}
	s := openDir(t, "testdata/v1-compat")
	digest, err := s.Digest(t.Context())
	if err != nil || digest != compatDigest {
		t.Errorf("digest %s, %v, want %s", digest, err, compatDigest)
	}
	report, err := s.Verify(t.Context())
	if err != nil || !report.OK() || report.Digest != compatDigest {
		t.Errorf("%v, %v", problems(report), err)
	}
	ids, err := userIDs(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"u1", "u2", "u3"}, ids); diff != "" {
		t.Errorf("users (-want +got):\n%s", diff)
	}
	policy, _, err := SingletonObject[entra.AuthenticationMethodsPolicy](t.Context(), s, AuthenticationMethodsPolicy)
	if err != nil || len(policy.Configurations) != 1 || len(*policy.Configurations[0].PasskeyProfiles) != 1 {
		t.Errorf("policy %+v, %v", policy, err)
	}
	want := map[SectionID]State{Devices: Denied, RoleEligibility: Unlicensed, SignIns: Partial, Groups: Complete, Domains: NotCollected}
	got := map[SectionID]State{}
	for id := range want {
		got[id] = s.States()[id]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
	if e := s.Manifest().Sections[GroupMembers]; len(e.IncompleteIDs) != 1 {
		t.Errorf("groupMembers entry %+v", e)
	}
}

func writeCompatFixture(t *testing.T, dir string) {
	if err := os.MkdirAll("testdata", 0o755); err != nil {
		t.Fatal(err)
	}
	m := testManifest()
	m.Tool = &Tool{Name: "passkeyaudit", Version: "v1"}
	m.Cloud, m.StartedAt = "public", "2026-11-21T23:50:00Z"
	w, err := Create(dir, m, Zstd)
	if err != nil {
		t.Fatal(err)
	}
	complete := SectionEntry{State: Complete}
	writeSection(t, w, Organization, complete, `{"id":"t","displayName":"Contoso","verifiedDomains":[{"name":"contoso.example","isDefault":true}]}`)
	writeSection(t, w, AuthenticationMethodsPolicy, complete, `{"id":"authenticationMethodsPolicy","policyMigrationState":"migrationComplete","authenticationMethodConfigurations":[{"@odata.type":"#microsoft.graph.fido2AuthenticationMethodConfiguration","id":"Fido2","state":"enabled","includeTargets":[{"targetType":"group","id":"g1","allowedPasskeyProfiles":["p1"]}],"defaultPasskeyProfile":"p1","passkeyProfiles":[{"id":"p1","name":"Default","passkeyTypes":"deviceBound,synced","attestationEnforcement":"disabled"}]}]}`)
	writeSection(t, w, ConditionalAccessPolicies, complete)
	writeSection(t, w, Users, SectionEntry{State: Complete, Request: "GET /v1.0/users"},
		`{"id":"u1","userPrincipalName":"ada@contoso.example","accountEnabled":true,"userType":null}`,
		`{"id":"u2","userPrincipalName":"bob_fabrikam#EXT#@contoso.example","userType":"Guest","externalUserState":"Accepted"}`,
		`{"id":"u3","userPrincipalName":"eve@contoso.example","unknownFutureMember":{"x":[1.50,"\u00e9"]}}`)
	writeSection(t, w, Groups, SectionEntry{State: Complete, NotFound: []string{"g9"}}, `{"id":"g1","displayName":"Pilot"}`, `{"id":"g2"}`)
	writeSection(t, w, GroupMembers, SectionEntry{State: Complete, IncompleteIDs: []string{"g2"}},
		`{"groupId":"g1","transitive":true,"userIds":["u1"]}`, `{"groupId":"g1","transitive":true,"userIds":["u2"]}`, `{"groupId":"g2","transitive":true,"userIds":[]}`)
	writeSection(t, w, AuthenticationMethods, SectionEntry{State: Partial, Reason: "1 of 2 refused"},
		`{"userId":"u1","value":[{"@odata.type":"#microsoft.graph.fido2AuthenticationMethod","id":"m1","aaGuid":"00000000-0000-0000-0000-000000000000","passkeyType":"deviceBound"}]}`,
		`{"userId":"u2","error":{"status":429,"code":"TooManyRequests"}}`)
	writeSection(t, w, SignIns, SectionEntry{State: Partial, Reason: "cut at 1", From: "2026-11-15T00:00:00Z", To: taken}, `{"id":"s1","status":{"errorCode":0}}`)
	for id, e := range map[SectionID]SectionEntry{
		Devices:         {State: Denied, Status: 403, Code: "Authorization_RequestDenied", Needs: []string{"Device.Read.All"}},
		RoleEligibility: {State: Unlicensed, Status: 400, Code: "AadPremiumLicenseRequired"},
	} {
		if err := w.Skip(id, e); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}
