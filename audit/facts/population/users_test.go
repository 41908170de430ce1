package population_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/factstest"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

func TestUsersOrdinals(t *testing.T) {
	dir := factstest.Of(t, factstest.Tenant{}.With(snapshot.Users,
		`{"id":"c","userPrincipalName":"old@contoso.example"}`,
		`{"id":"B-upper","userPrincipalName":"b@contoso.example"}`,
		`{"id":"a","userPrincipalName":"a@contoso.example","accountEnabled":false}`,
		`{"id":"longer-than-eight-2","userPrincipalName":"l2@contoso.example"}`,
		`{"id":"longer-than-eight-1","userPrincipalName":"l1@contoso.example"}`,
		`{"id":"C","userPrincipalName":"new@contoso.example","accountEnabled":false}`), population.Users)
	if got, want := factstest.Names(dir, dir.All), "a B-upper C longer-than-eight-1 longer-than-eight-2"; got != want {
		t.Errorf("accounts in order: %s; want %s", got, want)
	}
	if got, want := factstest.Names(dir, dir.Enabled), "B-upper longer-than-eight-1 longer-than-eight-2"; got != want {
		t.Errorf("the last of two rows counts: enabled %s; want %s", got, want)
	}
	if got := dir.Member(2).UserPrincipalName; got != "new@contoso.example" {
		t.Errorf("the last of two rows counts: got the name %s", got)
	}
	for id, want := range map[string]int{"a": 0, "b-UPPER": 1, "c": 2, "LONGER-than-eight-2": 4, "": -1, "longer-t": -1, "longer-than-eight-3": -1, "zz": -1} {
		n, found := dir.Ordinal(id)
		if found != (want >= 0) || found && int(n) != want {
			t.Errorf("Ordinal(%q) = %d, %t; want %d", id, n, found, want)
		}
	}
}

