package privilege_test

import (
	"fmt"
	"slices"
	"testing"

	"passkeyaudit/audit/facts/factstest"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/facts/privilege"
	"passkeyaudit/audit/snapshot"
)

func TestPrivileged(t *testing.T) {
	const (
		global   = `"roleDefinitionId":"62E90394-69F5-4237-9190-012177145E10"`
		helpdesk = `"roleDefinitionId":"729827e3-9c14-49f7-bb1b-9608f156bbb8"`
		reader   = `"roleDefinitionId":"88d8e3e3-8f55-4a1e-953a-9b9898b8876b"`
		tenant   = `,"directoryScopeId":"/"`
		unit     = `,"directoryScopeId":"/administrativeUnits/1"`
	)
	row := func(principal, members string) string {
		return fmt.Sprintf(`{"id":"%s%d","principalId":%q,%s}`, principal, len(members), principal, members)
	}
	base := factstest.Tenant{}.With(snapshot.Users, factstest.Users("a", "b", "c")).
		With(snapshot.Groups, factstest.Groups("g", "n")).
		With(snapshot.GroupMembers, factstest.Members("g", "b"), factstest.Direct("n", "g")).
		With(snapshot.RoleAssignments).With(snapshot.RoleEligibility)
	active := func(rows ...string) factstest.Tenant { return base.With(snapshot.RoleAssignments, rows...) }
	eligible := func(rows ...string) factstest.Tenant { return base.With(snapshot.RoleEligibility, rows...) }
	const assignments, eligibility = snapshot.RoleAssignments, snapshot.RoleEligibility
	tests := map[string]struct {
		tenant factstest.Tenant
		want   string
		unread []snapshot.SectionID
	}{
		"nobody":                {base, "", nil},
		"active":                {active(row("a", global+tenant)), "a", nil},
		"other-role":            {active(row("a", reader+tenant)), "", nil},
		"one-unit":              {active(row("a", helpdesk+unit)), "", nil},
		"through-a-group":       {active(row("g", helpdesk+tenant)), "b", nil},
		"through-nested-groups": {active(row("n", helpdesk+tenant)), "b", nil},
		"eligible":              {eligible(row("A", global+tenant)), "a", nil},
		"eligible-in-a-group":   {eligible(row("g", global+tenant)), "b", nil},
		"eligible-in-one-unit":  {eligible(row("a", helpdesk+unit)), "", nil},
		"eligible-other-role":   {eligible(row("a", reader+tenant)), "", nil},
		"scope-not-told":        {eligible(row("a", global)), "a?", nil},
		"both":                  {active(row("c", global+tenant)).With(eligibility, row("a", global+tenant)), "a c", nil},
		"unlicensed":            {active(row("a", global+tenant)).Without(eligibility).Entry(eligibility, `{"state":"unlicensed"}`), "a", nil},
		"eligibility-denied": {active(row("a", global+tenant)).Without(eligibility).Entry(eligibility, `{"state":"denied"}`),
			"a b? c?", []snapshot.SectionID{eligibility}},
		"eligibility-partial": {eligible(row("a", global+tenant)).Entry(eligibility, `{"state":"partial"}`), "a b? c?", []snapshot.SectionID{eligibility}},
		"assignments-denied":  {eligible(row("a", global+tenant)).Without(assignments), "a b? c?", []snapshot.SectionID{assignments}},
		"assignments-unlicensed": {base.Without(assignments).Entry(assignments, `{"state":"unlicensed"}`),
			"a? b? c?", []snapshot.SectionID{assignments}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			run := tc.tenant.Run(t)
			dir := factstest.Get(t, run, population.Users)
			got := factstest.Get(t, run, privilege.Privileged)
			if names := factstest.Partly(dir, got.Accounts); names != tc.want || !slices.Equal(got.Unread, tc.unread) {
				t.Errorf("got %q, unread %v; want %q, %v", names, got.Unread, tc.want, tc.unread)
			}
		})
	}
}
