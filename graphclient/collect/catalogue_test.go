package collect_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient/collect"
	"passkeyaudit/graphclient/graphsim"
)

func TestCatalogueHasEverySection(t *testing.T) {
	want := map[snapshot.SectionID]bool{}
	for _, spec := range snapshot.Sections() {
		want[spec.ID] = true
	}
	got := map[snapshot.SectionID]bool{}
	before := map[snapshot.SectionID]bool{}
	for i, s := range collect.Catalogue() {
		got[s.ID] = true
		if s.Order != i+1 {
			t.Errorf("%s has order %d", s.ID, s.Order)
		}
		if s.Description == "" || len(s.Requests) == 0 || len(s.Needs()) == 0 || s.Bucket == "" {
			t.Errorf("%s says too little: %+v", s.ID, s)
		}
		for _, r := range s.Requests {
			if !strings.HasPrefix(r, "GET /v1.0/") && !strings.HasPrefix(r, "POST /v1.0/directoryObjects/getByIds ") {
				t.Errorf("%s: request %q", s.ID, r)
			}
		}
		for _, id := range s.Requires {
			if !before[id] {
				t.Errorf("%s requires %s, which comes later", s.ID, id)
			}
		}
		before[s.ID] = true
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sections (-format +catalogue):\n%s", diff)
	}
}

func TestRequestTexts(t *testing.T) {
	got := map[snapshot.SectionID]string{}
	for _, s := range collect.Catalogue() {
		got[s.ID] = strings.Join(s.Requests, "\n")
	}
	for id, want := range map[snapshot.SectionID]string{
		snapshot.Users:        "GET /v1.0/users?$select=id,userPrincipalName,displayName,userType,accountEnabled,createdDateTime,externalUserState,onPremisesSyncEnabled,assignedLicenses,employeeType,department,country,usageLocation,identities,lastPasswordChangeDateTime&$top=999",
		snapshot.Domains:      "GET /v1.0/domains\nGET /v1.0/domains/{domain}/federationConfiguration",
		snapshot.GroupMembers: "GET /v1.0/groups/{group}/transitiveMembers/microsoft.graph.user?$count=true&$select=id&$top=999",
		snapshot.Groups:       `POST /v1.0/directoryObjects/getByIds {"ids":[{ids}],"types":["group"]}`,
		snapshot.Devices: "GET /v1.0/devices?$expand=registeredOwners($select=id)&$top=999\nGET /v1.0/devices?$expand=registeredOwners&$top=999\n" +
			"GET /v1.0/devices?$expand=registeredOwners($select=id)\nGET /v1.0/devices?$top=999\nGET /v1.0/devices",
		snapshot.AuthenticationMethods: "GET /v1.0/users/{user}/authentication/methods",
		snapshot.SignIns: "GET /v1.0/auditLogs/signIns?$filter=createdDateTime ge {from} and createdDateTime le {to}\n" +
			"GET /v1.0/auditLogs/signIns?$filter=conditionalAccessStatus eq 'failure' and createdDateTime ge {from} and createdDateTime le {to}",
	} {
		if diff := cmp.Diff(want, got[id]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
	}
}

// A run follows the order of the catalogue within a limit, and tells of every
// section that it begins and ends.
func TestEvents(t *testing.T) {
	_, client := simulate(t, full().open(t), graphsim.Options{PageSize: 2})
	order := map[snapshot.SectionID]int{}
	bucket := map[snapshot.SectionID]string{}
	for _, s := range collect.Catalogue() {
		order[s.ID], bucket[s.ID] = s.Order, string(s.Bucket)
	}
	last := map[bool]int{}
	rows := map[snapshot.SectionID]int{}
	started, done := 0, 0
	got := run(t, client, func(o *collect.Options) {
		o.Events = func(e collect.Event) {
			switch e.Kind {
			case collect.Started:
				started++
				reports := bucket[e.Section] == "reports"
				if order[e.Section] < last[reports] {
					t.Errorf("%s came late", e.Section)
				}
				last[reports] = order[e.Section]
			case collect.Rows:
				if e.Rows <= rows[e.Section] {
					t.Errorf("%s: %d rows after %d", e.Section, e.Rows, rows[e.Section])
				}
				rows[e.Section] = e.Rows
			case collect.Done:
				done++
				if e.State.HasRows() && e.Rows != rows[e.Section] {
					t.Errorf("%s ended with %d rows of %d", e.Section, e.Rows, rows[e.Section])
				}
			}
		}
	}).ok()
	if started != 22 || done != 23 {
		t.Errorf("%d sections began and %d were settled", started, done)
	}
	got.is(snapshot.RiskyUsers, snapshot.NotCollected, collect.ReasonNotAsked)
	for id, e := range got.snap.Manifest().Sections {
		if id != snapshot.RiskyUsers && (e.Request == "" || e.StartedAt < takenAt || e.CompletedAt < e.StartedAt) {
			t.Errorf("%s: request %q, from %s to %s", id, e.Request, e.StartedAt, e.CompletedAt)
		}
	}
	if got.result.Requests != client.Requests() || got.result.Tenant.DefaultDomain != "contoso.example" || len(got.result.Sections) != 23 {
		t.Errorf("result %+v", got.result)
	}
}

// Asking for a section asks for what it is read by.
func TestSectionsBringWhatTheyRequire(t *testing.T) {
	_, client := simulate(t, full().open(t), graphsim.Options{})
	got := run(t, client, only(snapshot.GroupMembers)).ok()
	want := map[snapshot.SectionID]bool{
		snapshot.GroupMembers: true, snapshot.Groups: true, snapshot.AuthenticationMethodsPolicy: true, snapshot.ConditionalAccessPolicies: true,
	}
	for id, state := range got.snap.States() {
		if (state == snapshot.Complete) != want[id] {
			t.Errorf("%s is %s", id, state)
		}
	}
	if got.snap.Manifest().Tenant.DisplayName != "Contoso" {
		t.Error("the tenant has no name")
	}
}
