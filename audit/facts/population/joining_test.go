package population_test

import (
	"testing"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/factstest"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

func TestJoiningAGroupJoinsTheGroupsAroundIt(t *testing.T) {
	tenant := factstest.Tenant{}.
		With(snapshot.Users, `{"id":"u1","userPrincipalName":"a@x.example"}`, `{"id":"u2","userPrincipalName":"b@x.example"}`).
		With(snapshot.Groups, `{"id":"lane"}`, `{"id":"direct"}`, `{"id":"closed"}`, `{"id":"other"}`).
		With(snapshot.GroupMembers,
			`{"groupId":"lane","transitive":true,"userIds":["u1"]}`,
			`{"groupId":"direct","transitive":false,"groupIds":["LANE"]}`,
			`{"groupId":"closed","transitive":true,"userIds":["u1"],"groupIds":["lane"]}`,
			`{"groupId":"other","transitive":true,"userIds":["u1"]}`)
	groups, err := audit.Evaluate(t.Context(), tenant.Run(t), population.Groups)
	if err != nil {
		t.Fatal(err)
	}
	joined := groups.Joining("Lane")
	for id, want := range map[string]int{"lane": 2, "direct": 2, "closed": 2, "other": 1} {
		if got := joined.Lookup(id).Members.Yes.Count(); got != want {
			t.Errorf("%s has %d members, want %d", id, got, want)
		}
		if got := groups.Lookup(id).Members.Yes.Count(); got != 1 {
			t.Errorf("joining changed %s in what was read: %d members", id, got)
		}
	}
}
