package population_test

import (
	"strings"
	"testing"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/factstest"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

// What is configured wins over every other evidence, the closest entry first.
func TestConfiguredKinds(t *testing.T) {
	const svc = `{"id":"u1","userPrincipalName":"svc-Backup@contoso.example","accountEnabled":true}`
	const anna = `{"id":"u2","userPrincipalName":"anna@contoso.example","accountEnabled":true}`
	kinds := func(pairs ...string) map[string]audit.AccountKind {
		m := map[string]audit.AccountKind{}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = audit.AccountKind(pairs[i+1])
		}
		return m
	}
	cases := []struct {
		name      string
		kinds     map[string]audit.AccountKind
		emergency []string
		want      string // of u1, u2
		notFound  string
	}{
		{name: "nothing", want: "service person"},
		{name: "upn", kinds: kinds("SVC-backup@contoso.example", "person"), want: "person person"},
		{name: "id", kinds: kinds("U1", "person"), want: "person person"},
		{name: "pattern", kinds: kinds("svc-*@contoso.example", "person", "a*", "shared"), want: "person shared"},
		{name: "everything", kinds: kinds("*", "sync"), want: "sync sync"},
		{name: "in-the-middle", kinds: kinds("*nn*@*", "shared"), want: "service shared"},
		{name: "whole-name", kinds: kinds("ann*ontoso", "shared", "*@contoso", "shared", "*na*nna@*", "shared"), want: "service person"},
		{name: "longer-pattern", kinds: kinds("svc-*", "shared", "svc-b*", "person", "*", "sync"), want: "person sync"},
		{name: "name-before-pattern", kinds: kinds("anna@contoso.example", "shared", "anna@contoso.exampl*", "sync"), want: "service shared"},
		{name: "id-before-name", kinds: kinds("anna@contoso.example", "shared", "u2", "sync"), want: "service sync"},
		{name: "emergency", emergency: []string{"ANNA@contoso.example", "u1"}, want: "emergency emergency"},
		{name: "emergency-first", emergency: []string{"anna@contoso.example"}, kinds: kinds("u2", "sync", "a*", "person"), want: "service emergency"},
		{name: "not-found", emergency: []string{"Nobody@contoso.example"}, kinds: kinds("u9", "sync", "nobody*", "sync", "u2", "person"),
			want: "service person", notFound: "nobody@contoso.example u9"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			tenant := factstest.Tenant{Settings: audit.Settings{Kinds: c.kinds, EmergencyAccounts: c.emergency}}.With(snapshot.Users, svc, anna)
			dir := factstest.Of(t, tenant, population.Users)
			var got []string
			for n := range uint32(2) {
				for _, kind := range audit.AccountKinds() {
					if dir.OfKind(kind).Has(n) {
						got = append(got, string(kind))
					}
				}
			}
			if text := strings.Join(got, " "); text != c.want {
				t.Errorf("got %q, want %q", text, c.want)
			}
			if people := strings.Count(c.want, "person"); dir.People.Count() != people {
				t.Errorf("%d people, want %d", dir.People.Count(), people)
			}
			if text := strings.Join(dir.NotFound, " "); text != c.notFound {
				t.Errorf("not found %q, want %q", text, c.notFound)
			}
		})
	}
}

// Where not all accounts were read, one that is not there may exist.
func TestNotFoundNeedsAllAccounts(t *testing.T) {
	tenant := factstest.Tenant{Settings: audit.Settings{EmergencyAccounts: []string{"bg@contoso.example"}}}.
		With(snapshot.Users, factstest.Users("u")).Entry(snapshot.Users, `{"state":"partial"}`)
	if dir := factstest.Of(t, tenant, population.Users); dir.NotFound != nil {
		t.Errorf("got %v", dir.NotFound)
	}
}
