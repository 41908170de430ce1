package privilege_test

import (
	"fmt"
	"testing"

	"passkeyaudit/audit/facts/factstest"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/facts/privilege"
	"passkeyaudit/audit/snapshot"
)

func TestRoles(t *testing.T) {
	base := factstest.Tenant{}.With(snapshot.Users, factstest.Users("a", "b", "c")).
		With(snapshot.Groups, factstest.Groups("g")).
		With(snapshot.GroupMembers, factstest.Members("g", "b"))
	n := 0
	assign := func(principal, members string) string {
		n++
		return fmt.Sprintf(`{"id":"%d","principalId":%q,%s}`, n, principal, members)
	}
	const (
		admin = `"roleDefinitionId":"Admin","directoryScopeId":"/"`
		unit  = `"roleDefinitionId":"admin","directoryScopeId":"/administrativeUnits/1"`
	)
	with := func(rows ...string) factstest.Tenant { return base.With(snapshot.RoleAssignments, rows...) }
	tests := map[string]struct {
		tenant factstest.Tenant
		want   string // holders of the role "ADMIN"
	}{
		"tenant-wide":                   {with(assign("A", admin)), "a"},
		"administrative-unit":           {with(assign("a", unit)), ""},
		"administrative-unit-by-group":  {with(assign("g", unit)), ""},
		"one-object":                    {with(assign("a", `"roleDefinitionId":"admin","directoryScopeId":"/x"`)), ""},
		"scope-not-told":                {with(assign("a", `"roleDefinitionId":"admin"`)), "a?"},
		"scope-null-beside-tenant-wide": {with(assign("a", `"roleDefinitionId":"admin","directoryScopeId":null`), assign("a", admin)), "a"},
		"other-role":                    {with(assign("a", `"roleDefinitionId":"reader","directoryScopeId":"/"`)), ""},
		"template-of-expanded":          {with(assign("a", `"roleDefinitionId":"x","directoryScopeId":"/","roleDefinition":{"id":"x","templateId":"admin"}`)), "a"},
		"template-of-expanded-differs":  {with(assign("a", `"roleDefinitionId":"admin","directoryScopeId":"/","roleDefinition":{"id":"admin","templateId":"other"}`)), ""},
		"expanded-without-template":     {with(assign("a", `"roleDefinitionId":"admin","directoryScopeId":"/","roleDefinition":{"displayName":"Admin"}`)), "a"},
		"several-holders":               {with(assign("c", admin), assign("a", admin), assign("a", admin)), "a c"},
		"group":                         {with(assign("G", admin)), "b"},
		"group-and-user":                {with(assign("g", admin), assign("a", admin)), "a b"},
		"group-not-read-to-the-end":     {with(assign("g", admin), assign("a", admin)).Entry(snapshot.GroupMembers, `{"state":"partial"}`), "a b c?"},
		"unknown-principal":             {with(assign("application", admin)), ""},
		"unknown-principal-groups-unread": {with(assign("application", admin), assign("a", admin)).
			Without(snapshot.Groups), "a b? c?"},
		"group-denied-with-lines":  {with(assign("g", admin)).Without(snapshot.Groups), "b"},
		"assignments-unread":       {base, "a? b? c?"},
		"assignments-denied":       {base.Entry(snapshot.RoleAssignments, `{"state":"denied"}`), "a? b? c?"},
		"assignments-unlicensed":   {base.Entry(snapshot.RoleAssignments, `{"state":"unlicensed"}`), "a? b? c?"},
		"assignments-partial":      {with(assign("a", admin)).Entry(snapshot.RoleAssignments, `{"state":"partial"}`), "a b? c?"},
		"assignments-unreadable":   {with(assign("a", admin), assign("b", `"directoryScopeId":1`)), "a b? c?"},
		"nobody-holds-any":         {with(), ""},
		"eligible-is-not-active":   {with().With(snapshot.RoleEligibility, assign("a", admin)), ""},
		"unknown-principal-scoped": {with(assign("application", unit)).Without(snapshot.Groups), ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			run := tc.tenant.Run(t)
			dir := factstest.Get(t, run, population.Users)
			if got := factstest.Partly(dir, factstest.Get(t, run, privilege.Roles).Of("ADMIN")); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}
