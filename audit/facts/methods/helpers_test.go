package methods_test

import (
	"fmt"
	"strings"
	"testing"

	"passkeyaudit/audit/facts/factstest"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

// base is a tenant of three people; alice is in the group g.
func base() factstest.Tenant {
	return factstest.Tenant{}.
		With(snapshot.Users, factstest.Users("a", "b", "c")).
		With(snapshot.Groups, factstest.Groups("g", "cut")).
		With(snapshot.GroupMembers, factstest.Members("g", "a")).
		Entry(snapshot.GroupMembers, `{"state":"partial","incompleteIds":["cut"]}`)
}

// everybody is an include target.
const everybody = `{"id":"all_users","targetType":"group"}`

// target writes a group target with the profiles it allows.
func target(group string, profiles ...string) string {
	var quoted []string
	for _, p := range profiles {
		quoted = append(quoted, fmt.Sprintf("%q", p))
	}
	return fmt.Sprintf(`{"id":%q,"targetType":"group","allowedPasskeyProfiles":[%s]}`, group, strings.Join(quoted, ","))
}

// policy is the tenant with a methods policy of these entries, migration complete.
func policy(t factstest.Tenant, entries ...string) factstest.Tenant {
	return t.With(snapshot.AuthenticationMethodsPolicy, fmt.Sprintf(
		`{"id":"authenticationMethodsPolicy","policyMigrationState":"migrationComplete","authenticationMethodConfigurations":[%s]}`,
		strings.Join(entries, ",")))
}

// entry writes an enabled entry with include targets and further members.
func entry(id, includes string, members ...string) string {
	return fmt.Sprintf(`{%s}`, strings.Join(append([]string{
		fmt.Sprintf(`"id":%q,"state":"enabled","includeTargets":[%s]`, id, includes)}, members...), ","))
}

func off(id string) string { return fmt.Sprintf(`{"id":%q,"state":"disabled"}`, id) }

// effective derives the policy.
func effective(t *testing.T, tenant factstest.Tenant) (*methods.Effective, *population.Directory) {
	t.Helper()
	run := tenant.Run(t)
	return factstest.Get(t, run, methods.Policy), factstest.Get(t, run, population.Users)
}
