package collect_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient/collect"
	"passkeyaudit/graphclient/graphsim"
)

func withOptional(o *collect.Options) { o.Optional = true }

// Collecting from a simulated tenant gives the snapshot that is simulated.
func TestCollectedEqualsRecorded(t *testing.T) {
	const denied = `{"state":"denied","status":403,"code":"Authorization_RequestDenied"}`
	tests := []struct {
		name   string
		tenant tenant
	}{
		{"complete", full()},
		{"everything-denied-but-the-organization", func() tenant {
			tn := full()
			for _, spec := range snapshot.Sections() {
				// With users denied nobody is asked about methods.
				if spec.ID != snapshot.Organization && spec.ID != snapshot.AuthenticationMethods && spec.ID != snapshot.Groups && spec.ID != snapshot.GroupMembers {
					tn = tn.state(string(spec.ID), denied)
				}
			}
			return tn.with("authenticationMethods", "").state("groups", `{"state":"complete","objects":0}`).with("groups", "").
				state("groupMembers", `{"state":"complete","objects":0}`).with("groupMembers", "")
		}()},
		{"groups-and-members-denied", full().state("groups", denied).state("groupMembers", denied)},
		{"groups-denied", full().state("groups", denied).with(
			// Members of what policies name are read all the same; of groups that
			// may be role holders they are not.
			"groupMembers", lines(`{"groupId":"`+groupID(1)+`","transitive":true,"userIds":["`+userID(3)+`"]}`))},
		{"methods-denied", full().state("authenticationMethods", denied)},
		{"methods-refused-for-one", full().state("authenticationMethods", `{"state":"partial"}`).with("authenticationMethods", lines(
			`{"userId":"`+userID(1)+`","error":{"status":403,"code":"accessDenied"}}`, `{"userId":"`+userID(2)+`","value":[]}`, `{"userId":"`+userID(3)+`","error":{"status":429,"code":"TooManyRequests"}}`))},
		{"unlicensed", full().with("subscribedSkus", lines(freeSku)).
			state("userRegistrationDetails", `{"state":"unlicensed","status":403,"code":"Authentication_RequestFromNonPremiumTenantOrB2CTenant"}`).
			state("signIns", `{"state":"unlicensed"}`).
			state("roleEligibility", `{"state":"unlicensed","status":400,"code":"AadPremiumLicenseRequired"}`).
			state("managedDevices", `{"state":"unlicensed","status":400,"code":"BadRequest"}`)},
		{"unavailable", full().
			state("authenticationMethodsPolicy", `{"state":"unavailable","status":404,"code":"UnknownError"}`).
			state("securityDefaults", `{"state":"unavailable","status":503,"code":"serviceNotAvailable"}`).
			state("authenticationMethods", `{"state":"unavailable","status":400,"code":"BadRequest"}`).
			state("signIns", `{"state":"unavailable","status":400,"code":"BadRequest"}`).
			// Only the policy that is not there names some of the groups.
			with("groups", lines(groupRow(1), groupRow(2), groupRow(6)))},
		{"not-collected", full().with("riskyUsers", "", "devices", "", "directoryAudits", "", "namedLocations", "", "groupMembers", "", "authenticationMethods", "")},
		{"group-not-read-to-its-end", full().state("groupMembers", `{"state":"partial","reason":"x","incompleteIds":["`+groupID(1)+`"]}`)},
		{"no-passkey-profiles", full().with("authenticationMethodsPolicy", `{"id":"authenticationMethodsPolicy","authenticationMethodConfigurations":[ {"id":"Fido2","state":"enabled"} ]}`,
			"groups", lines(groupRow(1), groupRow(2), groupRow(6)))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for name, o := range map[string]graphsim.Options{"whole-pages": {}, "pages-of-two": {PageSize: 2}} {
				want := tt.tenant.open(t)
				_, client := simulate(t, want, o)
				got := run(t, client, withOptional).ok()
				if diff := cmp.Diff(want.States(), got.snap.States()); diff != "" {
					t.Errorf("%s: states (-recorded +collected):\n%s", name, diff)
				}
				for _, spec := range snapshot.Sections() {
					if diff := cmp.Diff(compacted(rowsOf(t, want, spec.ID)), got.rows(spec.ID), sorted); diff != "" {
						t.Errorf("%s: %s (-recorded +collected):\n%s", name, spec.ID, diff)
					}
				}
				if !t.Failed() && digest(t, want) != digest(t, got.snap) {
					t.Errorf("%s: the digests differ", name)
				}
				if m := got.snap.Manifest(); m.TakenAt != takenAt || m.Tenant.ID != tenantID || m.Cloud != "public" || m.Tool.Name != "passkeyaudit" || m.Scope.Kind != "tenant" {
					t.Errorf("%s: manifest head %+v", name, m)
				}
				if t.Failed() {
					for id, e := range got.snap.Manifest().Sections {
						t.Logf("%s %s %q", id, e.State, e.Reason)
					}
				}
			}
		})
	}
}

// sorted compares rows as a set: two audit reads come one after the other.
var sorted = cmp.Transformer("sorted", func(rows []string) map[string]int {
	m := map[string]int{}
	for _, r := range rows {
		m[r]++
	}
	return m
})

// compacted takes the spaces out of rows that have some.
func compacted(rows []string) []string {
	for i, r := range rows {
		rows[i] = strings.NewReplacer("[ {", "[{", "} ]", "}]").Replace(r)
	}
	return rows
}