func TestUsersSets(t *testing.T) {
	tests := map[string]struct {
		members string
		want    string // sets the account is in
	}{
		"nothing-told":             {``, "enabled people"},
		"enabled-null":             {`"accountEnabled":null`, "enabled people"},
		"disabled":                 {`"accountEnabled":false`, ""},
		"type-null":                {`"userType":null`, "enabled people"},
		"type-member":              {`"userType":"member"`, "enabled people"},
		"guest-by-type":            {`"userType":"guest"`, "enabled guests"},
		"guest-by-name":            {`"userPrincipalName":"x_fabrikam.example#ext#@contoso.example","userType":"Member"`, "enabled guests"},
		"guest-by-external-state":  {`"externalUserState":"PendingAcceptance"`, "enabled guests"},
		"external-state-null":      {`"externalUserState":null`, "enabled people"},
		"external-state-empty":     {`"externalUserState":""`, "enabled people"},
		"disabled-guest":           {`"userType":"Guest","accountEnabled":false`, "guests"},
		"synchronised":             {`"onPremisesSyncEnabled":true`, "enabled people synchronised"},
		"synchronised-no-longer":   {`"onPremisesSyncEnabled":false`, "enabled people"},
		"not-a-person":             {`"employeeType":"Service account"`, "enabled"},
		"guest-named-like-service": {`"userType":"Guest","userPrincipalName":"svc-x@contoso.example"`, "enabled guests"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			dir := factstest.Of(t, factstest.Tenant{}.With(snapshot.Users, row(tc.members)), population.Users)
			var in []string
			for _, set := range []struct {
				name string
				set  audit.Set
			}{{"enabled", dir.Enabled}, {"guests", dir.Guests}, {"people", dir.People}, {"synchronised", dir.Synchronised}} {
				if set.set.Has(0) {
					in = append(in, set.name)
				}
			}
			if got := strings.Join(in, " "); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

// row writes a user whose name is a person's unless members say otherwise.
func row(members string) string {
	for _, m := range []string{`"userPrincipalName":"alice@contoso.example"`} {
		if !strings.Contains(members, `"userPrincipalName"`) {
			members = strings.TrimSuffix(m+","+members, ",")
		}
	}
	return fmt.Sprintf(`{"id":"a",%s}`, members)
}

func TestKinds(t *testing.T) {
	const (
		none  = `"assignedLicenses":[]`
		e3    = `"assignedLicenses":[{"skuId":"05e9a617-0261-4cee-bb44-138d3ef5d965"}]`
		rooms = `"assignedLicenses":[{"skuId":"4CDE982A-EDE4-4409-9AE6-B003453C8EA6"}]`
		both  = `"assignedLicenses":[{"skuId":"4cde982a-ede4-4409-9ae6-b003453c8ea6"},{"skuId":"05e9a617-0261-4cee-bb44-138d3ef5d965"}]`
	)
	tests := map[string]struct {
		name    string // before the @
		members string
		want    population.Kind
	}{
		"plain":                          {"alice", none, population.Person},
		"employee-type-service":          {"alice", `"employeeType":" Service "`, population.Service},
		"employee-type-room":             {"alice", `"employeeType":"ROOM"`, population.Shared},
		"employee-type-break-glass":      {"alice", `"employeeType":"Break Glass"`, population.Emergency},
		"employee-type-of-a-person":      {"alice", `"employeeType":"Service desk"`, population.Person},
		"employee-type-beats-licence":    {"alice", `"employeeType":"service",` + rooms, population.Service},
		"room-licence":                   {"alice", rooms, population.Shared},
		"room-licence-beside-another":    {"alice", both, population.Person},
		"svc":                            {"svc-backup", e3, population.Service},
		"svc-upper-case":                 {"SVC_Backup", none, population.Service},
		"svc-digit":                      {"svc1", none, population.Service},
		"svc-alone":                      {"svc", none, population.Service},
		"svcenson":                       {"svcenson", none, population.Person},
		"svensson":                       {"svensson", none, population.Person},
		"service-unlicensed":             {"service-print", none, population.Service},
		"service-licensed":               {"service-desk", e3, population.Person},
		"service-licence-not-told":       {"service-desk", ``, population.Person},
		"services":                       {"services.lead", none, population.Person},
		"service-manager":                {"service.manager", none, population.Person},
		"breakglass":                     {"breakglass1", e3, population.Emergency},
		"break-glass-by-display-name":    {"bg01", `"displayName":"Break Glass 1"`, population.Emergency},
		"break-glassman":                 {"breakglassman", none, population.Person},
		"emergency-unlicensed":           {"emergency-1", none, population.Emergency},
		"emergency-coordinator":          {"emergency.coordinator", none, population.Person},
		"emergency-ward":                 {"emergency-ward", e3, population.Person},
		"emergencyaccess":                {"EmergencyAccess01", e3, population.Emergency},
		"room-unlicensed":                {"room-101", none, population.Shared},
		"room-dot-unlicensed":            {"room.hamburg", none, population.Shared},
		"room-licensed":                  {"room-service.manager", e3, population.Person},
		"room-licence-not-told":          {"room-101", ``, population.Person},
		"roomer":                         {"roomer", none, population.Person},
		"shared-unlicensed":              {"shared-reception", none, population.Shared},
		"shared-services-lead":           {"shared.services.lead", none, population.Person},
		"shared-services-lead-licensed":  {"shared.services.lead", e3, population.Person},
		"sync-by-name":                   {"Sync_DC01_0123456789ab", `"displayName":"On-Premises Directory Synchronization Service Account"`, population.Sync},
		"sync-by-half-a-name":            {"sync_music", none, population.Person},
		"sync-by-display-name-alone":     {"alice", `"displayName":"Synchronization Service Account"`, population.Person},
		"svc-after-a-dot":                {"alice.svc", none, population.Person},
		"no-name":                        {"", none, population.Person},
		"display-name-of-a-service-only": {"alice", `"displayName":"Service account"`, population.Person},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			members := strings.TrimSuffix(fmt.Sprintf(`"userPrincipalName":"%s@contoso.example",%s`, tc.name, tc.members), ",")
			dir := factstest.Of(t, factstest.Tenant{}.With(snapshot.Users, row(members)), population.Users)
			for _, kind := range []population.Kind{population.Person, population.Shared, population.Service, population.Sync, population.Emergency} {
				if got, want := dir.OfKind(kind).Has(0), kind == tc.want; got != want {
					t.Errorf("of kind %s: %t, want %t", kind, got, want)
				}
			}
		})
	}
}

func TestSynchronisationRole(t *testing.T) {
	tenant := factstest.Tenant{}.With(snapshot.Users, factstest.Users("a", "b")).
		With(snapshot.RoleAssignments, `{"id":"1","principalId":"A","roleDefinitionId":"x","directoryScopeId":"/","roleDefinition":{"templateId":"D29B2B05-8046-44ba-8758-1e26182fcf32"}}`)
	dir := factstest.Of(t, tenant, population.Users)
	if got := factstest.Names(dir, dir.OfKind(population.Sync)); got != "a" {
		t.Errorf("synchronisation accounts %q, want a", got)
	}
}

func TestHeadcount(t *testing.T) {
	whole := factstest.Tenant{}.With(snapshot.Users, factstest.Users("a", "b"), `{"id":"c","accountEnabled":false}`, `{"id":"d","userType":"Guest"}`)
	scoped := whole
	scoped.Scope = `{"kind":"groups","ids":["g"]}`
	tests := map[string]struct {
		tenant factstest.Tenant
		want   *audit.Headcount
	}{
		"whole-tenant":  {whole, &audit.Headcount{Users: 2, Accounts: 4}},
		"narrowed":      {scoped, nil},
		"partial":       {whole.Entry(snapshot.Users, `{"state":"partial"}`), nil},
		"unreadable":    {whole.With(snapshot.Users, factstest.Users("a"), `{"id":"b","accountEnabled":"yes"}`), nil},
		"not-collected": {factstest.Tenant{}, nil},
		"denied":        {factstest.Tenant{}.Entry(snapshot.Users, `{"state":"denied"}`), nil},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, factstest.Of(t, tc.tenant, population.Headcount)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
